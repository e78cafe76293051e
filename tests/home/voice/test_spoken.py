"""Going on with an audiobook or an episode by voice, and by the tools of language models."""

from collections.abc import AsyncGenerator
from pathlib import Path
import subprocess

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
import pytest

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.index.positions import HOUSEHOLD, Kept
from custom_components.moosicbox.engine.library.library import Library
from script.lib.sounds import tag
from tests.conftest import SharedFolder
from tests.engine.library.podcasts.feeds import Publisher
from tests.home.actions import next_command, titles
from tests.home.scanned import scanned_music
from tests.wire.client import Client

from .conftest import Say, start_over
from .test_tools import Call, call

__all__ = ("call",)

PARTS = ("Low Water", "The Moon", "High Water")


def record(folder: Path) -> None:
    """Write an audiobook of three files, of 20 s each."""
    for number, title in enumerate(PARTS, 1):
        path = folder / f"tide{number}.mp3"
        sound = f"sine=frequency={200 * number}:duration=20"
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", sound, "-b:a", "64k", str(path)]
        subprocess.run(command, check=True)  # noqa: S603 - constant arguments
        tag(path, title=title, album="The Tide", artist="Ben", genre="Audiobook", tracknumber=str(number))


@pytest.fixture
def media_folder(shared_folder: SharedFolder, tmp_path: Path) -> Path:
    """Home Assistant's media folder with the audiobook, which is in the library's index."""
    return scanned_music(shared_folder, "audiobook", record, tmp_path / "config")


@pytest.fixture
async def publisher(socket_enabled: None) -> AsyncGenerator[Publisher]:
    publisher = Publisher()
    async with publisher.server:
        yield publisher


@pytest.fixture
async def parts(library: Library) -> list[str]:
    """The ids of the parts of the book."""
    [book] = (await library.get_books()).items
    return [part.track_id for part in (await library.book(book.album_id)).tracks]


BOOK = [
    ("en", "continue my audiobook in the kitchen", "Continuing with The Tide by Ben on Kitchen."),
    ("en", "resume the book in the kitchen", "Continuing with The Tide by Ben on Kitchen."),
    ("en", "go on with my audio book in the kitchen", "Continuing with The Tide by Ben on Kitchen."),
    ("en", "play the rest of my book in the kitchen", "Continuing with The Tide by Ben on Kitchen."),
    ("de", "setze mein Hörbuch in der Küche fort", "Weiter mit The Tide von Ben. Kitchen."),
    ("de", "spiel mein Hörbuch in der Küche weiter", "Weiter mit The Tide von Ben. Kitchen."),
    ("de", "mach in der Küche mit dem Hörbuch weiter", "Weiter mit The Tide von Ben. Kitchen."),
    ("de", "Hörbuch in der Küche fortsetzen", "Weiter mit The Tide von Ben. Kitchen."),
]


async def test_a_book_goes_on_where_the_user_left_it(
    hass: HomeAssistant,
    say: Say,
    clients: dict[str, Client],
    library: Library,
    hass_admin_user: User,
    parts: list[str],
    subtests: pytest.Subtests,
) -> None:
    for language, sentence, answer in BOOK:
        with subtests.test(sentence, language=language):
            await start_over(hass)
            await clients["kitchen"].arrived()
            await library.people.keep_position([hass_admin_user.id], parts[1], Kept(7.5))
            await library.people.keep_position([HOUSEHOLD, "somebody"], parts[2], Kept(1.0))
            assert await say(sentence, language) == (answer, "action_done")
            told = await next_command(clients["kitchen"])
            assert (told["track"]["title"], told["start_position"]) == ("The Moon", 7.5)
            assert await titles(clients["kitchen"]) == ["The Moon", "High Water"]


async def test_it_goes_on_in_the_area_of_the_satellite(
    say: Say, clients: dict[str, Client], library: Library, hass_admin_user: User, parts: list[str]
) -> None:
    await library.people.keep_position([hass_admin_user.id], parts[0], Kept(0.0, played=True))
    assert (await say("continue my audiobook", area="Living room")).text.endswith("on Lounge.")
    told = await next_command(clients["lounge"])
    assert (told["track"]["title"], told["start_position"]) == ("The Moon", 0)


NOTHING = [
    ("en", "continue my audiobook in the kitchen", "You have no unfinished audiobook."),
    ("en", "continue my podcast in the kitchen", "You have no unfinished episode."),
    ("de", "setze mein Hörbuch in der Küche fort", "Du hast kein angefangenes Hörbuch."),
    ("de", "setze meinen Podcast in der Küche fort", "Du hast keine angefangene Folge."),
]


async def test_there_is_nothing_to_go_on_with(
    say: Say, clients: dict[str, Client], hub: Hub, library: Library, parts: list[str], subtests: pytest.Subtests
) -> None:
    await library.people.keep_position([HOUSEHOLD, "somebody"], parts[1], Kept(7.5))
    for language, sentence, answer in NOTHING:
        with subtests.test(sentence, language=language):
            assert (await say(sentence, language)).text.startswith(answer)
            assert len(hub.players.get("kitchen").playback.queue) == 0


async def test_a_language_model_goes_on_with_the_book_of_its_user(
    hass: HomeAssistant,
    clients: dict[str, Client],
    call: Call,
    library: Library,
    hass_admin_user: User,
    parts: list[str],
) -> None:
    await library.people.keep_position([hass_admin_user.id], parts[1], Kept(7.5))
    await library.people.keep_position([HOUSEHOLD], parts[2], Kept(6.0))
    found = await call("continue", kind="book", player="Kitchen", user_id=hass_admin_user.id)
    assert found == {"player": "Kitchen", "title": "The Tide", "by": "Ben", "can_be_heard": True}
    assert (await next_command(clients["kitchen"]))["start_position"] == 7.5
    # Without a user, it is the household's.
    await call("continue", kind="book", player="Living room")
    told = await next_command(clients["lounge"])
    assert (told["track"]["title"], told["start_position"]) == ("High Water", 6.0)
    refused = await call("continue", kind="podcast", player="Kitchen", user_id=hass_admin_user.id, fails=True)
    assert "begun no podcast" in refused["error"]


EPISODE = [
    ("en", "continue my podcast in the kitchen", "Continuing with Tide 1 by Tidal Tales on Kitchen."),
    ("en", "resume the last episode in the kitchen", "Continuing with Tide 1 by Tidal Tales on Kitchen."),
    ("de", "spiele meinen Podcast in der Küche weiter", "Weiter mit Tide 1 von Tidal Tales. Kitchen."),
    ("de", "setze die Folge in der Küche fort", "Weiter mit Tide 1 von Tidal Tales. Kitchen."),
]


async def test_an_episode_goes_on_where_the_user_left_it(
    hass: HomeAssistant,
    say: Say,
    clients: dict[str, Client],
    library: Library,
    publisher: Publisher,
    hass_admin_user: User,
    subtests: pytest.Subtests,
) -> None:
    subscribe = {"url": publisher.url()}
    await hass.services.async_call(DOMAIN, "subscribe_podcast", subscribe, blocking=True, return_response=True)
    newer, older = (await library.get_episodes(sort="-published")).items
    for language, sentence, answer in EPISODE:
        with subtests.test(sentence, language=language):
            await start_over(hass)
            await clients["kitchen"].arrived()
            await library.people.keep_position([hass_admin_user.id], older.track_id, Kept(600.0))
            await library.people.keep_position([hass_admin_user.id], newer.track_id, Kept(0.0, played=True))
            assert await say(sentence, language) == (answer, "action_done")
            told = await next_command(clients["kitchen"])
            assert (told["track"]["title"], told["start_position"]) == ("Tide 1", 600)
            assert await titles(clients["kitchen"]) == ["Tide 1"]
