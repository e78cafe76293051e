"""The sentences and answers of a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Any, Final

from homeassistant.util.yaml import load_yaml_dict

FOLDER: Final = Path(__file__).parent / "sentences"
LANGUAGES: Final = ("en", "de")
RULE: Final = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Language:
    """A language that users speak."""

    code: str
    sentences: Mapping[str, tuple[str, ...]]
    """Templates of sentences by the name of their command."""
    triggers: tuple[str, ...]
    """The same templates for Assist's sentence triggers, with any text for a time of the day."""
    queries: Mapping[str, tuple[str, ...]]
    """Templates of names that stand for music in general, by their meaning."""
    answers: Mapping[str, str]


def load_languages() -> dict[str, Language]:
    """Load all languages; reads files."""
    return {code: _load(code) for code in LANGUAGES}


def _load(code: str) -> Language:
    content: dict[str, Any] = load_yaml_dict(str(FOLDER / f"{code}.yaml"))
    please, rules = content["please"], content["rules"]

    def templates(section: str, rules: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        return {key: tuple(_inlined(text, rules) for text in texts) for key, texts in content[section].items()}

    def sentences(rules: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        return {
            command: tuple(f"[{please}] {text}{'' if text.endswith('}') else f' [{please}]'}" for text in texts)
            for command, texts in templates("sentences", rules).items()
        }

    # Triggers know no numbers, and wildcards next to each other match nothing.
    triggers = sentences({**rules, "time": "{time}"})
    return Language(
        code=code,
        sentences=sentences(rules),
        triggers=tuple(template for each in triggers.values() for template in each),
        queries=templates("queries", rules),
        # Home Assistant's loader returns a subclass, which the hub's messages can't contain.
        answers={key: str(text) for key, text in content["answers"].items()},
    )


def _inlined(template: str, rules: Mapping[str, str]) -> str:
    """Return a template with its rules replaced by their texts."""
    while RULE.search(template):
        template = RULE.sub(lambda match: f"({rules[match[1]]})", template)
    return template
