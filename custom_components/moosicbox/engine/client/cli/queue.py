"""`moosicbox queue`: shows and changes a player's queue."""

from typing import Annotated, Literal

from rich.progress import Progress
import typer

from ...protocol.client import Place
from ...protocol.errors import InvalidMessage, TrackNotFound
from ..client import MoosicBoxClient
from ..queue_controls import QueueControls
from .context import command, complete_players, connect, err, find_player, format_duration, options, show, show_json

app = typer.Typer(no_args_is_help=True, help="Show and change a player's queue.")

Player = Annotated[
    str | None,
    typer.Option(
        "--player", "-p", help="A player's id or name.", show_default="the only one", autocompletion=complete_players
    ),
]


@app.command("list")
@command
async def list_(player: Player = None) -> None:
    """List the items of the queue; the current one is marked."""
    async with connect() as hub:
        pages = await hub.player(find_player(hub, player)).queue.pages()
    items = [item for page in pages for item in page.items]
    if options.json:
        show_json(items)
        return
    show(
        [
            {
                "": "▶" if item.queue_item_id == pages[0].current_item_id else None,
                "item": item.queue_item_id,
                "title": item.track.title,
                "artist": item.track.artist,
                "length": format_duration(item.track.duration),
                "added by": item.added_by.name,
                "state": item.state,
            }
            for item in items
        ],
        *("", "item", "title", "artist", "length", "added by", "state"),
        none="The queue is empty",
    )


@app.command()
@command
async def add(
    media: Annotated[
        list[str], typer.Argument(help="One or more of: words to search for in the library, a track's id, an address.")
    ],
    player: Player = None,
    place: Annotated[Literal["next", "end", "replace"], typer.Option(help="Where to add.")] = "end",
) -> None:
    """Add to the queue.

    `moosicbox queue add "so what" "blue in green"`
    """
    async with connect() as hub:
        queue = hub.player(find_player(hub, player)).queue
        with Progress(console=err, transient=True, disable=len(media) < 10) as progress:
            where: Place = place
            added: list[str] = []
            for one in progress.track(reversed(media) if place == "next" else media, description="Adding"):
                added += await add_media(hub, queue, one, where)
                where = "end" if where == "replace" else where
    if options.json:
        show_json({"queue_item_ids": added})


@app.command()
@command
async def move(
    item: Annotated[str, typer.Argument(help="An item's id, from `moosicbox queue list`.")],
    player: Player = None,
    after: Annotated[str | None, typer.Option(help="Move behind this item.")] = None,
    place: Annotated[Literal["next", "end"], typer.Option(help="Where to move, without --after.")] = "next",
) -> None:
    """Move an item."""
    async with connect() as hub:
        await hub.player(find_player(hub, player)).queue.move(item, place, after=after)


@app.command()
@command
async def remove(
    items: Annotated[list[str], typer.Argument(help="Items' ids, from `moosicbox queue list`.")], player: Player = None
) -> None:
    """Remove items."""
    async with connect() as hub:
        await hub.player(find_player(hub, player)).queue.remove(items)


@app.command()
@command
async def clear(player: Player = None) -> None:
    """Remove all items."""
    async with connect() as hub:
        await hub.player(find_player(hub, player)).queue.clear()


async def add_media(
    hub: MoosicBoxClient, queue: QueueControls, media: str, place: Place, *, play: bool = False
) -> list[str]:
    """Add the media item at an address, a track by its id, or the best match of a search; return the new items' ids.

    Raises:
        TrackNotFound: The search found nothing.
    """
    if "://" in media:
        return await queue.add(media=media, place=place, play=play)
    try:
        return await queue.add(media, place=place, play=play)
    except TrackNotFound, InvalidMessage:
        found = next((item for item in await hub.search(media) if item.get("track_id")), None)
    if found is None:
        raise TrackNotFound(f"Nothing in the library matches {media!r}")
    err.print(" – ".join(filter(None, (found.get("artist"), found.get("title")))))
    return await queue.add(found["track_id"], place=place, play=play)
