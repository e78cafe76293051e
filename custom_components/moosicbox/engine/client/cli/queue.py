"""`moosicbox queue …`."""

from typing import Annotated

from rich.progress import Progress
import typer

from ...protocol.client import Place
from ..controls import Queue
from .context import Stop, command, connected, err, find_player, minutes, options, show, show_json

app = typer.Typer(no_args_is_help=True, help="See and change a player's queue.")

Player = Annotated[
    str | None, typer.Option("--player", "-p", help="A player's id or name.", show_default="the only one")
]
PLACES: dict[str, Place] = {"next": "next", "end": "end", "replace": "replace"}


@app.command("list")
@command
async def list_(player: Player = None) -> None:
    """List what is in the queue; the current item is marked."""
    async with connected() as hub:
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
                "length": minutes(item.track.duration),
                "added by": item.added_by.name,
                "state": item.state,
            }
            for item in items
        ],
        *("", "item", "title", "artist", "length", "added by", "state"),
    )


@app.command()
@command
async def add(
    media: Annotated[list[str], typer.Argument(help="Track ids, media sources or addresses.")],
    player: Player = None,
    place: Annotated[str, typer.Option(help="next, end or replace.")] = "end",
) -> None:
    """Add to the queue."""
    if place not in PLACES:
        raise Stop("--place is next, end or replace", 2)
    async with connected() as hub:
        queue = hub.player(find_player(hub, player)).queue
        with Progress(console=err, transient=True, disable=len(media) < 10) as progress:
            where, added = PLACES[place], []
            for one in progress.track(reversed(media) if place == "next" else media, description="Adding"):
                added += await add_media(queue, one, where)
                where = "end" if where == "replace" else where
    if options.json:
        show_json({"queue_item_ids": added})


@app.command()
@command
async def move(
    item: Annotated[str, typer.Argument(help="An item's id, from `moosicbox queue list`.")],
    player: Player = None,
    after: Annotated[str | None, typer.Option(help="Behind this item.")] = None,
    place: Annotated[str, typer.Option(help="next or end.")] = "next",
) -> None:
    """Put an item to another place."""
    if place not in PLACES:
        raise Stop("--place is next or end", 2)
    async with connected() as hub:
        await hub.player(find_player(hub, player)).queue.move(item, PLACES[place], after=after)


@app.command()
@command
async def remove(items: list[str], player: Player = None) -> None:
    """Take items out."""
    async with connected() as hub:
        await hub.player(find_player(hub, player)).queue.remove(items)


@app.command()
@command
async def clear(player: Player = None) -> None:
    """Take everything out."""
    async with connected() as hub:
        await hub.player(find_player(hub, player)).queue.clear()


async def add_media(queue: Queue, media: str, place: Place) -> list[str]:
    """Add a track by its id, anything else by its address."""
    return await (queue.add(media=media, place=place) if "://" in media else queue.add(media, place=place))
