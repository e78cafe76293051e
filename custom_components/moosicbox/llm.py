"""Tools for language models, which Home Assistant looks up by this module's name."""

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, Tool

from .adapters.speech import speech_engine
from .models import async_loaded_data
from .voice.targets import VoiceTargets
from .voice.tools.music_tools import ContinueTool, NowPlayingTool, PlayTool, SearchTool
from .voice.tools.queue_tools import ChangeQueueTool, QueueTool
from .voice.tools.room_tools import AnnounceTool, MovePlayersTool, RoomsTool

PROMPT = """\
MoosicBox plays the music library on its players ({names}).
To play music on them, call {search}, then {play} with the media_content_id of a result.
To let players play together, call {move}."""


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools, or None if no player is exposed to the assistant."""
    data = async_loaded_data(hass)
    if api_id != LLM_API_ASSIST or not llm_context.assistant or data is None:
        return None
    contexts = VoiceTargets(hass, data.hub, llm_context.assistant).contexts
    if not contexts:
        return None
    tools: list[Tool] = [
        *(SearchTool(), PlayTool(), ContinueTool(), NowPlayingTool()),
        *(QueueTool(), ChangeQueueTool(), RoomsTool(), MovePlayersTool()),
        *([AnnounceTool()] if speech_engine(hass) is not None else []),
    ]
    names = ", ".join(context.name for context in contexts.values())
    prompt = PROMPT.format(names=names, search=SearchTool.name, play=PlayTool.name, move=MovePlayersTool.name)
    return LLMTools(tools=tools, prompt=prompt)
