"""Home Assistant's dialogs for adding speakers, answered as a person would."""

import asyncio
from collections.abc import Collection
from typing import Final, NamedTuple

from .client import ApiError, HomeAssistantClient, Json

FLOWS: Final = "/api/config/config_entries/flow"
SUBENTRY_FLOWS: Final = "/api/config/config_entries/subentries/flow"
TIMEOUT: Final = 60.0


class AddedSpeaker(NamedTuple):
    """A speaker that is connected."""

    entity_id: str
    player_id: str


async def add_snapcast(client: HomeAssistantClient, entry_id: str) -> AddedSpeaker:
    """Add a Snapcast client that has connected and was offered. Raise ApiError if it can't be added."""
    before = {player.entity_id for player in await _players(client, entry_id)}
    async with asyncio.timeout(TIMEOUT), client.websocket() as websocket:
        while (found := _discovered(await websocket.command("config_entries/flow/progress"))) is None:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.2)
    await _finish(client, FLOWS, await client.post(f"{FLOWS}/{found['flow_id']}", {}))
    return await _new_player(client, entry_id, before)


async def add_sendspin(client: HomeAssistantClient, entry_id: str, url: str) -> AddedSpeaker:
    """Add a Sendspin speaker that listens at an address, without pairing. Raise ApiError if it can't be added."""
    before = {player.entity_id for player in await _players(client, entry_id)}
    flow = await client.post(SUBENTRY_FLOWS, {"handler": [entry_id, "speaker"]})
    flow = await client.post(f"{SUBENTRY_FLOWS}/{flow['flow_id']}", {"address": url})
    await _finish(client, SUBENTRY_FLOWS, flow)
    return await _new_player(client, entry_id, before)


def _discovered(flows: list[Json]) -> Json | None:
    """Return the dialog of a speaker that has connected by itself."""
    ours = (flow for flow in flows if flow["handler"] == "moosicbox")
    return next((flow for flow in ours if flow["context"]["source"] == "integration_discovery"), None)


async def _finish(client: HomeAssistantClient, path: str, flow: Json) -> None:
    """Answer the steps of adding a speaker until it is added. Raise ApiError if it can't be."""
    async with asyncio.timeout(TIMEOUT):
        while flow["type"] != "abort":
            if flow["type"] == "menu":
                flow = await client.post(f"{path}/{flow['flow_id']}", {"next_step_id": "trust"})
            else:
                await asyncio.sleep(0.2)
                try:
                    flow = await client.get(f"{path}/{flow['flow_id']}")
                except ApiError:
                    # A dialog that has ended is gone; the entity tells whether the speaker was added.
                    return
    if flow["reason"] != "speaker_added":
        raise ApiError(f"a speaker couldn't be added: {flow['reason']}")


async def _new_player(client: HomeAssistantClient, entry_id: str, before: Collection[str]) -> AddedSpeaker:
    """Return the player that wasn't there before, as soon as it is connected."""
    async with asyncio.timeout(TIMEOUT):
        while not (new := [one for one in await _players(client, entry_id) if one.entity_id not in before]):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    (player,) = new
    await client.wait_for_state(player.entity_id, lambda state: state["state"] != "unavailable")
    return player


async def _players(client: HomeAssistantClient, entry_id: str) -> list[AddedSpeaker]:
    """Return the players of speakers; their ids begin with the name of the protocol."""
    async with client.websocket() as websocket:
        entities = await websocket.command("config/entity_registry/list")
    return [
        AddedSpeaker(entity["entity_id"], entity["unique_id"])
        for entity in entities
        if entity["config_entry_id"] == entry_id and entity["entity_id"].startswith("media_player.")
    ]
