"""Both languages of Home Assistant's texts have the same keys and the same placeholders."""

import json
from pathlib import Path
import re
from typing import Any

import pytest

from tests.test_repository import INTEGRATION, read_json

TRANSLATIONS = INTEGRATION / "translations"


def texts(name: str) -> dict[str, str]:
    """Return the texts of a language by their paths."""
    found: dict[str, str] = {}

    def walk(node: dict[str, Any], path: str) -> None:
        for key, value in node.items():
            if isinstance(value, dict):
                walk(value, f"{path}{key}.")
            else:
                found[path + key] = value

    walk(read_json(TRANSLATIONS / f"{name}.json"), "")
    return found


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize("path", sorted(INTEGRATION.rglob("*.json")), ids=lambda path: path.name)
def test_no_key_occurs_twice_in_an_object(path: Path) -> None:
    """JSON keeps the last one without a word."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        assert len(found) == len(pairs), [key for key, _ in pairs]
        return found

    json.loads(path.read_text("utf-8"), object_pairs_hook=unique)


def test_there_are_english_and_german() -> None:
    assert {path.name for path in TRANSLATIONS.iterdir()} == {"en.json", "de.json"}


def test_both_languages_have_the_same_keys() -> None:
    assert list(texts("de")) == list(texts("en")), "missing, or in another order"


def test_both_languages_have_the_same_placeholders() -> None:
    english, german = texts("en"), texts("de")
    assert [path for path in english if placeholders(english[path]) != placeholders(german.get(path, ""))] == []


def test_code_is_the_same_in_both_languages() -> None:
    english, german = texts("en"), texts("de")
    for path, text in english.items():
        assert re.findall(r"`[^`]+`", text) == re.findall(r"`[^`]+`", german[path]), path


def test_texts_are_translated() -> None:
    """A long text that is equal in both languages was forgotten."""
    german = texts("de")
    assert [path for path, text in texts("en").items() if len(text.split()) > 2 and german[path] == text] == []
