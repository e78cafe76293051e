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
from custom_components.moosicbox.engine.sessions.session import Session
from tests.engine.fakes import House, of_type, principal, settle
from tests.engine.sessions.test_sessions import ADA, EVE, ROOT, cut, message, refused, resume_of


def test_a_resume_delivers_exactly_the_missed_messages() -> None:
    house = House()
    session, connection = house.connect(ADA, subscribe=("all", "user:ada"))
    connection.take()
    house.hub.publish("all", message(1))
    resume = cut(house, session)
    connection.take()
    house.hub.publish("all", message(2))
    house.hub.publish("user:ada", message(3))
    house.hub.publish("all", message(4))
    house.hub.publish("user:eve", message(5))
    again, connection = house.connect(ADA, resume=resume)
    assert again is session
    welcome, *missed = connection.take()
    assert (welcome["resumed"], welcome["client_id"], welcome["secret"]) == (True, session.client_id, session.secret)
    assert welcome["positions"]["all"]["offset"] == 1
    assert sorted((each["topic"], each["offset"], each["data"]) for each in missed) == [
        ("all", 2, 2),
        ("all", 3, 4),
        ("user:ada", 1, 3),
    ]
    house.hub.publish("all", message(6))
    assert [each["offset"] for each in connection.take()] == [4]


def test_current_states_come_after_missed_messages() -> None:
    house = House()
    session, _ = house.connect(ADA, player_id="kitchen", subscribe=("all", "player:kitchen"))
    resume = cut(house, session)
    house.hub.publish("all", message(1))
    house.hub.players.set_volume(house.hub.players.get("kitchen"), 0.25, None)
    _, connection = house.connect(ADA, player_id="kitchen", resume=resume)
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
    house = House()
    house.hub.players.add("kitchen", "Kitchen", "ada")
    session, _ = house.connect(ADA, subscribe=("all", "player:kitchen"))
    house.hub.publish("all", message(1))
    all_ = house.hub.topics.position("all")
    house.lose(session)
    resume = resume_of(house, session, positions={"all": all_, "players": all_})
    again, connection = house.connect(ADA, resume=resume)
    received = connection.take()
    assert received[0]["resumed"]
    assert set(received[0]["positions"]) == set(again.topics) == {"all", "player:kitchen"}
    assert "queue_updated" in [each["type"] for each in received]
    assert "player_list" not in [each["type"] for each in received]


def test_the_secret_suffices_for_a_resume() -> None:
    house = House()
    session, _ = house.connect(ADA)
    assert house.connect(None, resume=cut(house, session))[0] is session


def test_a_resume_needs_a_token_after_the_old_one_has_expired() -> None:
    house = House()
    session, _ = house.connect(principal("ada", expires_at=house.clock.utc().timestamp() + 5))
    resume = cut(house, session)
    house.pass_seconds(16)
    assert refused(house, None, resume=resume).error.error_type == "authentication_failed"
    again, _ = house.connect(ADA, resume=resume)
    assert again is session


def _other_secret(house: House, session: Session) -> Resume:
    return resume_of(house, session, secret="guessed")


def _other_session(house: House, session: Session) -> Resume:
    return resume_of(house, session, session_id="0" * 32)


def _other_epoch(house: House, session: Session) -> Resume:
    return resume_of(house, session, positions={"all": Position(epoch="before", offset=0)})


def _future(house: House, session: Session) -> Resume:
    positions = {"all": Position(epoch=house.hub.topics.epoch, offset=99)}
    return resume_of(house, session, positions=positions)


def _too_much(house: House, session: Session) -> Resume:
    resume = resume_of(house, session)
    for _ in range(11):
        house.hub.publish("all", message())
    return resume


def _too_old(house: House, session: Session) -> Resume:
    resume = resume_of(house, session)
    house.hub.publish("all", message())
    house.pass_seconds(60)
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
    remember: Callable[[House, Session], Resume], failure: str, session_ends: bool
) -> None:
    house = House(Limits(history_messages=10, history_seconds=50))
    session, _ = house.connect(ADA, subscribe=("all", "players"))
    house.lose(session)
    resume = remember(house, session)
    newer, connection = house.connect(ADA, subscribe=("players",), resume=resume)
    welcome, *snapshots = connection.take()
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, failure)
    assert newer is not session
    assert {newer.client_id, newer.session_id, newer.secret}.isdisjoint(
        {session.client_id, session.session_id, session.secret}
    )
    assert list(newer.topics) == ["players"]
    assert [each["type"] for each in snapshots] == ["player_list"]
    assert (session in list(house.hub.sessions)) is not session_ends


def test_the_session_of_another_user_cannot_be_resumed() -> None:
    house = House()
    session, _ = house.connect(ADA)
    newer, connection = house.connect(EVE, resume=cut(house, session))
    assert connection.take()[0]["resume_failure"] == "session_unknown"
    assert newer is not session
    assert session.principal is ADA


def test_a_second_connection_that_resumes_replaces_the_first() -> None:
    house = House()
    session, first = house.connect(ADA, player_id="kitchen", subscribe=("all",))
    again, second = house.connect(ADA, player_id="kitchen", resume=resume_of(house, session))
    assert again is session
    assert first.closed is CloseCode.REPLACED
    first.take()
    second.take()
    house.hub.publish("all", message())
    assert first.take() == []
    assert len(second.take()) == 1
    # The later end of the first connection has no effect.
    house.hub.sessions.connection_lost(session, first, ended=True)
    assert session.connection is second
    assert house.hub.players.get("kitchen").connected


def test_a_session_can_be_resumed_for_two_minutes() -> None:
    house = House()
    session, _ = house.connect(ADA)
    resume = cut(house, session)
    house.pass_seconds(119)
    assert session in list(house.hub.sessions)
    house.pass_seconds(1)
    assert len(house.hub.sessions) == 0
    _, connection = house.connect(ADA, resume=resume)
    assert connection.take()[0]["resume_failure"] == "session_unknown"


def test_a_session_closed_by_the_client_ends_at_once() -> None:
    house = House()
    session, _ = house.connect(ADA)
    ended: list[Session] = []
    house.hub.sessions.ended.subscribe(ended.append)
    house.lose(session, ended=True)
    assert ended == [session]
    assert len(house.hub.sessions) == 0


def test_a_resume_with_fewer_permissions_drops_topics() -> None:
    house = House()
    session, _ = house.connect(ROOT, subscribe=("all", "permission:admin"))
    resume = cut(house, session)
    house.hub.publish("permission:admin", message("for administrators"))
    _, connection = house.connect(principal("root"), resume=resume)
    assert [each["type"] for each in connection.take()] == ["welcome"]
    assert list(session.topics) == ["all"]
    assert house.hub.publish("permission:admin", message()) == 0


def test_a_lost_position_opens_a_new_session_without_a_token_too() -> None:
    house = House(Limits(history_messages=2))
    session, _ = house.connect(ADA, subscribe=("all",))
    resume = cut(house, session)
    for number in range(3):
        house.hub.publish("all", message(number))
    _, connection = house.connect(None, resume=resume)
    assert connection.take()[0]["resume_failure"] == "window_exceeded"


async def test_an_empty_prepare_is_a_current_state_too() -> None:
    house = House()
    session, connection = house.connect(ADA, player_id="kitchen")
    playback = house.hub.players.get("kitchen").solo_playback
    await house.hub.execute(QueueAdd(player_id="kitchen", track_ids=("one", "two")))
    first, second = playback.queue.items
    await house.hub.media_resolver.start(playback, first)
    await settle()
    assert of_type(connection.take(), "prepare")[-1]["queue_item_id"] == second.queue_item_id
    resume = cut(house, session)
    await house.hub.execute(QueueRemove(player_id="kitchen", queue_item_id=second.queue_item_id))
    _, connection = house.connect(ADA, player_id="kitchen", resume=resume)
    assert [each["queue_item_id"] for each in of_type(connection.take(), "prepare")] == [None]


def test_players_added_and_removed_during_the_absence() -> None:
    house = House()
    house.hub.players.add("old", "Old", "ada")
    session, _ = house.connect(ADA)
    resume = cut(house, session)
    house.hub.players.remove("old")
    house.hub.players.add("new", "New", "ada")
    again, connection = house.connect(ADA, resume=resume)
    welcome, *messages = connection.take()
    assert welcome["resumed"]
    assert "player:new" in welcome["positions"]
    assert "player:old" not in welcome["positions"]
    assert {message["type"] for message in messages if message["topic"] == "player:new"} >= {"playback_status"}
    house.hub.players.set_volume(house.hub.players.get("new"), 0.5, None)
    assert of_type(connection.take(), "volume_update")
    assert "player:new" in again.topics


def test_an_unsubscribed_player_stays_unsubscribed() -> None:
    house = House()
    house.hub.players.add("attic", "Attic", "root")
    session, _ = house.connect(ADA)
    house.say(session, Unsubscribe(topics=("player:attic",)))
    house.connect(ADA, resume=cut(house, session))
    assert "player:attic" not in session.topics


def test_a_new_player_with_an_old_id_begins_with_a_snapshot() -> None:
    house = House()
    house.hub.players.add("attic", "Attic", "root")
    session, _ = house.connect(ADA)
    resume = cut(house, session)
    house.hub.players.remove("attic")
    house.hub.players.add("attic", "Attic", "root")
    _, connection = house.connect(ADA, resume=resume)
    snapshots = [each["type"] for each in connection.take() if each.get("topic") == "player:attic"]
    assert "queue_updated" in snapshots


async def test_the_secret_counts_while_tokens_cannot_be_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    session, _ = house.connect(ADA)
    resume = cut(house, session)

    async def away(_token: str, _peer: Peer) -> Principal:
        raise Unavailable("away")

    monkeypatch.setattr(house.authentication, "authenticate_token", away)
    client = ClientInfo(name="Test", kind="controller")
    shown = Authenticate(token="any", client=client, resume=resume)
    assert await house.hub.identity.identify(shown, Peer("127.0.0.1", None)) == (session.principal, UNSET)
    for worse in (msgspec.structs.replace(resume, secret="guessed"), None):
        with pytest.raises(Unavailable):
            await house.hub.identity.identify(msgspec.structs.replace(shown, resume=worse), Peer("127.0.0.1", None))
