"""Secrets don't appear in logs, states and URLs."""

import json
import logging

from homeassistant.core import HomeAssistant
import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN
from tests.fixtures import BRASS, Connect, CreateToken, Lose
from tests.wire.client import Client, player, resume_of

from .actions import play


async def test_no_secret_of_a_players_life_is_logged(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    connect: Connect,
    create_token: CreateToken,
    hass_access_token: str,
    lose: Lose,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    token = await create_token("tester")
    client: Client = await connect()
    await client.authenticate(token, client=player("kitchen"))
    await (await connect()).authenticate(hass_access_token)
    await (await connect(headers={"Authorization": f"Bearer {token}"})).authenticate()
    await hass.async_block_till_done()
    await play(hass, BRASS)
    told = await client.until("synchronized_playback")
    await client.request("refresh", token=await create_token("tester"))
    await client.request("volume_command", volume=7, token=token)
    await lose(client)
    again = await connect()
    await again.authenticate(token, client=player("kitchen"), resume=resume_of(client))
    wrong = await connect()
    await wrong.send("authenticate", token=token[:-4] + "AAAA", client=player("kitchen"))
    await wrong.closed()
    await hass.services.async_call(DOMAIN, "revoke_token", {"sub": "tester"}, blocking=True)
    await again.closed()

    secrets = {
        "token": token.rpartition(".")[2][:-4],
        "access token": hass_access_token.rpartition(".")[2],
        "session's secret": client.welcome["secret"],
        "key": entry.runtime_data.secrets.keys.tokens[0].key.hex(),
        "secret": entry.runtime_data.secrets.secrets[0].key,
    }
    states = json.dumps([state.as_dict() for state in hass.states.async_all()], default=str)
    stream = told["track"]["stream_url"]
    # The storage of the test harness logs what it stores.
    records = [record for record in caplog.records if not record.name.startswith("pytest_homeassistant")]
    log = "\n".join(logging.Formatter().format(record) for record in records)
    for name, secret in secrets.items():
        assert secret not in log, f"the {name} is in the log"
        assert secret not in states, f"the {name} is in a state"
        assert secret not in stream, f"the {name} is in an address"
    assert stream.partition("authSig=")[2] not in states
    claims = jwt.decode(stream.partition("authSig=")[2], options={"verify_signature": False})
    assert client.welcome["session_id"] not in json.dumps(claims)


async def test_nothing_is_logged_as_a_warning_without_a_problem(
    hass: HomeAssistant, kitchen: Client, lose: Lose, caplog: pytest.LogCaptureFixture, entry: MockConfigEntry
) -> None:
    await play(hass, BRASS)
    await kitchen.request("juggle")
    await lose(kitchen)
    await hass.config_entries.async_unload(entry.entry_id)
    ours = [record for record in caplog.records if record.name.startswith("custom_components.moosicbox")]
    assert [record.getMessage() for record in ours if record.levelno >= logging.WARNING] == []
