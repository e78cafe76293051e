"""A text-to-speech engine, `tts.speech`."""

from typing import Any, override

from homeassistant.components.tts import TextToSpeechEntity, TtsAudioType
from homeassistant.components.tts.const import DATA_COMPONENT, DATA_TTS_MANAGER
from homeassistant.core import HomeAssistant


class Speech(TextToSpeechEntity):
    """An engine that remembers the messages."""

    _attr_default_language = "en"
    _attr_supported_languages = ["en"]
    _attr_name = "Speech"
    entity_id = "tts.speech"

    def __init__(self) -> None:
        self.messages: list[str] = []

    @override
    def get_tts_audio(self, message: str, language: str, options: dict[str, Any]) -> TtsAudioType:
        self.messages.append(message)
        return "mp3", b"speech"


async def add_speech(hass: HomeAssistant) -> Speech:
    """Add the engine; the component `tts` is set up already."""
    # Its files would be found by the next run of the tests.
    hass.data[DATA_TTS_MANAGER].use_file_cache = False
    hass.data[DATA_TTS_MANAGER].file_cache.clear()
    speech = Speech()
    await hass.data[DATA_COMPONENT].async_add_entities([speech])
    return speech
