"""The documentation: the names in it exist, its code is valid, and its prose is wrapped. tests/test_documents.py checks options and actions."""

import ast
from functools import cache
import json
from pathlib import Path
import re
import subprocess
from textwrap import dedent
import tomllib

import pytest
import yaml

from script.protocol_reference.wrap import WIDTH

REPOSITORY = Path(__file__).parents[1]
INTEGRATION = REPOSITORY / "custom_components" / "moosicbox"
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
EXCLUDED = ("docs/", "tests/test_documentation", "custom_components/moosicbox/frontend/vendor/", "node_modules/")
SOURCES = {".py", ".js", ".mjs", ".ts", ".json", ".yaml", ".toml", ".ini", ".c", ""}
OUTSIDE = re.compile(r"[~/.]|https?:|(?:audio|image|text|application)/|media-source:|www/|\w+\.local")
"""Beginnings of paths that aren't in the repository: of a system, an address, a MIME type."""
PATH = re.compile(r"[\w.*{},-]+(?:/[\w.*{},-]*)+|[\w-]+\.(?:py|js|md|json|yaml|toml)")
NAME = re.compile(r"(?:[A-Za-z_]\w*[^\W_])(?:\.[A-Za-z_]\w*)*(?:\(.*\))?")
ROUTE = re.compile(r"(?:/api/moosicbox|\{API\}|\{_?BASE\})(/[^\s\"'`?#)]*)")
VERBATIM = re.compile(r"\s*(?:\||#|<|!\[|\S*$|[^`]*`[^`]*`\S*$)")
"""Tables, headings, HTML, and lines of one word or one piece of code, which can't be wrapped."""
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
INI_LINE = re.compile(r"#.*|\[\w+\]|\w+=(?!.* [A-Z]\w+=).*")
"""Lines of a systemd unit: a comment, a section, or one setting."""
GENERATED = {".demo", ".artifacts", ".venv", "player.py", "display.py", "node.toml", "library.db", "applause"}
"""Files that commands or readers create."""
SECTIONS = re.compile(r'((?:"[^"]{1,60}"(?:, | and )?)+) in (docs/[\w/-]+\.md)')
"""References of docstrings to sections of a page."""
UNLISTED = {"__init__.py", "__main__.py"}
WHOLE = re.compile(r"^actions/|handlers/|/library/\w+/|client/cli/|client/conformance/")
FOREIGN = {
    *("tts", "speak", "floor_id", "label_id", "continue_on_error", "cors_allowed_origins", "group_members"),
    *("ffplay", "AsyncRedisManager", "bind", "requirepass"),
}
"""Names of Home Assistant and of other programs."""


@cache
def source_files() -> tuple[Path, ...]:
    """Return all source files of the repository, without documentation and tests."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return tuple(
        path
        for name in listed
        if name and not name.startswith(EXCLUDED) and Path(name).suffix in SOURCES
        if (path := REPOSITORY / name).is_file()
    )


@cache
def text_of_sources() -> str:
    return "\n".join(path.read_text("utf-8", errors="ignore") for path in source_files())


@cache
def words() -> frozenset[str]:
    """Return all identifiers and words of the sources."""
    return frozenset(re.findall(r"[A-Za-z_]\w*", text_of_sources()))


@cache
def routes() -> frozenset[str]:
    """Return the routes of the sources, with `*` for each parameter."""
    return frozenset(re.sub(r"\{+\w+\}+", "*", route) for route in ROUTE.findall(text_of_sources()))


@cache
def members() -> dict[str, set[str]]:
    """Return the methods and attributes of each class of the Python code, by the class's name."""
    found: dict[str, set[str]] = {}
    for path in source_files():
        if path.suffix == ".py" and path.is_relative_to(INTEGRATION):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    names = found.setdefault(node.name, set())
                    names |= {base.id for base in node.bases if isinstance(base, ast.Name)}
                    names |= {
                        part.name for part in ast.walk(node) if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
                    }
                    names |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                    names |= {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    return found


def is_path(name: str, page: Path) -> bool:
    """Return whether a path, which may have wildcards, exists in the repository."""
    if any(part in GENERATED for part in Path(name).parts):
        return True
    pattern = re.sub(r"\{[^}]*\}", "*", name.rstrip("/"))
    roots = (REPOSITORY, INTEGRATION, INTEGRATION / "engine", INTEGRATION / "frontend", page.parent)
    if any(any(root.glob(pattern)) for root in roots):
        return True
    return "/" not in name and any(path.name == name for path in source_files())


def has_member(class_name: str, member: str) -> bool:
    """Return whether a class, or a class that it mentions, such as its base, has a member."""
    names = members()[class_name]
    return member in names or any(member in members()[other] for other in names & members().keys())


def problem(token: str, page: Path) -> str | None:
    """Return why a name in backticks doesn't exist, or `None`."""
    command, *_ = token.split(" ")
    if token.startswith("/api/moosicbox/"):
        route = re.sub(r"\{\w+\}", "*", re.sub(r"[?#].*", "", token.removeprefix("/api/moosicbox")))
        return None if any(known.startswith(route) for known in routes()) else "no route"
    if OUTSIDE.match(token):
        return None
    if token.startswith("moosicbox_") or token.removeprefix("moosicbox/") in words():
        return None  # Events are in tests/test_documents.py, and commands have no file.
    if command.startswith("script/") or PATH.fullmatch(token):
        return None if is_path(command, page) else "no file"
    if not NAME.fullmatch(token):
        return None
    parts = token.partition("(")[0].split(".")
    if len(parts) == 2 and parts[0] in members() and not has_member(*parts):
        return f"{parts[0]} has no {parts[1]}"
    missing = [part for part in parts if part not in words() and part not in FOREIGN]
    return f"not in the sources: {', '.join(missing)}" if missing else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_names_exist(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    tokens = {re.sub(r"\s+", " ", token) for token in re.findall(r"`([^`]+)`", text)}
    found = {token: reason for token in sorted(tokens) if (reason := problem(token, page)) is not None}
    assert found == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_prose_is_wrapped(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    long = [line for line in text.splitlines() if len(line) > WIDTH and not VERBATIM.match(line)]
    assert long == []


def fault_of(language: str, code: str) -> str | None:
    """Return the reason why a block of code isn't valid, `None` if it is or can't be checked."""
    try:
        match language:
            case "yaml":
                yaml.safe_load(code)
            case "json":
                json.loads(code)
            case "toml":
                tomllib.loads(code)
            case "python":
                compile(code, "page", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            case "ini":
                wrong = [line for line in code.splitlines() if line and not INI_LINE.fullmatch(line)]
                return wrong[0] if wrong else None
            case "sh":
                if any(line.endswith("\\ ") or re.search(r"\\ +\S", line) for line in code.splitlines()):
                    return "a backslash inside a line"
                shell = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True, check=False)  # noqa: S607
                return shell.stderr or None
    except (yaml.YAMLError, ValueError, SyntaxError) as error:
        return str(error)
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_code_blocks_are_valid(page: Path) -> None:
    blocks = BLOCK.findall(page.read_text("utf-8"))
    faults = [(code, fault) for _, language, code in blocks if (fault := fault_of(language, dedent(code))) is not None]
    assert faults == []


def test_invalid_code_blocks_are_found() -> None:
    for language, code in (
        ("yaml", "a: [1"),
        ("json", "{a}"),
        ("toml", "a ="),
        ("python", "def f(:"),
        ("ini", "[Unit] Description=A"),
        ("ini", "Restart=on-failure RestartSec=5"),
        ("sh", 'echo "'),
        ("sh", "env A=1 \\ true"),
    ):
        assert fault_of(language, code), code


def test_architecture_names_every_package_and_module() -> None:
    text = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    modules = [path.relative_to(INTEGRATION) for path in INTEGRATION.rglob("*.py") if path.name not in UNLISTED]
    packages = {f"{parent}/" for module in modules if (parent := module.parent.name)}
    # Some packages are described as a whole: each of their modules is one of a kind.
    listed = [module for module in modules if not WHOLE.search(str(module))]
    assert [name for name in sorted(packages) if f"{name}`" not in text] == []
    assert [str(module) for module in sorted(listed) if f"{module.name}`" not in text] == []


def test_sections_named_by_docstrings_exist() -> None:
    wrong = []
    for path in source_files():
        if path.suffix == ".py" and path.is_relative_to(INTEGRATION):
            text = re.sub(r"\s+", " ", path.read_text("utf-8"))
            for sections, page in SECTIONS.findall(text):
                headings = re.findall(r"^#+ (.+)$", (REPOSITORY / page).read_text("utf-8"), re.MULTILINE)
                wrong += [f"{path.name}: {name}" for name in re.findall(r'"([^"]+)"', sections) if name not in headings]
    assert wrong == []


def test_missing_names_are_found() -> None:
    page = REPOSITORY / "README.md"
    for token in ("engine/no_such_module.py", "script/no_such_command --x", "/api/moosicbox/nothing", "no_such_name"):
        assert problem(token, page), token
    assert problem("MoosicBoxClient.no_such_method", page) == "MoosicBoxClient has no no_such_method"
    for token in (
        "engine/limits.py",
        "engine/client/",
        "tests/golden/client/",
        "script/demo --once",
        "/api/moosicbox/ws",
    ):
        assert problem(token, page) is None, token
    assert problem("MoosicBoxClient.request", page) is None
