"""What the models don't say of themselves, in files a writer can read; each field is explained once, and none is forgotten."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec

FOLDER: Final = Path(__file__).parent / "texts"

type Side = Literal["client", "server", "record"]


class MessageText(msgspec.Struct, forbid_unknown_fields=True):
    """One message or record: what a reader has to know beyond its fields."""

    fields: dict[str, str] = {}
    text: str = ""
    answer: str = ""
    errors: list[str] = []


class ErrorText(msgspec.Struct, forbid_unknown_fields=True):
    """One error."""

    cause: str
    help: str
    fields: str = ""


class LimitText(msgspec.Struct, forbid_unknown_fields=True):
    """One bound of the hub, and what happens there."""

    bounds: str
    unit: str = ""
    beyond: str = ""


COMMON: Final = "common"
"""The key of fields that mean the same in all messages of a file."""


class Texts:
    """All texts."""

    def __init__(self, fill_in: Callable[[str], str]) -> None:
        """Reads them; `fill_in` puts numbers where texts name them."""

        def read[T](name: str, type_: type[T]) -> T:
            return msgspec.yaml.decode(fill_in((FOLDER / name).read_text("utf-8")), type=type_)

        self.messages = {side: read(f"{side}.yaml", dict[str, MessageText]) for side in ("client", "server", "record")}
        self.errors = read("errors.yaml", dict[str, ErrorText])
        self.close_codes = read("close_codes.yaml", dict[int, str])
        self.limits = read("limits.yaml", dict[str, LimitText])

    def of(self, side: str, name: str) -> MessageText:
        """What is said of a message or record."""
        return self.messages[side].get(name, MessageText())

    def field(self, side: str, name: str, field: str) -> str:
        """What a field means."""
        common = self.of(side, COMMON).fields.get(field, "")
        return self.of(side, name).fields.get(field, common).strip()
