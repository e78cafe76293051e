"""Wraps the prose of Markdown pages, and leaves tables, code, headings and HTML as they are."""

import re
import textwrap
from typing import Final

WIDTH: Final = 100
"""Columns."""
MARKER: Final = re.compile(r"(\s*)((?:[-*] |\d+\. |> )?)(.*)")
UNBREAKABLE: Final = re.compile(r"`[^`]+`|\]\([^)]*\)")
"""Code and addresses of links."""


def wrap(page: str) -> str:
    """Return a page with its paragraphs and list items wrapped."""
    wrapped: list[str] = []
    block: list[str] = []
    in_code = False
    for line in page.split("\n"):
        if line.strip().startswith("```"):
            in_code = not in_code
        is_prose = not in_code and not _is_verbatim(line)
        if block and (not is_prose or _begins_item(line)):
            wrapped += _fill(block)
            block = []
        if is_prose:
            block.append(line)
        else:
            wrapped.append(line)
    return "\n".join(wrapped + (_fill(block) if block else []))


def _is_verbatim(line: str) -> bool:
    stripped = line.strip()
    return not stripped or stripped.startswith(("|", "#", "<", "```", "!["))


def _begins_item(line: str) -> bool:
    match = MARKER.match(line)
    return match is not None and bool(match[2])


def _fill(block: list[str]) -> list[str]:
    match = MARKER.match(block[0])
    assert match is not None
    indent, marker, first = match.groups()
    text = " ".join([first, *(line.strip() for line in block[1:])])
    text = UNBREAKABLE.sub(lambda found: found[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent + marker,
        subsequent_indent=indent + " " * len(marker),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\0", " ") for line in lines]
