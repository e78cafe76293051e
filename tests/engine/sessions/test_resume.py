"""Resume: complete or not at all, only by the same user, without topics that the newest token may not follow."""

from collections.abc import Callable

import msgspec
from msgspec import UNSET
import pytest

from custom_components.moosicbox.engine.access.authentication import Peer
from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.client import (
    Authenticate,
    ClientInfo,
    QueueAdd,
    QueueRemove,
    Resume,
    Unsubscribe,
)
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import Unavailable
from custom_components.moosicbox.engine.protocol.types import Position
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from custom_components.moosicbox.engine.sessions.session import Session
from tests.engine.fakes import Harness, of_type, principal, settle
from tests.engine.sessions.test_sessions import ADA, EVE, ROOT, cut, message, refused, resume_of


def test_a_resume_delivers_exactly_the_missed_messages() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, subscribe=("all", "user:ada"))
    connection.take()
    harness.hub.publish("all", message(1))
    resume = cut(harness, session)
    connection.take()
    harness.hub.publish("all", message(2))
    harness.hub.publish("user:ada", message(3))
    harness.hub.publish("all", message(4))
    harness.hub.publish("user:eve", message(5))
    again, connection = harness.connect(ADA, resume=resume)
    assert again is session
    welcome, *missed = connection.take()
    assert (welcome["resumed"], welcome["client_id"], welcome["secret"]) == (True, session.client_id, session.secret)
    assert welcome["positions"]["all"]["offset"] == 1
    assert sorted((each["topic"], each["offset"], each["data"]) for each in missed) == [
        ("all", 2, 2),
        ("all", 3, 4),
        ("user:ada", 1, 3),
    ]
    harness.hub.publish("all", message(6))
    assert [each["offset"] for each in connection.take()] == [4]


def test_current_states_come_after_missed_messages() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA, player_id="kitchen", subscribe=("all", "player:kitchen"))
    resume = cut(harness, session)
    harness.hub.publish("all", message(1))
    harness.hub.players.set_volume(harness.hub.players.get("kitchen"), 0.25, None)
    _, connection = harness.connect(ADA, player_id="kitchen", resume=resume)
    welcome, first, *states = connection.take()
    assert (welcome["resumed"], first["offset"]) == (True, 1)
    assert all(each["snapshot"] for each in states)
    assert {(each["topic"], each["type"]) for each in states} == {
        ("play:kitchen", "volume_update"),
        ("play:kitchen", "prepare"),
        ("player:kitchen", "playback_status"),
        ("player:kitchen", "volume_update"),
    }
    assert {each["volume"] for each in states if "volume" in each} == {0.25}


def test_topics_without_a_position_begin_with_a_snapshot() -> None:
    harness = Harness()
    harness.hub.players.add("kitchen", "Kitchen", "ada")
    session, _ = harness.connect(ADA, subscribe=("all", "player:kitchen"))
    harness.hub.publish("all", message(1))
    all_ = harness.hub.topics.position("all")
    harness.lose(session)
    resume = resume_of(harness, session, positions={"all": all_, "players": all_})
    again, connection = harness.connect(ADA, resume=resume)
    received = connection.take()
    assert received[0]["resumed"]
    assert set(received[0]["positions"]) == set(again.topics) == {"all", "player:kitchen"}
    assert "queue_updated" in [each["type"] for each in received]
    assert "player_list" not in [each["type"] for each in received]


@pytest.mark.parametrize(
    ("who", "limits"),
    [
        (ADA, Limits(max_connections_per_user=2)),
        (
            principal("guest:1", "listen", rooms=frozenset({"party"})),
            Limits(max_connections_per_guest=9, max_guests_per_room=2),
        ),
    ],
)
def test_resumed_sessions_count_as_connections(who: Principal, limits: Limits) -> None:
    """A user can't have twice as many by resuming sessions beside new ones."""
    harness = Harness(limits)
    if who.is_guest:
        room = harness.hub.rooms.create(RoomSettings(name="Party"), "party")
        harness.hub.rooms.admit(room, who.sub, "guest")
    cut_off = [harness.connect(who, subscribe=("rooms",))[0] for _ in range(2)]
    resumes = [cut(harness, session) for session in cut_off]
    new, _ = harness.connect(who)
    again, _ = harness.connect(who, resume=resumes[0])
    refusal = refused(harness, who, resume=resumes[1])
    assert (type(refusal.error), refusal.code) == (Unavailable, CloseCode.RATE_LIMITED)
    # It replaces its own connection, and the other one has its place later.
    assert harness.connect(who, resume=resume_of(harness, again))[0] is again
    harness.lose(new, ended=True)
    assert harness.connect(who, resume=resumes[1])[0] is cut_off[1]


def test_the_secret_suffices_for_a_resume() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA)
    assert harness.connect(None, resume=cut(harness, session))[0] is session


def test_a_resume_needs_a_token_after_the_old_one_has_expired() -> None:
    harness = Harness()
    session, _ = harness.connect(principal("ada", expires_at=harness.clock.utc().timestamp() + 5))
    resume = cut(harness, session)
    harness.pass_seconds(16)
    assert refused(harness, None, resume=resume).error.error_type == "authentication_failed"
    again, _ = harness.connect(ADA, resume=resume)
    assert again is session


def _other_secret(harness: Harness, session: Session) -> Resume:
    return resume_of(harness, session, secret="guessed")


def _other_session(harness: Harness, session: Session) -> Resume:
    return resume_of(harness, session, session_id="0" * 32)


def _other_epoch(harness: Harness, session: Session) -> Resume:
    return resume_of(harness, session, positions={"all": Position(epoch="before", offset=0)})


def _future(harness: Harness, session: Session) -> Resume:
    positions = {"all": Position(epoch=harness.hub.topics.epoch, offset=99)}
    return resume_of(harness, session, positions=positions)


def _too_much(harness: Harness, session: Session) -> Resume:
    resume = resume_of(harness, session)
    for _ in range(11):
        harness.hub.publish("all", message())
    return resume


def _too_old(harness: Harness, session: Session) -> Resume:
    resume = resume_of(harness, session)
    harness.hub.publish("all", message())
    harness.pass_seconds(60)
    return resume


@pytest.mark.parametrize(
    ("remember", "failure", "session_ends"),
    [
        (_other_secret, "session_unknown", False),
        (_other_session, "session_unknown", False),
        (_other_epoch, "epoch_changed", True),
        (_future, "position_expired", True),
        (_too_much, "window_exceeded", True),
        (_too_old, "position_expired", True),
    ],
)
def test_a_failed_resume_opens_a_new_session(
    remember: Callable[[Harness, Session], Resume], failure: str, session_ends: bool
) -> None:
    harness = Harness(Limits(history_messages=10, history_seconds=50))
    session, _ = harness.connect(ADA, subscribe=("all", "players"))
    harness.lose(session)
    resume = remember(harness, session)
    newer, connection = harness.connect(ADA, subscribe=("players",), resume=resume)
    welcome, *snapshots = connection.take()
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, failure)
    assert newer is not session
    assert {newer.client_id, newer.session_id, newer.secret}.isdisjoint(
        {session.client_id, session.session_id, session.secret}
    )
    assert list(newer.topics) == ["players"]
    assert [each["type"] for each in snapshots] == ["player_list"]
    assert (session in list(harness.hub.sessions)) is not session_ends


def test_the_session_of_another_user_cannot_be_resumed() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA)
    newer, connection = harness.connect(EVE, resume=cut(harness, session))
    assert connection.take()[0]["resume_failure"] == "session_unknown"
    assert newer is not session
    assert session.principal is ADA


def test_a_second_connection_that_resumes_replaces_the_first() -> None:
    harness = Harness()
    session, first = harness.connect(ADA, player_id="kitchen", subscribe=("all",))
    again, second = harness.connect(ADA, player_id="kitchen", resume=resume_of(harness, session))
    assert again is session
    assert first.closed is CloseCode.REPLACED
    first.take()
    second.take()
    harness.hub.publish("all", message())
    assert first.take() == []
    assert len(second.take()) == 1
    # The later end of the first connection has no effect.
    harness.hub.sessions.connection_lost(session, first, ended=True)
    assert session.connection is second
    assert harness.hub.players.get("kitchen").connected


def test_a_session_can_be_resumed_for_two_minutes() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA)
    resume = cut(harness, session)
    harness.pass_seconds(119)
    assert session in list(harness.hub.sessions)
    harness.pass_seconds(1)
    assert len(harness.hub.sessions) == 0
    _, connection = harness.connect(ADA, resume=resume)
    assert connection.take()[0]["resume_failure"] == "session_unknown"


def test_a_session_closed_by_the_client_ends_at_once() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA)
    ended: list[Session] = []
    harness.hub.sessions.ended.subscribe(ended.append)
    harness.lose(session, ended=True)
    assert ended == [session]
    assert len(harness.hub.sessions) == 0


def test_a_resume_with_fewer_permissions_drops_topics() -> None:
    harness = Harness()
    session, _ = harness.connect(ROOT, subscribe=("all", "permission:admin"))
    resume = cut(harness, session)
    harness.hub.publish("permission:admin", message("for administrators"))
    _, connection = harness.connect(principal("root"), resume=resume)
    assert [each["type"] for each in connection.take()] == ["welcome"]
    assert list(session.topics) == ["all"]
    assert harness.hub.publish("permission:admin", message()) == 0


def test_a_lost_position_opens_a_new_session_without_a_token_too() -> None:
    harness = Harness(Limits(history_messages=2))
    session, _ = harness.connect(ADA, subscribe=("all",))
    resume = cut(harness, session)
    for number in range(3):
        harness.hub.publish("all", message(number))
    _, connection = harness.connect(None, resume=resume)
    assert connection.take()[0]["resume_failure"] == "window_exceeded"


async def test_an_empty_prepare_is_a_current_state_too() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, player_id="kitchen")
    playback = harness.hub.players.get("kitchen").solo_playback
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_ids=("one", "two")))
    first, second = playback.queue.items
    await harness.hub.media_resolver.start(playback, first)
    await settle()
    assert of_type(connection.take(), "prepare")[-1]["queue_item_id"] == second.queue_item_id
    resume = cut(harness, session)
    await harness.hub.execute(QueueRemove(player_id="kitchen", queue_item_id=second.queue_item_id))
    _, connection = harness.connect(ADA, player_id="kitchen", resume=resume)
    assert [each["queue_item_id"] for each in of_type(connection.take(), "prepare")] == [None]


def test_players_added_and_removed_during_the_absence() -> None:
    harness = Harness()
    harness.hub.players.add("old", "Old", "ada")
    session, _ = harness.connect(ADA)
    resume = cut(harness, session)
    harness.hub.players.remove("old")
    harness.hub.players.add("new", "New", "ada")
    again, connection = harness.connect(ADA, resume=resume)
    welcome, *messages = connection.take()
    assert welcome["resumed"]
    assert "player:new" in welcome["positions"]
    assert "player:old" not in welcome["positions"]
    assert {message["type"] for message in messages if message["topic"] == "player:new"} >= {"playback_status"}
    harness.hub.players.set_volume(harness.hub.players.get("new"), 0.5, None)
    assert of_type(connection.take(), "volume_update")
    assert "player:new" in again.topics


def test_an_unsubscribed_player_stays_unsubscribed() -> None:
    harness = Harness()
    harness.hub.players.add("attic", "Attic", "root")
    session, _ = harness.connect(ADA)
    harness.say(session, Unsubscribe(topics=("player:attic",)))
    harness.connect(ADA, resume=cut(harness, session))
    assert "player:attic" not in session.topics


def test_a_new_player_with_an_old_id_begins_with_a_snapshot() -> None:
    harness = Harness()
    harness.hub.players.add("attic", "Attic", "root")
    session, _ = harness.connect(ADA)
    resume = cut(harness, session)
    harness.hub.players.remove("attic")
    harness.hub.players.add("attic", "Attic", "root")
    _, connection = harness.connect(ADA, resume=resume)
    snapshots = [each["type"] for each in connection.take() if each.get("topic") == "player:attic"]
    assert "queue_updated" in snapshots


async def test_the_secret_counts_while_tokens_cannot_be_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = Harness()
    session, _ = harness.connect(ADA)
    resume = cut(harness, session)

    async def away(_token: str, _peer: Peer) -> Principal:
        raise Unavailable("away")

    monkeypatch.setattr(harness.authentication, "authenticate_token", away)
    client = ClientInfo(name="Test", kind="controller")
    shown = Authenticate(token="any", client=client, resume=resume)
    assert await harness.hub.identity.identify(shown, Peer("127.0.0.1", None)) == (session.principal, UNSET)
    for worse in (msgspec.structs.replace(resume, secret="guessed"), None):
        with pytest.raises(Unavailable):
            await harness.hub.identity.identify(msgspec.structs.replace(shown, resume=worse), Peer("127.0.0.1", None))
