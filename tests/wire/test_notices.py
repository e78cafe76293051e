"""What people are told without having asked."""

from pathlib import Path

import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import TopicMessage
from custom_components.moosicbox.engine.sessions.session import Actor
from tests.fixtures import BRASS, COPPER, Connect

from .client import Client, Message


@pytest.fixture
def notified(hub: Hub) -> list[tuple[str, str]]:
    """What goes to the house's bus: topic and text."""
    told: list[tuple[str, str]] = []

    def remember(actor: Actor, topic: str, message: TopicMessage) -> None:
        assert actor.principal is hub.system
        told.append((topic, getattr(message, "message", "")))

    hub.notified.subscribe(remember)
    return told


async def fails(client: Client) -> Message:
    """The player can't play what it is told to play."""
    told = await client.until("synchronized_playback", command="play")
    item_id = told["queue_item_id"]
    await client.request("player_report", state="error", queue_item_id=item_id, position_seconds=0, at_us=0)
    return told


async def test_a_song_that_was_passed_over(
    kitchen: Client, connect: Connect, hass_access_token: str, notified: list[tuple[str, str]]
) -> None:
    """Whoever added it and the player's page learn of it; so does the house."""
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


async def test_media_that_is_gone(
    kitchen: Client, media_folder: Path, hub: Hub, notified: list[tuple[str, str]]
) -> None:
    """A deleted file is skipped, too."""
    for song in BRASS, COPPER:
        await kitchen.request("queue_command", action="add", media_content_id=song)
    (media_folder / Path(BRASS).name).unlink()
    hub.media_resolver._cache.drop(BRASS)
    await kitchen.request("playback_command", command="play")
    assert (await kitchen.until("synchronized_playback", command="play"))["track"]["title"] == "Copper Rain"
    assert [text for _, text in notified] == ["Brass Morning can't be played on Kitchen and was skipped"]
