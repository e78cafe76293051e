"""Explanations beyond the models, from YAML files. Each field is explained once."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

FOLDER: Final = Path(__file__).parent / "texts"


class MessageText(msgspec.Struct, forbid_unknown_fields=True):
    """The explanation of a message or record, and of its fields."""

    fields: dict[str, str] = {}
    text: str = ""
    answer: str = ""
    errors: list[str] = []


class Cause(msgspec.Struct, forbid_unknown_fields=True):
    """One of the causes of an error that has several verdicts."""

    cause: str
    retryable: bool


class ErrorText(msgspec.Struct, forbid_unknown_fields=True):
    """The explanation of an error: its `cause`, or its `causes` if these differ in whether a retry may succeed."""

    help: str
    cause: str = ""
    causes: list[Cause] = []
    fields: str = ""


class LimitText(msgspec.Struct, forbid_unknown_fields=True):
    """The explanation of a limit, and of the effect beyond it."""

    bounds: str
    unit: str = ""
    beyond: str = ""


COMMON: Final = "common"
"""The key of fields with the same meaning in all messages of a file."""


class Texts:
    """All texts."""

    def __init__(self, fill_in: Callable[[str], str]) -> None:
        """Read all files; `fill_in` replaces placeholders by numbers."""

        def read[T](name: str, type_: type[T]) -> T:
            return msgspec.yaml.decode(fill_in((FOLDER / name).read_text("utf-8")), type=type_)

        self.messages = {side: read(f"{side}.yaml", dict[str, MessageText]) for side in ("client", "server", "record")}
        self.errors = read("errors.yaml", dict[str, ErrorText])
        self.close_codes = read("close_codes.yaml", dict[int, str])
        self.limits = read("limits.yaml", dict[str, LimitText])

    def of(self, side: str, name: str) -> MessageText:
        """Return the explanation of a message or record."""
        return self.messages[side].get(name, MessageText())

    def field(self, side: str, name: str, field: str) -> str:
        """Return the explanation of a field."""
        common = self.of(side, COMMON).fields.get(field, "")
        return self.of(side, name).fields.get(field, common).strip()
