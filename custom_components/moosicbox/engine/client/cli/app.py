"""The commands of `moosicbox`, each a few lines on top of the client library."""

from typing import Annotated, Literal

import typer

from . import monitor, node, queue, rooms, speaker
from .context import (
    command,
    complete_players,
    connect,
    find_player,
    format_duration,
    is_player,
    options,
    out,
    show,
    show_json,
)

app = typer.Typer(
    name="moosicbox",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Music in your Home Assistant, from a terminal.

    Pair this machine once (`moosicbox pair CODE`, the code is shown by Home Assistant under *MoosicBox, Add player*); then

    * `moosicbox players` lists the players,
    * `moosicbox play kitchen "so what"` plays a track of the library,
    * `moosicbox monitor` shows events,
    * `moosicbox player` makes this machine a speaker, `moosicbox node` one more hub.

    PLAYER is a player's id or name; leave it out if there is only one. Exit codes: 0 done, 1 refused by the hub, 2 wrong
    usage, 3 no connection, 4 not paired or not authorised.
    """,
)
Player = Annotated[
    str | None,
    typer.Argument(help="A player's id or name.", show_default="the only one", autocompletion=complete_players),
]


@app.callback()
def main(
    url: Annotated[str | None, typer.Option(envvar="MOOSICBOX_URL", help="Home Assistant's address.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="MOOSICBOX_TOKEN", help="A token; better in the environment than here.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:
    """Store the options that all commands share."""
    options.url, options.token, options.json = url, token, json


@app.command()
@command
async def players() -> None:
    """List the players and what they play."""
    async with connect() as hub:
        rows = []
        for info in sorted(hub.mirror.players.values(), key=lambda info: info.name):
            status = hub.player(info.player_id).status
            track = status.current_track if status else None
            rows.append(
                {
                    "player": info.player_id,
                    "name": info.name,
                    "state": (status.state if status else None) if info.available else "offline",
                    "playing": track.title if track else None,
                    "position": format_duration(hub.player(info.player_id).position) if track else None,
                    "volume": f"{round(status.volume * 100)}%" if status else None,
                    "room": info.room_id,
                }
            )
    show(
        rows,
        *("player", "name", "state", "playing", "position", "volume", "room"),
        none="No players yet: open MoosicBox in a browser, or start `moosicbox player`",
    )


@app.command()
@command
async def play(
    player: Player = None,
    media: Annotated[
        str | None,
        typer.Argument(
            help="Words to search for in the library, a track's id or an address. Without it, playback resumes."
        ),
    ] = None,
    at: Annotated[float | None, typer.Option(help="Start at this position, in seconds.")] = None,
) -> None:
    """Resume playback, or replace the queue and play.

    `moosicbox play kitchen "so what"`
    """
    async with connect() as hub:
        if player is not None and media is None and not is_player(hub, player):
            player, media = None, player  # The only player needs no name.
        controls = hub.player(find_player(hub, player))
        if media is not None:
            await queue.add_media(hub, controls.queue, media, "replace", play=at is None)
        if media is None or at is not None:
            await controls.play(start_position=at)


@app.command()
@command
async def pause(player: Player = None) -> None:
    """Pause."""
    async with connect() as hub:
        await hub.player(find_player(hub, player)).pause()


@app.command()
@command
async def stop(player: Player = None) -> None:
    """Stop."""
    async with connect() as hub:
        await hub.player(find_player(hub, player)).stop()


@app.command("next")
@command
async def next_(player: Player = None) -> None:
    """Play the next item."""
    async with connect() as hub:
        await hub.player(find_player(hub, player)).next()


@app.command()
@command
async def previous(player: Player = None) -> None:
    """Play the previous item."""
    async with connect() as hub:
        await hub.player(find_player(hub, player)).previous()


@app.command()
@command
async def seek(
    seconds: Annotated[float, typer.Argument(min=0, help="The position, in seconds.")], player: Player = None
) -> None:
    """Go to a position in the current item."""
    async with connect() as hub:
        await hub.player(find_player(hub, player)).seek(seconds)


@app.command()
@command
async def chapter(
    chapter: Annotated[str, typer.Argument(help="The number of a chapter, its title, `next` or `previous`.")],
    player: Player = None,
) -> None:
    """Go to a chapter of the current item."""
    async with connect() as hub:
        controls = hub.player(find_player(hub, player))
        if chapter in ("next", "previous"):
            found = await controls.seek_chapter(step="next" if chapter == "next" else "previous")
        elif chapter.isdecimal():
            found = await controls.seek_chapter(int(chapter))
        else:
            found = await controls.seek_chapter(title=chapter)
        typer.echo(f"{found.number} of {found.count}  {found.title}".rstrip())


@app.command()
@command
async def volume(
    percent: Annotated[float, typer.Argument(min=0, max=100, help="The volume in per cent.")], player: Player = None
) -> None:
    """Set the volume."""
    async with connect() as hub:
        await hub.player(find_player(hub, player)).volume(percent / 100)


@app.command()
@command
async def search(
    query: Annotated[str, typer.Argument(help="Words of a title, artist or album.")],
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
) -> None:
    """Find music in the library."""
    async with connect() as hub:
        items = await hub.search(query, limit=limit)
    rows = [{**item, **(item.get("track") or {})} for item in items]
    show(rows, "track_id", "title", "artist", "album", none="Nothing found")


@app.command()
@command
async def say(
    message: Annotated[str, typer.Argument(help="The text of the notice.")],
    user: Annotated[str | None, typer.Option(help="Only to this user's clients.")] = None,
    room: Annotated[str | None, typer.Option(help="Only to the participants of this room.")] = None,
    title: Annotated[str | None, typer.Option()] = None,
    level: Annotated[Literal["info", "success", "warning", "error"], typer.Option(help="The importance.")] = "info",
) -> None:
    """Show a notice to all clients, to a user or in a room. Needs the permission `broadcast`."""
    target, target_id = ("user", user) if user else ("room", room) if room else ("all", None)
    async with connect() as hub:
        recipients = await hub.broadcast(message, target=target, target_id=target_id, title=title, level=level)
    if options.json:
        show_json({"recipients": recipients})
    else:
        out.print(f"Sent to {recipients} client{'' if recipients == 1 else 's'}")


@app.command()
@command
async def stats() -> None:
    """Show the hub's metrics. Needs the permission `admin`."""
    async with connect() as hub:
        metrics = await hub.metrics()
    if options.json:
        show_json(metrics)
    else:
        show(
            [{"metric": name, "value": value} for name, value in metrics.items() if not isinstance(value, dict)],
            "metric",
            "value",
        )


app.add_typer(queue.app, name="queue")
app.command("rooms")(rooms.rooms)
app.command("join")(rooms.join)
app.command("leave")(rooms.leave)
app.command("monitor")(monitor.monitor)
app.command("node")(node.node)
app.command("player")(speaker.player)
app.command("pair")(speaker.pair)
app.command("unpair")(speaker.unpair)
