"""Notices for users that they have not requested."""

from pathlib import Path

import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import TopicMessage
from custom_components.moosicbox.engine.sessions.session import Actor
from tests.fixtures import BRASS, COPPER, Connect

from .client import Client, Message


@pytest.fixture
def notified(hub: Hub) -> list[tuple[str, str]]:
    """Collect the notices on Home Assistant's event bus: topic and text."""
    told: list[tuple[str, str]] = []

    def remember(actor: Actor, topic: str, message: TopicMessage) -> None:
        assert actor.principal is hub.system
        told.append((topic, getattr(message, "message", "")))

    hub.notified.subscribe(remember)
    return told


async def fails(client: Client) -> Message:
    """Report that the player can't play its item."""
    told = await client.until("synchronized_playback", command="play")
    item_id = told["queue_item_id"]
    await client.request("player_report", state="error", queue_item_id=item_id, position_seconds=0, at_us=0)
    return told


async def test_a_skipped_track_is_reported(
    kitchen: Client, connect: Connect, hass_access_token: str, notified: list[tuple[str, str]]
) -> None:
    """To the user who added it, to the player's page, and on Home Assistant's event bus."""
    asker = await connect()
    await asker.authenticate(hass_access_token)
    for song in BRASS, COPPER:
        await asker.request("queue_command", action="add", player_id="kitchen", media_content_id=song)
    await asker.request("playback_command", player_id="kitchen", command="play")
    await fails(kitchen)
    user_id = asker.welcome["user"]["id"]
    for client, topic in (asker, f"user:{user_id}"), (kitchen, f"client:{kitchen.welcome['client_id']}"):
        notice = await client.until("user_notification")
        assert (notice["level"], notice["topic"]) == ("warning", topic)
        assert notice["message"] == "Brass Morning can't be played on Kitchen and was skipped"
    assert notified == [(f"user:{user_id}", "Brass Morning can't be played on Kitchen and was skipped")]


async def test_a_deleted_file_is_skipped_and_reported(
    kitchen: Client, media_folder: Path, hub: Hub, notified: list[tuple[str, str]]
) -> None:
    for song in BRASS, COPPER:
        await kitchen.request("queue_command", action="add", media_content_id=song)
    (media_folder / Path(BRASS).name).unlink()
    hub.media_resolver._cache.drop(BRASS)
    await kitchen.request("playback_command", command="play")
    assert (await kitchen.until("synchronized_playback", command="play"))["track"]["title"] == "Copper Rain"
    assert [text for _, text in notified] == ["Brass Morning can't be played on Kitchen and was skipped"]
