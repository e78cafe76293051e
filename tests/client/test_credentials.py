"""The stored credentials of a pairing, and the exit codes of the program without what it needs."""

from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from custom_components.moosicbox.engine.client import credentials, pairing
from custom_components.moosicbox.engine.client.cli import context
from custom_components.moosicbox.engine.client.cli.app import app
from custom_components.moosicbox.engine.client.credentials import Credentials, CredentialsDamaged
from custom_components.moosicbox.engine.client.player.mpv import MpvError

PAIRED = Credentials(url="http://home.test:8123", token="secret", player_id="box-1", name="Box")
DAMAGED = [
    b"",
    b"\x00\x00\x00",
    b'{"url": "http://home.test:8123", "tok',
    b'{"url": "http://home.test:8123"}',
    b'{"url": 1, "token": 2, "player_id": 3, "name": 4}',
    b'{"url": "\xff", "token": "", "player_id": "", "name": ""}',
    b"[]",
]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of the credentials, which doesn't exist yet."""
    monkeypatch.setenv(credentials.FOLDER_VARIABLE, str(tmp_path))
    # The program keeps the options before the command here.
    for name, value in asdict(context.Options()).items():
        monkeypatch.setattr(context.options, name, value)
    return tmp_path / credentials.FILE


def test_saved_credentials_are_loaded(file: Path) -> None:
    assert credentials.load() is None
    assert credentials.save(PAIRED) == file
    assert credentials.load() == PAIRED
    credentials.delete()
    assert credentials.load() is None


@pytest.mark.parametrize("content", DAMAGED)
def test_damaged_credentials_have_an_error_of_their_own(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(CredentialsDamaged, match=r"credentials\.json are damaged"):
        credentials.load()


@pytest.mark.parametrize("command", [["player", "--output", "null"], ["rooms"]], ids=["player", "rooms"])
@pytest.mark.parametrize("content", [None, b"{"], ids=["missing", "damaged"])
def test_program_without_credentials_exits_with_4(file: Path, content: bytes | None, command: list[str]) -> None:
    if content is not None:
        file.write_bytes(content)
    result = CliRunner().invoke(app, command)
    assert (result.exit_code, "moosicbox pair" in " ".join(result.output.split())) == (4, True)


@pytest.mark.parametrize("url", ["ftp://home.test", "http://[home"])
@pytest.mark.parametrize("command", [["rooms"], ["pair", "ABCD"]], ids=["rooms", "pair"])
def test_program_with_a_wrong_address_exits_with_2(file: Path, url: str, command: list[str]) -> None:
    result = CliRunner().invoke(app, ["--url", url, "--token", "given", *command])
    assert (result.exit_code, "is no address of a Home Assistant" in result.output) == (2, True)


@pytest.mark.process  # It tries to start one.
def test_list_of_outputs_without_mpv_exits_with_1(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(file.parent))
    result = CliRunner().invoke(app, ["player", "--output", "list"])
    assert (result.exit_code, "Is mpv installed?" in result.output) == (1, True)
    assert not isinstance(result.exception, MpvError)


async def test_a_token_on_the_command_line_needs_no_credentials(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_bytes(b"{")
    monkeypatch.setattr(context, "options", context.Options(url="http://home.example:8123", token="given"))
    assert await context.find_hub() == ("http://home.example:8123", "given")
    assert context.saved_credentials() is None


def test_pairing_replaces_damaged_credentials(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pair(_url: str, _code: str, *, name: str, player_id: str) -> Credentials:
        assert player_id.startswith("box-")
        return PAIRED

    monkeypatch.setattr(pairing, "pair", pair)
    file.write_bytes(b"{")
    result = CliRunner().invoke(app, ["--url", PAIRED.url, "pair", "ABCD"])
    assert (result.exit_code, credentials.load()) == (0, PAIRED)
