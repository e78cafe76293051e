"""The prose of the repository: docstrings, comments, documentation pages and texts say their subject by a noun.

`python -m tests.language PATH` prints the findings of some files.
"""

from pathlib import Path

import pytest

from tests.language import REPOSITORY, files, findings, javascript_texts, markdown_texts, python_texts, sentences

PENDING = REPOSITORY / "tests" / "language_pending.txt"
"""Files that are still to be rewritten, one a line. The list only shrinks, and goes when it is empty."""


def pending() -> set[str]:
    return set(PENDING.read_text("utf-8").split()) if PENDING.exists() else set()


def test_no_sentence_begins_with_a_word_for_a_noun() -> None:
    found = [str(finding) for path in files() if name(path) not in pending() for finding in findings(path)]
    assert found == []


def test_pending_files_still_need_to_be_rewritten() -> None:
    done = [
        name for name in sorted(pending()) if not (REPOSITORY / name).exists() or not any(findings(REPOSITORY / name))
    ]
    assert done == [], "remove these from tests/language_pending.txt"


def name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize(
    "text",
    [
        "Who shows no token gets in.",
        "Return the name. Nobody sees it.",
        "Close the door; whoever comes later waits.",
        "Whether it plays.",
        "It is kept for somebody else.",
    ],
)
def test_riddles_are_found(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.language.REPOSITORY", tmp_path)
    path = tmp_path / "page.md"
    path.write_text(text)
    assert len(list(findings(path))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "What does the hub do then? It waits.",
        "Return the clients that wait, and who invited them.",
        "See `Who` and “What a client follows”.",
        "```\nWho = 1\n```",
    ],
)
def test_plain_sentences_pass(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.language.REPOSITORY", tmp_path)
    path = tmp_path / "page.md"
    path.write_text(text)
    assert list(findings(path)) == []


def test_sources_are_split_into_their_texts() -> None:
    python = 'x = 1\n"""An attribute."""\n# A comment\n# of two lines.\n\n\ndef f():\n    """Do it.\n\n    Args:\n        a: One.\n    """\n'
    assert [text.text for text in python_texts(python)] == [
        "An attribute.",
        "Do it.",
        "Args:",
        "One.",
        "A comment of two lines.",
    ]
    javascript = "/**\n * Do it.\n * @param {string} a One.\n */\nf(); // A comment.\n"
    assert [text.text for text in javascript_texts(javascript)] == ["Do it.", "One.", "A comment."]
    page = "# Title\n\nA paragraph\nof two lines.\n\n- An item\n\n| a | b |\n"
    assert [text.text for text in markdown_texts(page)] == ["Title", "A paragraph of two lines.", "An item", "a", "b"]
    assert list(sentences("One. Two; three: `Who`?")) == ["One.", "Two;", "three:", "X?"]
