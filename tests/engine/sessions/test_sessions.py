"""Sessions: opening, players, expiry, ending."""

from typing import Any

import pytest

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.client import Resume
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from custom_components.moosicbox.engine.sessions.session import Refused, Session
from tests.engine.fakes import EPOCH, FakeConnection, Harness, of_type, principal

ADA, EVE, ROOT = principal("ada"), principal("eve"), principal("root", role="admin")


def message(data: Any = None) -> CustomMessage:
    return CustomMessage(event="e", data=data)


def resume_of(harness: Harness, session: Session, **changes: Any) -> Resume:
    """Return the data with which the client resumes after its connection broke."""
    positions = {topic: harness.hub.topics.position(topic) for topic in session.topics}
    known = {"session_id": session.session_id, "secret": session.secret, "positions": positions}
    return Resume(**(known | changes))


def cut(harness: Harness, session: Session) -> Resume:
    resume = resume_of(harness, session)
    harness.lose(session)
    return resume


def refused(harness: Harness, *args: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        harness.connect(*args, **kwargs)
    return refusal.value


# ------------------------------------------------------------ opening


def test_welcome_describes_the_session() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, subscribe=("all", "players"), request_id="r1")
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
        "positions": {topic: {"epoch": harness.hub.topics.epoch, "offset": 0} for topic in ("all", "players")},
        "server_time_us": harness.clock.now_us(),
    }


def test_welcome_names_the_expiry_of_the_token() -> None:
    harness = Harness()
    _, connection = harness.connect(principal("ada", expires_at=EPOCH.timestamp() + 3_600))
    assert connection.take()[0]["expires_at"] == "2026-11-23T01:00:00.000Z"


def test_a_client_without_a_token_is_refused() -> None:
    harness = Harness()
    refusal = refused(harness, None)
    assert (refusal.error.error_type, refusal.code) == ("authentication_failed", CloseCode.AUTHENTICATION_FAILED)
    assert len(harness.hub.sessions) == 0


def test_default_topics_follow_from_the_permissions() -> None:
    harness = Harness()
    harness.hub.players.add("kitchen", "Kitchen", "ada")
    session, _ = harness.connect(principal("ada", "listen", "chat"))
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


def test_invisible_topics_are_left_out() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA, subscribe=("all", "user:eve", "permission:admin", "players", "all"))
    assert list(session.topics) == ["all", "players"]


def test_a_guest_follows_only_its_room() -> None:
    harness = Harness()
    harness.hub.players.add("kitchen", "Kitchen", "ada")
    guest = principal("guest:1", "listen", "chat", rooms=frozenset({"garden"}))
    with pytest.raises(AuthenticationFailed):
        harness.connect(guest)
    room = harness.hub.rooms.create(RoomSettings(name="Garden"), "garden")
    harness.hub.rooms.admit(room, guest.sub, "guest")
    session, _ = harness.connect(guest)
    assert set(session.topics) == {"user:guest:1", f"client:{session.client_id}", "rooms"}


def test_ids_and_secrets_are_never_the_same() -> None:
    harness = Harness()
    sessions = [harness.connect(ADA, subscribe=())[0] for _ in range(20)]
    for value in ("client_id", "session_id", "secret"):
        assert len({getattr(session, value) for session in sessions}) == 20


# ------------------------------------------------------------ players


def test_a_player_follows_its_play_topic() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, player_id="kitchen", subscribe=("all",))
    assert list(session.topics) == ["play:kitchen", "all"]
    assert harness.hub.players.get("kitchen").available
    assert of_type(connection.take(), "volume_update")[0]["topic"] == "play:kitchen"


def test_a_player_needs_the_permission_to_play() -> None:
    harness = Harness()
    refusal = refused(harness, principal("ada", "listen"), player_id="kitchen")
    assert (refusal.error.error_type, refusal.code) == ("permission_denied", CloseCode.AUTHENTICATION_FAILED)
    assert harness.hub.players.find("kitchen") is None


def test_a_player_id_belongs_to_its_first_user() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA, player_id="kitchen")
    refusal = refused(harness, EVE, player_id="kitchen")
    assert (refusal.error.error_type, refusal.code) == ("permission_denied", CloseCode.AUTHENTICATION_FAILED)
    assert session.connection is not None
    harness.lose(session, ended=True)
    refused(harness, EVE, player_id="kitchen")


def test_an_administrator_may_take_a_player_over() -> None:
    harness = Harness()
    _, connection = harness.connect(ADA, player_id="kitchen")
    harness.connect(ROOT, player_id="kitchen")
    assert connection.closed is CloseCode.REPLACED
    assert harness.hub.players.get("kitchen").owner_user_id == "ada"


def test_the_newest_connection_is_the_player() -> None:
    harness = Harness()
    older, connection = harness.connect(ADA, player_id="kitchen")
    newer, _ = harness.connect(ADA, player_id="kitchen")
    assert connection.closed is CloseCode.REPLACED
    assert older not in list(harness.hub.sessions)
    player = harness.hub.players.get("kitchen")
    assert player.client_id == newer.client_id
    assert (player.connected, player.available) == (True, True)
    harness.pass_seconds(60)
    assert player.available


def test_the_number_of_players_of_a_user_is_bounded() -> None:
    harness = Harness(Limits(max_players_per_user=2))
    for player_id in ("a", "b"):
        harness.connect(ADA, player_id=player_id)
    assert refused(harness, ADA, player_id="c").error.error_type == "unavailable"
    harness.connect(ADA, player_id="a")
    harness.connect(EVE, player_id="c")


def test_a_short_absence_keeps_a_player_available() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA, player_id="kitchen")
    player = harness.hub.players.get("kitchen")
    resume = cut(harness, session)
    harness.pass_seconds(7.9)
    assert (player.connected, player.available) == (False, True)
    harness.connect(ADA, player_id="kitchen", resume=resume)
    harness.pass_seconds(60)
    assert player.available


def test_a_long_absence_makes_a_player_unavailable() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA, player_id="kitchen")
    player = harness.hub.players.get("kitchen")
    cut(harness, session)
    harness.pass_seconds(8)
    assert not player.available


# ------------------------------------------------------------ tokens


def test_a_token_that_expires_ends_the_session() -> None:
    harness = Harness()
    session, connection = harness.connect(principal("ada", expires_at=harness.clock.utc().timestamp() + 60))
    harness.pass_seconds(69)
    assert connection.closed is None
    harness.pass_seconds(1.1)
    assert connection.closed is CloseCode.TOKEN_EXPIRED
    assert session not in list(harness.hub.sessions)


def test_a_refreshed_token_keeps_the_session() -> None:
    harness = Harness()
    now = harness.clock.utc().timestamp()
    session, connection = harness.connect(principal("ada", expires_at=now + 60))
    harness.pass_seconds(50)
    harness.hub.sessions.renew(session, principal("ada", expires_at=now + 600))
    harness.pass_seconds(100)
    assert connection.closed is None
    harness.hub.sessions.renew(session, ADA)
    harness.pass_seconds(10_000)
    assert connection.closed is None


def test_fewer_permissions_withdraw_topics() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, subscribe=("all", "library", "players", "user:ada"))
    connection.take()
    harness.hub.sessions.renew(session, principal("ada", "listen"))
    assert connection.take() == [{"type": "unsubscribed", "topics": ["library"], "reason": "permissions"}]
    assert list(session.topics) == ["all", "players", "user:ada"]
    assert harness.hub.publish("library", message()) == 0


def test_a_player_that_loses_its_permission_is_disconnected() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, player_id="kitchen")
    harness.hub.sessions.renew(session, principal("ada", "listen"))
    assert connection.closed is CloseCode.FORCED_OUT
    assert not harness.hub.players.get("kitchen").connected


def test_a_refresh_after_the_connection_has_ended_does_not_keep_the_session() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA)
    harness.lose(session)
    harness.hub.sessions.renew(session, ADA)
    harness.pass_seconds(10_000)
    assert len(harness.hub.sessions) == 0


# ------------------------------------------------------------ ending


def test_matching_sessions_are_ended() -> None:
    harness = Harness()
    _, ada = harness.connect(ADA)
    _, eve = harness.connect(EVE)
    ended = harness.hub.sessions.end_where(
        lambda session: session.principal.sub == "ada", CloseCode.FORCED_OUT, "Revoked"
    )
    assert (ended, ada.closed, eve.closed) == (1, CloseCode.FORCED_OUT, None)


def test_an_ended_session_is_removed_completely() -> None:
    harness = Harness()
    topics = len(harness.hub.topics)
    session, connection = harness.connect(ADA, player_id="kitchen")
    harness.hub.sessions.end(session, CloseCode.FORCED_OUT)
    harness.hub.sessions.end(session, CloseCode.FORCED_OUT)
    assert connection.closed is CloseCode.FORCED_OUT
    for topic in session.topics:
        assert not harness.hub.topics[topic].subscribers
    assert harness.hub.publish("all", message()) == 0
    assert len(harness.hub.topics) >= topics


def test_disconnecting_all_keeps_the_sessions() -> None:
    harness = Harness()
    pairs = [harness.connect(who) for who in (ADA, EVE)]
    harness.hub.sessions.disconnect_all(CloseCode.RESTART, "Restart")
    assert [connection.closed for _, connection in pairs] == [CloseCode.RESTART] * 2
    assert len(harness.hub.sessions) == 2
    assert list(harness.hub.sessions.connected()) == []


def test_signals_are_emitted_in_order() -> None:
    harness = Harness()
    told: list[tuple[str, Any]] = []
    sessions = harness.hub.sessions
    sessions.opened.subscribe(lambda _session, resumed: told.append(("opened", resumed)))
    sessions.disconnected.subscribe(lambda _session: told.append(("lost", None)))
    sessions.ended.subscribe(lambda _session: told.append(("ended", None)))
    session, _ = harness.connect(ADA)
    harness.connect(ADA, resume=cut(harness, session))
    harness.lose(session)
    harness.pass_seconds(120)
    assert told == [("opened", False), ("lost", None), ("opened", True), ("lost", None), ("ended", None)]


def test_the_loss_of_another_connection_has_no_effect() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA)
    harness.hub.sessions.connection_lost(session, FakeConnection(), ended=True)
    assert session.connection is connection
