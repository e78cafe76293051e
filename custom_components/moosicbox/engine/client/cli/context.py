"""Shared by all commands: the choice of the hub, exit codes for errors, and the output of results."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import functools
import os
import sys
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
import typer

from ...protocol.codes import CloseCode
from ...protocol.errors import AuthenticationFailed, ConnectionClosed, HubError, PlayerNotFound
from ...protocol.server import PlaybackStatus, PlayerList
from ...protocol.types import PlayerInfo
from .. import credentials, discovery
from ..client import MoosicBoxClient
from ..config import InvalidAddress
from ..errors import EventsLost, ProtocolMismatch, RequestTimedOut

REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
UNAUTHORIZED: Final = 4
REVOKED_CODES: Final = frozenset({CloseCode.FORCED_OUT, CloseCode.TOKEN_EXPIRED})
CONNECT_TIMEOUT: Final = 10.0
SNAPSHOT_TIMEOUT: Final = 5.0
COMPLETION_TIMEOUT: Final = 4.0

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


@dataclass(slots=True)
class Options:
    """The options before the command."""

    url: str | None = None
    token: str | None = None
    json: bool = False


options = Options()


class CommandFailed(Exception):
    """Ends the program with a message and an exit code."""

    def __init__(self, message: str, code: int = REFUSED) -> None:
        super().__init__(message)
        self.code = code


def command[**P](work: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Make a coroutine function a command: its errors end the program with a sentence and an exit code."""

    @functools.wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            asyncio.run(work(*args, **kwargs))
        except CommandFailed as stop:
            fail(str(stop), stop.code)
        except AuthenticationFailed as error:
            fail(f"{error.message}. Pair this machine with `moosicbox pair`, or give a token", UNAUTHORIZED)
        except ConnectionClosed as error:
            is_revoked = error.details.get("close_code") in REVOKED_CODES
            fail(str(error), UNAUTHORIZED if is_revoked else UNREACHABLE)
        except (RequestTimedOut, ProtocolMismatch) as error:
            fail(str(error), UNREACHABLE)
        except HubError as error:
            fail(f"{error.message} ({error.error_type})", REFUSED)
        except InvalidAddress as error:
            fail(str(error), USAGE)
        except EventsLost:
            fail("Too slow to follow: some events are lost", REFUSED)
        except BrokenPipeError:
            sys.stderr.close()
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return run


def fail(message: str, code: int) -> None:
    """Print a message on standard error, and exit."""
    err.print(f"[red]moosicbox:[/red] {message}")
    raise typer.Exit(code)


def saved_credentials() -> credentials.Credentials | None:
    """Return what the pairing saved, or None. With a token of the command line, a damaged file counts as none.

    Raises:
        CommandFailed: The file is damaged.
    """
    try:
        return credentials.load()
    except credentials.CredentialsDamaged as error:
        if options.token is not None:
            return None
        raise CommandFailed(f"{error}. Pair this machine again with `moosicbox pair`", UNAUTHORIZED) from error


async def find_hub() -> tuple[str, str]:
    """Return the hub's address and the token: from the command line, the environment, the pairing or the network.

    Raises:
        CommandFailed: There is no token, or no single hub was found.
    """
    saved = saved_credentials()
    if (token := options.token or (saved.token if saved else None)) is None:
        raise CommandFailed(
            "Not paired yet. In Home Assistant choose MoosicBox, “Add player”; then `moosicbox pair CODE`", UNAUTHORIZED
        )
    return options.url or (saved.url if saved else None) or await discover_hub(), token


async def discover_hub() -> str:
    """Return the address of the only Home Assistant in this network.

    Raises:
        CommandFailed: There is none, or more than one.
    """
    with err.status("Searching for Home Assistant in this network"):
        found = await discovery.discover()
    if len(found) == 1:
        err.print(f"Found {found[0].name} at {found[0].url}")
        return found[0].url
    if not found:
        raise CommandFailed(
            "No Home Assistant answers in this network: give its address with --url before the command", UNREACHABLE
        )
    names = ", ".join(f"{home.url} ({home.name})" for home in found)
    raise CommandFailed(f"Several answer; choose one with --url before the command: {names}", USAGE)


async def create_client(**settings: Any) -> MoosicBoxClient:
    """Return a client that isn't connected yet."""
    url, token = await find_hub()
    return MoosicBoxClient(url, token=token, name="moosicbox", connect_timeout=CONNECT_TIMEOUT, **settings)


@asynccontextmanager
async def connect() -> AsyncGenerator[MoosicBoxClient]:
    """Connect for one command, and yield when the players and their status are known."""
    client = await create_client()
    snapshots = client.events(PlayerList, PlaybackStatus)
    async with client:
        if client.connection.session.topics >= {"players"}:
            with suppress(TimeoutError):
                async with asyncio.timeout(SNAPSHOT_TIMEOUT):
                    while not _has_all_snapshots(client):
                        await anext(snapshots)
        yield client


def _has_all_snapshots(client: MoosicBoxClient) -> bool:
    followed = {topic for topic in client.connection.session.topics if topic.startswith("player:")}
    players = {f"player:{player_id}" for player_id in client.mirror.players}
    return client.mirror.players_known and followed & players <= client.mirror.playback.keys()


def find_player(hub: MoosicBoxClient, text: str | None) -> str:
    """Return the id of the player with this id or name; without `text`, that of the only available player.

    Raises:
        CommandFailed: No player was named, and there isn't exactly one.
        PlayerNotFound: No player has this id or name.
    """
    players = hub.mirror.players
    if text is None:
        available = [player.player_id for player in players.values() if player.available]
        if len(available) == 1:
            return available[0]
        raise CommandFailed(
            f"Which player? There are {len(available)}: {', '.join(sorted(available)) or 'none'}", USAGE
        )
    for player in players.values():
        if _is_called(player, text):
            return player.player_id
    names = ", ".join(sorted(player.name for player in players.values())) or "none"
    raise PlayerNotFound(f"No player is called {text!r}. There are: {names}")


def is_player(hub: MoosicBoxClient, text: str) -> bool:
    """Return whether a player has this id or name."""
    return any(_is_called(player, text) for player in hub.mirror.players.values())


def _is_called(player: PlayerInfo, text: str) -> bool:
    return text in (player.player_id, player.entity_id) or text.casefold() == player.name.casefold()


def complete_players(incomplete: str) -> list[str]:
    """Return the players whose names begin with `incomplete`, for the shell; none if the hub doesn't answer soon."""

    async def names() -> list[str]:
        async with asyncio.timeout(COMPLETION_TIMEOUT), connect() as hub:
            # A name with spaces would have to be quoted; the id needs no quotes.
            players = hub.mirror.players.values()
            return sorted(player.player_id if " " in player.name else player.name for player in players)

    # The completion doesn't get the options before the command: only the environment and the pairing count.
    options.url, options.token = os.environ.get("MOOSICBOX_URL"), os.environ.get("MOOSICBOX_TOKEN")
    try:
        return [name for name in asyncio.run(names()) if name.startswith(incomplete)]
    except CommandFailed, HubError, TimeoutError, ProtocolMismatch:
        return []


def show(rows: list[dict[str, Any]], *columns: str, none: str = "") -> None:
    """Print rows as a table (`none` if there are no rows), or as JSON with `--json`."""
    if options.json:
        show_json(rows)
        return
    if not rows and none:
        err.print(none)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " ").title())
    for row in rows:
        table.add_row(*("" if row.get(column) is None else str(row[column]) for column in columns))
    out.print(table)


def show_json(value: Any) -> None:
    """Print one line of JSON, unbuffered."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def format_duration(seconds: float | None) -> str | None:
    """Return a duration as `minutes:seconds`."""
    return None if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02}"
