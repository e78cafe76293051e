"""docs/extension.md: its example runs in a real Home Assistant, and the names in it exist."""

from importlib import import_module
import logging
from operator import attrgetter
from pathlib import Path
import re
import sys

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockModule, mock_integration

from custom_components.moosicbox.engine import api
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, Connect, CreateToken
from tests.test_repository import REPOSITORY
from tests.wire.client import Client

PAGE = (REPOSITORY / "docs" / "extension.md").read_text("utf-8")


def example() -> str:
    found = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(found) == 1
    code: str = found[0]
    return code


@pytest.fixture(autouse=True)
async def applause(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The example of the page, set up as an integration."""
    (file := tmp_path / "applause_example.py").write_text(example(), "utf-8")
    monkeypatch.syspath_prepend(file.parent)
    monkeypatch.delitem(sys.modules, file.stem, raising=False)
    module = import_module(file.stem)
    mock_integration(hass, MockModule("applause", dependencies=["moosicbox"], async_setup=module.async_setup))
    assert await async_setup_component(hass, "applause", {})


def test_documented_names_exist(hub: Hub) -> None:
    for path in re.findall(r"`(?:await )?hub\.([a-z_.]+)", PAGE):
        attrgetter(path)(hub)
    for name in re.findall(r"`([A-Z][A-Za-z]+)[`(]", PAGE):
        assert name in ("None", "PlayerInfo") or hasattr(api, name), name


def test_the_example_is_short() -> None:
    body = example().partition("class ")[2]
    assert len([line for line in body.splitlines() if line.strip()]) <= 30


async def test_all_clients_receive_the_applause(kitchen: Client, controller: Client) -> None:
    answer = await controller.request("applause", strength=3)
    assert answer["data"] == {"recipients": 2}
    heard = await kitchen.until("message")
    assert (heard["event"], heard["data"]) == ("applause", {"by": "tester", "strength": 3})


async def test_the_model_validates_the_message(controller: Client) -> None:
    answer = await controller.request("applause", strength=11)
    assert (answer["error_type"], answer["path"]) == ("invalid_message", ["strength"])


async def test_the_permission_is_required(connect: Connect, create_token: CreateToken) -> None:
    client = await connect()
    await client.authenticate(await create_token(permissions=["play"]))
    assert (await client.request("applause"))["error_type"] == "permission_denied"


async def test_the_rate_limit_applies(controller: Client) -> None:
    answers = [await controller.request("applause") for _ in range(6)]
    assert answers[-1]["error_type"] == "rate_limit_exceeded"


async def test_new_participants_are_greeted(controller: Client) -> None:
    await controller.request("room_command", action="create", name="Party", id="party")
    welcome = await controller.until("message", topic="room:party")
    assert (welcome["event"], welcome["data"]) == ("welcome", "Hello, tester!")


async def test_tracks_are_logged(kitchen: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    await kitchen.request("playback_command", command="play")
    assert "Kitchen plays Brass Morning" in caplog.text
