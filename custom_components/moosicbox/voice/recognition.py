"""Recognition of sentences, by the recogniser that Assist uses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import re
from typing import Final

from hassil import recognize_all
from hassil.intents import Intents, SlotList, TextSlotList, WildcardSlotList

from .language import Language

TARGET: Final = re.compile(r"\{target(?::\w+)?\}")
SYNTAX: Final = re.compile(r"[^\w' -]+")
"""Characters of names that have a meaning in templates; Assist removes punctuation from texts, too."""
WILDCARDS: Final = ("query", "genre")
"""Slots for any text."""
RANGES: Final = {"minutes": (1, 720), "hours": (1, 12), "hour": (0, 24), "minute": (0, 59)}
"""Slots for numbers, in digits or words, and their bounds."""
PERIODS: Final = {
    "am": "(am|a m|in the morning|morgens|früh|vormittags)",
    "pm": "(pm|p m|in the afternoon|in the evening|tonight|nachmittags|abends)",
}
"""Texts of the slot `period`."""
CLOCK: Final = re.compile(r"(\d)[:.](\d\d)")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recognised sentence."""

    command: str
    language: Language
    slots: Mapping[str, str]
    """The texts of wildcards, the numbers in digits, and the names in `target`, `target2` and `target3`, as they are in the
    list of names."""


class Recogniser:
    """Recognises the sentences of all languages, with the names of players, rooms and areas."""

    def __init__(self, languages: Mapping[str, Language], names: Iterable[str]) -> None:
        self._languages = languages
        self._names = {spoken_name(name): name for name in names}
        self._sentences = {code: _intents(code, language.sentences) for code, language in languages.items()}
        self._queries = {code: _intents(code, language.queries) for code, language in languages.items()}
        self._lists: dict[str, SlotList] = {"target": TextSlotList.from_strings(list(self._names))}

    def triggers(self) -> list[str]:
        """Return the templates of all languages for Assist, which knows no list of names: with the names in them."""
        names = f"({'|'.join(sorted(self._names))})"
        return [TARGET.sub(names, each) for language in self._languages.values() for each in language.triggers]

    def recognise(self, text: str, language: str | None) -> Spoken | None:
        """Return the meaning of a sentence; `language` is preferred."""
        # Punctuation is left out, which would make 7:30 one number.
        text = CLOCK.sub(r"\1 \2", text)
        for code in self._by_preference(language):
            if (found := self._best(text, self._sentences[code])) is not None:
                command, slots = found
                names = {slot: self._names.get(name, name) for slot, name in slots.items()}
                return Spoken(command, self._languages[code], names)
        return None

    def recognise_query(self, text: str, language: str | None) -> tuple[str, str]:
        """Return what a request for music means: `anything`, `favourites`, `genre` with its name, or an empty text."""
        for code in self._by_preference(language):
            if (found := self._best(text, self._queries[code])) is not None:
                return found[0], found[1].get("genre", "")
        return "", ""

    def language(self, code: str | None) -> Language:
        """Return the language with this code, or English."""
        return self._languages[self._by_preference(code)[0]]

    def _best(self, text: str, intents: Intents) -> tuple[str, dict[str, str]] | None:
        # The result that leaves the fewest letters to wildcards.
        results = recognize_all(text, intents, slot_lists=self._lists)
        result = max(results, key=lambda each: each.text_chunks_matched, default=None)
        if result is None:
            return None
        return result.intent.name, {slot: _text(entity.value) for slot, entity in result.entities.items()}

    def _by_preference(self, language: str | None) -> list[str]:
        wanted = (language or "").partition("-")[0].lower()
        return sorted(self._languages, key=lambda code: code != wanted)


def spoken_name(name: str) -> str:
    """Return a name as it is recognised."""
    return " ".join(SYNTAX.sub(" ", name.replace("_", " ")).split())


def _intents(code: str, sentences: Mapping[str, Iterable[str]]) -> Intents:
    intents = {name: {"data": [{"sentences": list(templates)}]} for name, templates in sentences.items()}
    lists: dict[str, object] = {name: {"wildcard": True} for name in WILDCARDS}
    lists |= {name: {"range": {"from": start, "to": stop}} for name, (start, stop) in RANGES.items()}
    lists["period"] = {"values": [{"in": text, "out": period} for period, text in PERIODS.items()]}
    return Intents.from_dict({"language": code, "intents": intents, "lists": lists})


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) else str(value).strip()


def matches_any(text: str, templates: Iterable[str]) -> bool:
    """Return whether a text matches one of other integrations' templates, whose lists are all wildcards."""
    sentences = list(templates)
    slots = {slot for template in sentences for slot in re.findall(r"\{(\w+)", template)}
    lists: dict[str, SlotList] = {slot: WildcardSlotList(slot) for slot in slots}
    return next(iter(recognize_all(text, _intents("", {"other": sentences}), slot_lists=lists)), None) is not None
