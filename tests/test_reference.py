"""The protocol's reference: up to date, complete, and a schema that the real frames hold to."""

import json
from pathlib import Path
import re
from typing import Any

from jsonschema import Draft202012Validator
import pytest

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from script.protocol_reference.__main__ import FOLDER, TYPES, rendered_types, stale
from script.protocol_reference.messages import client_messages, server_messages
from script.protocol_reference.pages import render
from script.protocol_reference.schema import errors, schema
from script.protocol_reference.tables import anchor
from script.protocol_reference.texts import COMMON, Texts

TESTS = Path(__file__).parent
REPOSITORY = TESTS.parent
CLIENT, SERVER = client_messages(), server_messages()
TEXTS = Texts(lambda text: re.sub(r"{{.*?}}", "1", text))
SCHEMA = schema(CLIENT, SERVER, TEXTS)
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
NOT_TOLD = {
    *("close_timeout", "compression", "compress_local", "compression_threshold", "compression_level"),
    *("compression_window_bits", "media_cache", "cleanup_interval", "require_auth", "allowed_origins"),
    *("validate_csrf", "metrics", "rooms", "library_folders", "library_scan_interval", "trusted_keys"),
    *("library_measure_loudness", "trusted_issuer", "loudness", "loudness_preamp", "crossfade", "announcement_ducking"),
    *("library_online_lyrics", "media_sources"),
}
"""Limits that bound nothing that a client does."""


def frames(side: str) -> list[Any]:
    return [
        pytest.param(json.loads(path.read_text("utf-8")), id=path.stem)
        for path in sorted((TESTS / "golden" / side).glob("*.json"))
    ]


def validator(side: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{side}", "$defs": SCHEMA["$defs"]})


def test_it_is_up_to_date() -> None:
    files = render()
    assert stale(files) == [], "run script/reference"
    assert rendered_types(files) == TYPES.read_text("utf-8"), "run script/reference"


def test_types_of_the_browser_declare_every_message_and_record() -> None:
    lines = set(TYPES.read_text("utf-8").splitlines())
    for name, definition in SCHEMA["$defs"].items():
        side, _, message = name.partition(".")
        if "properties" in definition and side != "result":
            assert (f'  "{message}": {{' if message else f"export interface {side} {{") in lines, name


def test_check_finds_what_is_stale(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_text("x")
    (tmp_path / "same.md").write_text("y")
    assert stale({"same.md": "y", "new.md": "z"}, tmp_path) == ["new.md", "old.md"]


def test_every_field_is_explained_and_every_explanation_has_its_field() -> None:
    explained = {
        (side, name, field)
        for side, messages in TEXTS.messages.items()
        for name, text in messages.items()
        for field in text.fields
        if name != COMMON
    }
    missing, found = [], set()
    for title, definition in SCHEMA["$defs"].items():
        side, _, name = title.partition(".") if "." in title else ("record", "", title)
        if side == "result":
            # The answer of the request explains them.
            continue
        for field in definition.get("properties", {}):
            found.add((side, name, field))
            if field in ("type", "action", "op", "request_id", "topic", "snapshot") or title == "server.error":
                continue
            if field != "offset" and not TEXTS.field(side, name, field):
                missing.append(f"{title}.{field}")
    assert missing == []
    assert explained - found == set()


def test_every_text_has_its_message_and_every_error_code_and_limit_its_text() -> None:
    names = {
        "client": {message.name for message in CLIENT},
        "server": {message.name for message in SERVER},
        "record": {name for name in SCHEMA["$defs"] if "." not in name},
    }
    for side, messages in TEXTS.messages.items():
        assert messages.keys() - names[side] <= {COMMON}
        for text in messages.values():
            assert set(text.errors) <= TEXTS.errors.keys()
    assert TEXTS.errors.keys() == {error.error_type for error in errors()}
    assert TEXTS.close_codes.keys() == {code.value for code in CloseCode}
    assert TEXTS.limits.keys() == set(Limits.__dataclass_fields__) - NOT_TOLD


@pytest.mark.parametrize("name", [message.name for message in CLIENT + SERVER])
def test_every_message_has_its_section_and_an_example(name: str) -> None:
    pages = (FOLDER / page for page in ("client-messages.md", "hub-messages.md"))
    sections = [
        part for page in pages for part in page.read_text("utf-8").split("\n### ") if part.startswith(f"{name}\n")
    ]
    assert sections
    assert all("```json" in section for section in sections)


def test_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("frame", frames("client"))
def test_schema_takes_frames_of_clients(frame: dict[str, Any]) -> None:
    validator("ClientMessage").validate(frame)


@pytest.mark.parametrize("frame", frames("server"))
def test_schema_takes_frames_of_the_hub(frame: dict[str, Any]) -> None:
    validator("ServerMessage").validate(frame)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["why"]) for case in json.loads((TESTS / "golden/broken.json").read_text("utf-8"))],
)
def test_schema_refuses_what_the_hub_refuses(case: dict[str, Any]) -> None:
    assert not validator("ClientMessage").is_valid(case["frame"])


def test_asyncapi_names_every_message_once() -> None:
    document = json.loads((FOLDER / "asyncapi.json").read_text("utf-8"))
    messages = document["channels"]["session"]["messages"]
    named = {name for name in SCHEMA["$defs"] if name.startswith(("client.", "server."))}
    assert set(messages) == named
    used = [
        reference["$ref"].rpartition("/")[2]
        for operation in document["operations"].values()
        for reference in operation["messages"]
    ]
    assert sorted(used) == sorted(named)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, heading = target.partition("#")
        if "://" in target:
            continue
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            assert heading in {anchor(re.sub(r"[`*]", "", text)) for text in headings}, target
