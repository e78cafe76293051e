"""Recognition of sentences, apart from Assist."""

import pytest

from custom_components.moosicbox.voice.language import Language
from custom_components.moosicbox.voice.recognition import Recogniser


@pytest.mark.parametrize(
    ("code", "text", "slots"),
    [
        ("en", "stop in 30 minutes", {"minutes": "30"}),
        ("en", "stop in forty five minutes in the kitchen", {"minutes": "45", "target": "Kitchen (old)"}),
        ("de", "stoppe in dreißig Minuten", {"minutes": "30"}),
        ("de", "stoppe in ein paar Minuten", None),
        ("de", "stoppe in 721 Minuten", None),
    ],
)
def test_numbers_are_digits_or_words(code: str, text: str, slots: dict[str, str] | None) -> None:
    templates = {
        "en": "stop in {minutes} minutes [in [the] {target}]",
        "de": "stoppe in {minutes} Minuten [in der {target}]",
    }
    languages = {code: Language(code, {"sleep": (template,)}, (), {}, {}) for code, template in templates.items()}
    spoken = Recogniser(languages, ["Kitchen (old)", "Kitchen"]).recognise(text.replace("kitchen", "kitchen old"), code)
    assert (None if spoken is None else spoken.slots) == slots
