"""Media that can't be played: an error with a reason, an unchanged queue, and no log entry."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.fixtures import BRASS
from tests.home.actions import play, state
from tests.wire.client import Client


@pytest.mark.parametrize(
    "media_id",
    [
        "media-source://",
        "media-source://media_source",
        "media-source://media_source/local",
        "media-source://media_source/elsewhere/x.mp3",
        "media-source://nobody/x",
        "http://",
        "https://",
        "/local/",
        "spotify:track:1",
        "../secrets.yaml",
    ],
)
async def test_the_reason_is_given_and_the_queue_is_unchanged(
    hass: HomeAssistant, kitchen: Client, media_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    await play(hass, BRASS)
    with pytest.raises(HomeAssistantError):
        await play(hass, media_id)
    assert state(hass).attributes["media_title"] == "Brass Morning"
    assert state(hass).attributes["queue_size"] == 1
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
