"""Finds prose that a reader has to solve: in docstrings, comments, documentation pages, and texts of the reference.

`python -m tests.language [PATH…]` prints the findings, by default of the whole repository.
"""

import ast
from collections.abc import Iterator
import io
from pathlib import Path
import re
import subprocess
import sys
import tokenize
from typing import NamedTuple, override

import yaml

REPOSITORY = Path(__file__).parents[1]
EXCLUDED = (
    *("custom_components/moosicbox/frontend/vendor/", "custom_components/moosicbox/voice/sentences/"),
    *("docs/protocol/", "typings/"),
)
"""docs/protocol/ is generated from script/protocol_reference/, which is checked; users speak as they like."""
SUFFIXES = {".py", ".js", ".mjs", ".md", ".yaml"}
SCRIPT = re.compile(r"script/[\w-]+$")
STRINGS = re.compile(r"translations/en\.json|ui/strings/en[\w-]*\.js$")
"""Files whose strings are shown to users."""

SUBJECTS = re.compile(
    r"(?:who|whoever|whom|whose|whosoever|somebody|someone|nobody|no one|anybody|anyone|what|whatever|whether|others)\b",
    re.IGNORECASE,
)
"""Words that stand for a noun at the beginning of a sentence. Questions may begin with them."""
PHRASES = re.compile(r"\b(?:somebody|nobody|anybody|whoever|whomever|whosoever|the house|goes round)\b", re.IGNORECASE)
"""Words that a noun of the subject replaces anywhere: client, user, listener, caller, system …"""
SENTENCE = re.compile(r"[^.!?:;]+[.!?:;]?")
ARGUMENT = re.compile(r"^\s*\*{0,2}\w+: ", re.MULTILINE)


class Text(NamedTuple):
    """A piece of prose: one paragraph, list item, table cell, heading or comment."""

    line: int
    text: str


class Finding(NamedTuple):
    """A sentence that has to be rewritten."""

    path: str
    line: int
    sentence: str

    @override
    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


def findings(path: Path) -> Iterator[Finding]:
    """Yield the sentences of a file that begin with a word for a noun, or contain one."""
    name = str(path.relative_to(REPOSITORY))
    for line, text in texts(path):
        for sentence in sentences(text):
            is_question = sentence.endswith("?")
            if (SUBJECTS.match(sentence) and not is_question) or PHRASES.search(sentence):
                yield Finding(name, line, sentence)


def sentences(text: str) -> Iterator[str]:
    """Split a text into sentences, without code and quotations."""
    text = re.sub(r"``.*?``|`[^`]*`", "X", text, flags=re.DOTALL)
    text = re.sub(r'"[^"]*"|“[^”]*”', "X", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    for match in SENTENCE.finditer(re.sub(r"\s+", " ", text)):
        yield match[0].strip(" *_[]()–—-•…")


def texts(path: Path) -> Iterator[Text]:
    """Yield the prose of a file."""
    source = path.read_text("utf-8")
    if STRINGS.search(path.as_posix()):
        for number, line in enumerate(source.splitlines(), 1):
            for string in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
                yield Text(number, string)
    match path.suffix:
        case ".py":
            yield from python_texts(source)
        case ".js" | ".mjs":
            yield from javascript_texts(source)
        case ".md":
            yield from markdown_texts(source)
        case ".yaml":
            yield from yaml_texts(source)
        case "":
            yield from shell_texts(source)


def python_texts(source: str) -> Iterator[Text]:
    """Yield docstrings, also those of attributes, and comments."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if (
                isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
            ):
                yield from prose(statement.lineno, statement.value.value)
    yield from joined_comments(
        (token.start[0], token.string.lstrip("#:").strip())
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and not token.string.startswith("#!")
    )


def javascript_texts(source: str) -> Iterator[Text]:
    """Yield comments, of both kinds."""
    for match in re.finditer(r"/\*(.*?)\*/", source, re.DOTALL):
        text = re.sub(r"^\s*\* ?", "", match[1], flags=re.MULTILINE)
        text = re.sub(r"@(\w+)(?: \{[^}]*\})?(?: \[?[\w.=]+\]?)?", "\n\n", text)
        yield from prose(source.count("\n", 0, match.start()) + 1, text)
    yield from joined_comments(
        (number, comment[1].strip())
        for number, line in enumerate(source.splitlines(), 1)
        if (comment := re.search(r"(?:^|\s)// ?(.*)$", line))
    )


def markdown_texts(source: str) -> Iterator[Text]:
    """Yield paragraphs, list items, headings and table cells, without code and templates."""
    source = re.sub(r"^```.*?^ *```", lambda match: "\n" * match[0].count("\n"), source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(
        r"^ +```.*?^ +```", lambda match: "\n" * match[0].count("\n"), source, flags=re.DOTALL | re.MULTILINE
    )
    source = re.sub(r"\{%.*?%\}", "", source)
    source = re.sub(r"\{\{.*?\}\}", "X", source)
    yield from prose(1, source)


def yaml_texts(source: str) -> Iterator[Text]:
    """Yield the values of a file, and its comments."""
    for event in yaml.parse(source, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.ScalarEvent):
            assert event.start_mark is not None
            yield from prose(event.start_mark.line + 1, event.value)
    yield from shell_texts(source)


def shell_texts(source: str) -> Iterator[Text]:
    """Yield comments that begin with `#`."""
    yield from joined_comments(
        (number, match[1].strip())
        for number, line in enumerate(source.splitlines(), 1)
        if (match := re.match(r"\s*#(?!!) ?(.*)$", line))
    )


def prose(line: int, text: str) -> Iterator[Text]:
    """Split a text into paragraphs, list items, table cells and headings."""
    unit: list[str] = []
    start = line
    for number, raw in enumerate(text.splitlines(), line):
        stripped = raw.strip()
        begins = re.match(r"[-*#|>] ?|\d+\. ", stripped) or ARGUMENT.match(stripped)
        if (not stripped or begins) and unit:
            yield Text(start, " ".join(unit))
            unit = []
        if stripped.startswith("|"):
            for cell in stripped.strip("|").split("|"):
                yield Text(number, cell.strip())
            continue
        if stripped:
            if not unit:
                start = number
            content = re.sub(r"^(?:[-*#>]+ |\d+\. )", "", stripped)
            unit.append(ARGUMENT.sub("", content))
    if unit:
        yield Text(start, " ".join(unit))


def joined_comments(comments: Iterator[tuple[int, str]]) -> Iterator[Text]:
    """Join comments on consecutive lines."""
    start, last, unit = 0, -1, ""
    for number, text in comments:
        if number == last + 1:
            unit = f"{unit} {text}"
        else:
            if unit:
                yield from comment(start, unit)
            start, unit = number, text
        last = number
    if unit:
        yield from comment(start, unit)


def comment(line: int, text: str) -> Iterator[Text]:
    """Yield the prose of a comment, without directives for tools."""
    text = re.sub(r"(?:noqa|type: ignore|pylint|pragma|eslint|prettier|@ts)[^ ]*(?: [A-Z]+\d+,?)*(?: -)?", "", text)
    yield Text(line, text.strip())


def files() -> list[Path]:
    """Return the files of the repository that have prose."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = sorted(
        {
            name
            for name in listed.split("\0")
            if Path(name).suffix in SUFFIXES or STRINGS.search(name) or SCRIPT.fullmatch(name)
        }
    )
    return [REPOSITORY / name for name in names if not name.startswith(EXCLUDED) and (REPOSITORY / name).is_file()]


def main() -> None:
    """Print the findings of some files, or of all."""
    paths = [Path(name).resolve() for name in sys.argv[1:]]
    chosen = [path for path in files() if not paths or any(path.is_relative_to(wanted) for wanted in paths)]
    count = 0
    for path in chosen:
        for finding in findings(path):
            count += 1
            sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"{count} findings in {len(chosen)} files\n")


if __name__ == "__main__":
    main()
