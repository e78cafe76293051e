"""Sessions: coming, resuming whole or not at all, being replaced, expiring, going."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.client import Resume
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.engine.protocol.types import Position
from custom_components.moosicbox.engine.session import Refused, Session
from tests.engine.fakes import EPOCH, FakeConnection, House, of_type, principal

ADA, EVE, ROOT = principal("ada"), principal("eve"), principal("root", role="admin")


def message(data: Any = None) -> CustomMessage:
    return CustomMessage(event="e", data=data)


def resume_of(house: House, session: Session, **changes: Any) -> Resume:
    """What the client remembers when its connection breaks now."""
    positions = {topic: house.hub.topics.position(topic) for topic in session.topics}
    known = {"session_id": session.session_id, "secret": session.secret, "positions": positions}
    return Resume(**(known | changes))


def cut(house: House, session: Session) -> Resume:
    resume = resume_of(house, session)
    house.lose(session)
    return resume


def refused(house: House, *args: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        house.connect(*args, **kwargs)
    return refusal.value


# ------------------------------------------------------------ coming


def test_welcome() -> None:
    house = House()
    session, connection = house.connect(ADA, subscribe=("all", "players"), request_id="r1")
    welcome = connection.take()[0]
    assert welcome == {
        "type": "welcome",
        "request_id": "r1",
        "client_id": session.client_id,
        "session_id": session.session_id,
        "secret": session.secret,
        "resumed": False,
        "user": {"id": "ada", "name": "Ada"},
        "permissions": sorted(ADA.permissions),
        "positions": {topic: {"epoch": house.hub.topics.epoch, "offset": 0} for topic in ("all", "players")},
        "server_time_us": house.clock.now_us(),
    }


def test_welcome_says_when_the_token_expires() -> None:
    house = House()
    _, connection = house.connect(principal("ada", expires_at=EPOCH.timestamp() + 3_600))
    assert connection.take()[0]["expires_at"] == "2026-11-23T01:00:00.000Z"


def test_no_token_no_entry() -> None:
    house = House()
    refusal = refused(house, None)
    assert (refusal.error.error_type, refusal.code) == ("authentication_failed", CloseCode.AUTHENTICATION_FAILED)
    assert len(house.hub.sessions) == 0


def test_default_topics() -> None:
    house = House()
    house.hub.players.add("kitchen", "Kitchen", "ada")
    session, _ = house.connect(principal("ada", "listen", "chat"))
    assert list(session.topics) == [
        "all",
        "user:ada",
        f"client:{session.client_id}",
        "permission:chat",
        "permission:listen",
        "players",
        "rooms",
        "presence",
        "player:kitchen",
    ]


def test_what_one_may_not_see_is_left_out() -> None:
    house = House()
    session, _ = house.connect(ADA, subscribe=("all", "user:eve", "permission:admin", "players", "all"))
    assert list(session.topics) == ["all", "players"]


def test_a_room_limited_guest_hears_of_nothing_else() -> None:
    house = House()
    house.hub.players.add("kitchen", "Kitchen", "ada")
    guest = principal("guest:1", "listen", "chat", rooms=frozenset({"garden"}))
    session, _ = house.connect(guest)
    assert set(session.topics) == {"user:guest:1", f"client:{session.client_id}", "rooms"}


def test_ids_and_secrets_are_never_the_same() -> None:
    house = House()
    sessions = [house.connect(ADA, subscribe=())[0] for _ in range(20)]
    for value in ("client_id", "session_id", "secret"):
        assert len({getattr(session, value) for session in sessions}) == 20


# ------------------------------------------------------------ players


def test_a_player_follows_its_play_topic() -> None:
    house = House()
    session, connection = house.connect(ADA, player_id="kitchen", subscribe=("all",))
    assert list(session.topics) == ["play:kitchen", "all"]
    assert house.hub.players.get("kitchen").available
    assert of_type(connection.take(), "volume_update")[0]["topic"] == "play:kitchen"


def test_a_player_needs_the_right_to_be_one() -> None:
    house = House()
    refusal = refused(house, principal("ada", "listen"), player_id="kitchen")
    assert (refusal.error.error_type, refusal.code) == ("permission_denied", CloseCode.AUTHENTICATION_FAILED)
    assert house.hub.players.find("kitchen") is None


def test_a_player_id_belongs_to_who_used_it_first() -> None:
    house = House()
    session, _ = house.connect(ADA, player_id="kitchen")
    refusal = refused(house, EVE, player_id="kitchen")
    assert (refusal.error.error_type, refusal.code) == ("permission_denied", CloseCode.AUTHENTICATION_FAILED)
    assert session.connection is not None
    house.lose(session, ended=True)
    refused(house, EVE, player_id="kitchen")


def test_an_administrator_may_take_a_player_over() -> None:
    house = House()
    _, connection = house.connect(ADA, player_id="kitchen")
    house.connect(ROOT, player_id="kitchen")
    assert connection.closed is CloseCode.REPLACED
    assert house.hub.players.get("kitchen").owner == "ada"


def test_the_newest_connection_is_the_player() -> None:
    house = House()
    older, connection = house.connect(ADA, player_id="kitchen")
    newer, _ = house.connect(ADA, player_id="kitchen")
    assert connection.closed is CloseCode.REPLACED
    assert older not in list(house.hub.sessions)
    player = house.hub.players.get("kitchen")
    assert player.client_id == newer.client_id
    assert (player.present, player.available) == (True, True)
    house.pass_seconds(60)
    assert player.available


def test_players_a_user_may_have() -> None:
    house = House(Limits(max_players_per_user=2))
    for player_id in ("a", "b"):
        house.connect(ADA, player_id=player_id)
    assert refused(house, ADA, player_id="c").error.error_type == "unavailable"
    house.connect(ADA, player_id="a")
    house.connect(EVE, player_id="c")


def test_a_short_absence_is_not_noticed() -> None:
    house = House()
    session, _ = house.connect(ADA, player_id="kitchen")
    player = house.hub.players.get("kitchen")
    resume = cut(house, session)
    house.pass_seconds(7.9)
    assert (player.present, player.available) == (False, True)
    house.connect(ADA, player_id="kitchen", resume=resume)
    house.pass_seconds(60)
    assert player.available


def test_a_long_absence_is() -> None:
    house = House()
    session, _ = house.connect(ADA, player_id="kitchen")
    player = house.hub.players.get("kitchen")
    cut(house, session)
    house.pass_seconds(8)
    assert not player.available


# ------------------------------------------------------------ resuming


def test_resumes_with_exactly_what_was_missed() -> None:
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


def test_the_newest_states_come_last() -> None:
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
        ("player:kitchen", "playback_status"),
        ("player:kitchen", "volume_update"),
    }
    assert {each["volume"] for each in states} == {0.25}


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


def test_resume_without_a_token() -> None:
    house = House()
    session, _ = house.connect(ADA)
    assert house.connect(None, resume=cut(house, session))[0] is session


def test_resume_needs_a_token_once_the_old_one_has_expired() -> None:
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
def test_what_cannot_be_resumed_begins_anew(
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


def test_nobody_resumes_the_session_of_somebody_else() -> None:
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
    # The end of the first connection is no news any more.
    house.hub.sessions.lose(session, first, ended=True)
    assert session.connection is second
    assert house.hub.players.get("kitchen").present


def test_a_session_waits_two_minutes() -> None:
    house = House()
    session, _ = house.connect(ADA)
    resume = cut(house, session)
    house.pass_seconds(119)
    assert session in list(house.hub.sessions)
    house.pass_seconds(1)
    assert len(house.hub.sessions) == 0
    _, connection = house.connect(ADA, resume=resume)
    assert connection.take()[0]["resume_failure"] == "session_unknown"


def test_a_client_that_says_goodbye_is_gone_at_once() -> None:
    house = House()
    session, _ = house.connect(ADA)
    ended: list[Session] = []
    house.hub.sessions.ended.subscribe(ended.append)
    house.lose(session, ended=True)
    assert ended == [session]
    assert len(house.hub.sessions) == 0


def test_less_rights_on_resume_take_topics_away() -> None:
    house = House()
    session, _ = house.connect(ROOT, subscribe=("all", "permission:admin"))
    resume = cut(house, session)
    house.connect(principal("root"), resume=resume)
    assert list(session.topics) == ["all"]
    assert house.hub.publish("permission:admin", message()) == 0


# ------------------------------------------------------------ staying


def test_a_token_that_expires_ends_the_session() -> None:
    house = House()
    session, connection = house.connect(principal("ada", expires_at=house.clock.utc().timestamp() + 60))
    house.pass_seconds(69)
    assert connection.closed is None
    house.pass_seconds(1.1)
    assert connection.closed is CloseCode.TOKEN_EXPIRED
    assert session not in list(house.hub.sessions)


def test_a_refreshed_token_does_not() -> None:
    house = House()
    now = house.clock.utc().timestamp()
    session, connection = house.connect(principal("ada", expires_at=now + 60))
    house.pass_seconds(50)
    house.hub.sessions.renew(session, principal("ada", expires_at=now + 600))
    house.pass_seconds(100)
    assert connection.closed is None
    house.hub.sessions.renew(session, ADA)
    house.pass_seconds(10_000)
    assert connection.closed is None


def test_less_rights_take_topics_away_and_say_so() -> None:
    house = House()
    session, connection = house.connect(ADA, subscribe=("all", "library", "players", "user:ada"))
    connection.take()
    house.hub.sessions.renew(session, principal("ada", "listen"))
    assert connection.take() == [{"type": "unsubscribed", "topics": ["library"], "reason": "permissions"}]
    assert list(session.topics) == ["all", "players", "user:ada"]
    assert house.hub.publish("library", message()) == 0


# ------------------------------------------------------------ going


def test_ends_those_who_match() -> None:
    house = House()
    _, ada = house.connect(ADA)
    _, eve = house.connect(EVE)
    ended = house.hub.sessions.end_where(
        lambda session: session.principal.sub == "ada", CloseCode.FORCED_OUT, "Revoked"
    )
    assert (ended, ada.closed, eve.closed) == (1, CloseCode.FORCED_OUT, None)


def test_an_ended_session_leaves_nothing_behind() -> None:
    house = House()
    topics = len(house.hub.topics)
    session, connection = house.connect(ADA, player_id="kitchen")
    house.hub.sessions.end(session, CloseCode.FORCED_OUT)
    house.hub.sessions.end(session, CloseCode.FORCED_OUT)
    assert connection.closed is CloseCode.FORCED_OUT
    for topic in session.topics:
        assert not house.hub.topics[topic].subscribers
    assert house.hub.publish("all", message()) == 0
    assert len(house.hub.topics) >= topics


def test_disconnecting_all_keeps_the_sessions() -> None:
    house = House()
    pairs = [house.connect(who) for who in (ADA, EVE)]
    house.hub.sessions.disconnect_all(CloseCode.RESTART, "Restart")
    assert [connection.closed for _, connection in pairs] == [CloseCode.RESTART] * 2
    assert len(house.hub.sessions) == 2
    assert list(house.hub.sessions.connected()) == []


def test_signals() -> None:
    house = House()
    told: list[tuple[str, Any]] = []
    sessions = house.hub.sessions
    sessions.opened.subscribe(lambda _session, resumed: told.append(("opened", resumed)))
    sessions.lost.subscribe(lambda _session: told.append(("lost", None)))
    sessions.ended.subscribe(lambda _session: told.append(("ended", None)))
    session, _ = house.connect(ADA)
    house.connect(ADA, resume=cut(house, session))
    house.lose(session)
    house.pass_seconds(120)
    assert told == [("opened", False), ("lost", None), ("opened", True), ("lost", None), ("ended", None)]


def test_a_stranger_connection_loses_nothing() -> None:
    house = House()
    session, connection = house.connect(ADA)
    house.hub.sessions.lose(session, FakeConnection(), ended=True)
    assert session.connection is connection
