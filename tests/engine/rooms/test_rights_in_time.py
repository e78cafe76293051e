"""Rights are those of the moment in which a command takes effect, not of the one in which it arrived."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    RoomKick,
    RoomPlay,
    RoomSetRole,
)
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import PermissionDenied, RefusedByRule, TrackNotFound
from custom_components.moosicbox.engine.protocol.household import Announce, SaveRule
from custom_components.moosicbox.engine.protocol.types import QueueItem
from custom_components.moosicbox.engine.sessions.session import Actor, Session
from tests.engine.fakes import Harness, of_type, principal, settle

ADA, BEN = principal("ada"), principal("ben")

type Command = QueueAdd | PlaybackCommand | RoomPlay

COMMANDS: tuple[Command, ...] = (
    QueueAdd(room_id="party", track_ids=("song",)),
    QueueAdd(room_id="party", track_ids=("song",), play=True),
    QueueAdd(room_id="party", media_content_id="test/song", play=True),
    QueueAdd(room_id="party", track_ids=("song",), play=True, op_id="one"),
    PlaybackCommand(room_id="party", command="play", track_id="song"),
    RoomPlay(room_id="party", track_id="song"),
)


@pytest.fixture
async def party() -> AsyncGenerator[Harness]:
    """A room of Ada that everyone controls, with Ben; finding media takes time."""
    harness = Harness()
    await harness.hub.start()
    host, _ = harness.connect(ADA, player_id="ada")
    guest, _ = harness.connect(BEN, player_id="ben")
    room = RoomCreate(name="Party", id="party", control="everyone")
    await harness.hub.dispatcher.execute(Actor(ADA, host), room)
    await harness.hub.dispatcher.execute(Actor(BEN, guest), RoomJoin(room_id="party"))
    harness.media.hold()
    yield harness
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def begin(party: Harness, command: Command) -> asyncio.Task[object]:
    """Let Ben send a command, which waits for its media."""
    (session,) = (session for session in party.hub.sessions if session.principal is BEN)
    running = asyncio.ensure_future(party.hub.dispatcher.execute(Actor(BEN, session), command))
    await settle()
    assert party.media.asked == ["test/song"]
    return running


async def decide(party: Harness, command: RoomKick | RoomSetRole) -> None:
    (session,) = (session for session in party.hub.sessions if session.principal is ADA)
    await party.hub.dispatcher.execute(Actor(ADA, session), command)


def queue(party: Harness) -> list[str]:
    return [item.track.track_id for item in party.hub.rooms.get("party", party.hub.system).playback.queue.items]


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_user_that_was_removed_meanwhile_adds_nothing(party: Harness, command: Command) -> None:
    running = await begin(party, command)
    (ben,) = (session.client_id for session in party.hub.sessions if session.principal is BEN)
    await decide(party, RoomKick(room_id="party", client_id=ben))
    party.media.release()
    with pytest.raises(PermissionDenied):
        await running
    assert queue(party) == []


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_role_that_was_taken_meanwhile_counts(party: Harness, command: Command) -> None:
    running = await begin(party, command)
    await decide(party, RoomSetRole(room_id="party", user_id="ben", role="listener"))
    party.media.release()
    with pytest.raises(PermissionDenied):
        await running
    assert queue(party) == []


@pytest.mark.parametrize(
    "command",
    [
        QueueAdd(player_id="cat", track_ids=("song",), play=True),
        PlaybackCommand(player_id="cat", command="play", track_id="song"),
    ],
)
async def test_hours_without_music_that_have_begun_meanwhile_count(party: Harness, command: Command) -> None:
    party.connect(BEN, player_id="cat")
    running = asyncio.ensure_future(party.hub.execute(command, BEN))
    await settle()
    party.hub.household.rules.save(SaveRule(name="Night", player_ids=("cat",), silent=True))
    party.media.release()
    with pytest.raises(RefusedByRule):
        await running
    assert len(party.hub.players.get("cat").solo_playback.queue) == 0


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_with_its_rights_is_executed(party: Harness, command: Command) -> None:
    running = await begin(party, command)
    party.media.release()
    await running
    assert queue(party) == ["song"]


def change(party: Harness, monkeypatch: pytest.MonkeyPatch, session: Session, **fields: object) -> None:
    """Replace fields of a session's principal, as if the issuer of its token had changed them."""
    monkeypatch.setattr(party.authentication, "verify_again", lambda found, _peer: replace(found, **fields))
    party.hub.sessions.verify_where(lambda each: each is session)


@pytest.mark.parametrize("fewer", [{"permissions": BEN.permissions - {"control"}}, {"rooms": frozenset({"other"})}])
async def test_rights_that_a_user_has_lost_meanwhile_count(
    party: Harness, monkeypatch: pytest.MonkeyPatch, fewer: dict[str, object]
) -> None:
    party.connect(BEN, player_id="dog")
    session, connection = party.connect(BEN, player_id="cat")
    party.say(session, QueueAdd(player_id="dog", track_ids=("song",), request_id="r"))
    await settle()
    change(party, monkeypatch, session, **fewer)
    party.media.release()
    await settle()
    assert len(party.hub.players.get("dog").solo_playback.queue) == 0
    assert [(each["request_id"], each["error_type"]) for each in of_type(connection.take(), "error")] == [
        ("r", "permission_denied")
    ]


async def test_an_announcement_needs_the_rights_of_its_time(party: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    party.connect(BEN, player_id="dog")
    session, connection = party.connect(BEN, player_id="cat")
    party.say(session, Announce(media_content_id="test/gong", player_ids=("dog",), request_id="r"))
    await settle()
    change(party, monkeypatch, session, permissions=BEN.permissions - {"control"})
    party.media.release()
    await settle()
    (error,) = of_type(connection.take(), "error")
    assert (error["request_id"], error["error_type"]) == ("r", "permission_denied")


async def test_a_lost_right_that_isnt_needed_stops_no_command(party: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    party.media.release()
    session, connection = party.connect(BEN, player_id="cat")
    party.say(session, QueueAdd(track_ids=("one", "two"), request_id="r1"))
    await settle()
    playback = party.hub.players.get("cat").solo_playback
    await forget_media(party, playback.queue.items[0])
    party.say(session, PlaybackCommand(command="play", request_id="r2"))
    party.say(session, QueueAdd(track_ids=("three",)))
    await settle()
    assert playback.timeline.state == "buffering"
    change(party, monkeypatch, session, permissions=BEN.permissions - {"chat"})
    party.media.release()
    await settle()
    assert (playback.timeline.state, of_type(connection.take(), "error")) == ("playing", [])
    assert [item.track.track_id for item in playback.queue.items] == ["one", "two", "three"]


async def test_an_item_starts_after_the_access_of_its_user_has_ended(party: Harness) -> None:
    party.media.release()
    party.connect(ADA, player_id="cat")
    session, _ = party.connect(BEN)
    await party.hub.execute(QueueAdd(player_id="cat", track_ids=("one", "two")), ADA)
    playback = party.hub.players.get("cat").solo_playback
    await forget_media(party, playback.queue.items[0])
    party.say(session, PlaybackCommand(player_id="cat", command="play", request_id="r"))
    await settle()
    assert playback.timeline.state == "buffering"
    party.hub.sessions.end(session, CloseCode.FORCED_OUT)
    await settle()
    party.media.release()
    await settle()
    assert playback.timeline.state == "playing"


async def forget_media(party: Harness, item: QueueItem) -> None:
    """Let the media of an item be unknown until the media are released."""
    party.media.missing.add(f"test/{item.track.track_id}")
    with pytest.raises(TrackNotFound):
        await party.hub.media_resolver.renew_stream_address(item)
    party.media.missing.clear()
    party.media.hold()


async def test_a_new_token_with_the_same_rights_cancels_nothing(
    party: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session,) = (session for session in party.hub.sessions if session.principal is BEN)
    party.say(session, QueueAdd(room_id="party", track_ids=("song",)))
    await settle()
    change(party, monkeypatch, session, credential="another")
    party.media.release()
    await settle()
    assert queue(party) == ["song"]
