"""The library in a real Home Assistant: filled by itself, true after a restart."""

from playwright.async_api import WebSocket, expect

from script.lib.music import SONGS

from .conftest import OpenTab
from .home import Home

TRACKS = "sensor.moosicbox_tracks_in_the_library"


def number_of_songs(home: Home) -> str:
    """Return how many there are; tests before this one may have added some."""
    return str(sum(path.suffix in (".flac", ".mp3", ".ogg") for path in home.folder.media.rglob("*")))


async def test_it_is_filled_by_itself_and_survives_a_restart(home: Home) -> None:
    await home.api.wait_for_state(TRACKS, lambda state: state["state"] == number_of_songs(home))
    found = await home.api.ask("moosicbox.search_library", query="coper rain", kinds=["track"])
    assert [item["title"] for item in found["items"]] == ["Copper Rain"]
    song = home.folder.media / SONGS[0].file_name
    elsewhere = home.folder.media / "elsewhere" / song.name
    elsewhere.parent.mkdir()
    await home.restart()
    song.rename(elsewhere)
    await home.api.call("moosicbox.scan_library")
    await home.api.wait_for_state(TRACKS, lambda state: state["state"] == number_of_songs(home))
    again = await home.api.ask("moosicbox.search_library", query="copper rain", kinds=["track"])
    assert again["items"][0]["track_id"] == found["items"][0]["track_id"]
    elsewhere.rename(song)
    elsewhere.parent.rmdir()


async def test_a_search_that_is_refused_is_sent_once(open_tab: OpenTab) -> None:
    tab = await open_tab("/moosicbox/library")
    page = tab.page
    query = "x" * 501
    sent: list[str | bytes] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))  # noqa: PLW0108 - playwright marks the function

    page.on("websocket", watch)
    await page.reload()
    panel = page.get_by_role("tabpanel")
    await page.get_by_role("searchbox", name="Search").fill(query)
    await expect(panel.get_by_text("That did not work")).to_be_visible()
    await page.get_by_role("searchbox", name="Search").fill("brass")
    await expect(panel.get_by_text("Brass Morning").first).to_be_visible()
    assert sum(query in str(frame) for frame in sent) == 1
    assert tab.errors == []
