"""Spoken announcements: Home Assistant's text-to-speech engines, and the chime before them."""

from typing import Final

from homeassistant.components.tts import DOMAIN as TTS, async_default_engine
from homeassistant.components.tts.media_source import generate_media_source_id
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..engine.api import Announce, InvalidMessage, Media, NotSupported, Sentence, Track
from ..http.panel import STATIC_URL

CHIME: Final = Media(
    track=Track(track_id="chime", title="Chime", duration=1.3, media_content_id="moosicbox:chime"),
    source=f"{STATIC_URL}/player/chime.flac",
    mime_type="audio/flac",
)
"""The sound before announcements, made by `script/make_chime.py`."""


def speech_engine(hass: HomeAssistant) -> str | None:
    """Return the text-to-speech engine that announcements use by default."""
    return async_default_engine(hass) if TTS in hass.config.components else None


async def async_speak(hass: HomeAssistant, request: Announce) -> str:
    """Return the media of a spoken message. Raise NotSupported or InvalidMessage."""
    if TTS not in hass.config.components or (engine := request.tts_entity or speech_engine(hass)) is None:
        raise NotSupported(Sentence("cant_speak", "Home Assistant has no text-to-speech engine"))
    options = None if request.options is None else dict(request.options)
    try:
        return generate_media_source_id(hass, request.message or "", engine, request.language, options)
    except (HomeAssistantError, LookupError) as error:
        raise InvalidMessage(
            Sentence("engine_cant_speak", "{engine} can't speak that: {error}", engine=engine, error=error),
            ["tts_entity"],
        ) from error
