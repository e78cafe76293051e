"""Errors of the hub as exceptions of Home Assistant, whose texts are shown in the user's language."""

import json
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.protocol import errors
from custom_components.moosicbox.errors import action_error
from tests.home.actions import play
from tests.wire.client import Client

GERMAN = Path("custom_components/moosicbox/translations/de.json")
ENGLISH = "A sentence of the engine in English"


def german(error: HomeAssistantError) -> str:
    """Return the text that a German user reads."""
    texts = json.loads(GERMAN.read_text(encoding="utf-8"))["exceptions"]
    text: str = texts[error.translation_key]["message"]
    return text.format(**error.translation_placeholders or {})


@pytest.mark.parametrize(
    "error",
    [
        errors.AuthenticationFailed(ENGLISH),
        errors.InvalidMessage(ENGLISH, ["place", 0]),
        errors.MessageTooLarge(2, 1),
        errors.RateLimitExceeded(60, 1.5, ENGLISH),
        errors.RefusedByRule(ENGLISH, "rule-1"),
        *(
            kind(ENGLISH)
            for kind in errors.HubError.__subclasses__()
            if kind.__init__ is errors.HubError.__init__ and kind.__module__ == errors.__name__
        ),
    ],
    ids=lambda error: error.error_type,
)
def test_no_type_of_error_shows_the_engines_sentence(error: errors.HubError) -> None:
    shown = german(action_error(error))
    assert ENGLISH not in shown
    assert "{" not in shown


async def test_an_actions_error_is_read_in_german(hass: HomeAssistant, kitchen: Client) -> None:
    """With the values in it; the log keeps the engine's sentence."""
    with pytest.raises(ServiceValidationError) as refused:
        await play(hass, "/local/list.xspf")
    assert refused.value.translation_domain == DOMAIN
    assert german(refused.value).startswith("/local/list.xspf ist XSPF, was Player nicht spielen können.")
    assert "which players can't play" in refused.value.args[0]
