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
    queries: Mapping[str, tuple[str, ...]]
    """Templates of names that stand for music in general, by their meaning."""
    answers: Mapping[str, str]


def load_languages() -> dict[str, Language]:
    """Load all languages; reads files."""
    return {code: _load(code) for code in LANGUAGES}


def _load(code: str) -> Language:
    content: dict[str, Any] = load_yaml_dict(str(FOLDER / f"{code}.yaml"))
    please, rules = content["please"], content["rules"]

    def templates(section: str) -> dict[str, tuple[str, ...]]:
        return {key: tuple(_inlined(text, rules) for text in texts) for key, texts in content[section].items()}

    sentences = {
        command: tuple(f"[{please}] {text}{'' if text.endswith('}') else f' [{please}]'}" for text in texts)
        for command, texts in templates("sentences").items()
    }
    return Language(code, sentences, templates("queries"), content["answers"])


def _inlined(template: str, rules: Mapping[str, str]) -> str:
    """Return a template with its rules replaced by their texts."""
    while RULE.search(template):
        template = RULE.sub(lambda match: f"({rules[match[1]]})", template)
    return template
