"""Presence: users become present after a grace; updates are published at most once a second."""

from typing import Any

from custom_components.moosicbox.engine.protocol.client import Resume
from tests.engine.fakes import FakeConnection, Harness, of_type, principal
from tests.engine.sessions.test_sessions import resume_of

ADA, EVE = principal("ada"), principal("eve")


def watch(harness: Harness) -> FakeConnection:
    """A client that has followed presence for a long time."""
    _, connection = harness.connect(principal("watcher"), name="Watcher", subscribe=("presence",))
    harness.pass_seconds(60)
    connection.take()
    return connection


def told(connection: FakeConnection) -> list[list[str]]:
    return [
        sorted(user["user_id"] for user in update["users"]) for update in of_type(connection.take(), "presence_update")
    ]


def moves(harness: Harness) -> list[tuple[str, str]]:
    heard: list[tuple[str, str]] = []
    harness.hub.presence.joined.subscribe(lambda session: heard.append(("joined", session.principal.sub)))
    harness.hub.presence.left.subscribe(lambda session: heard.append(("left", session.principal.sub)))
    return heard


def test_a_client_is_present_after_the_grace() -> None:
    harness = Harness()
    watcher, heard = watch(harness), moves(harness)
    harness.connect(ADA)
    assert told(watcher) == []
    harness.pass_seconds(2.5)
    assert told(watcher) == [["ada", "watcher"]]
    assert heard == [("joined", "ada")]


def test_a_short_visit_is_not_published() -> None:
    harness = Harness()
    watcher, heard = watch(harness), moves(harness)
    session, _ = harness.connect(ADA)
    harness.pass_seconds(0.5)
    harness.lose(session, ended=True)
    harness.pass_seconds(60)
    assert (told(watcher), heard) == ([], [])


def test_a_reload_is_not_published() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA)
    watcher = watch(harness)
    heard = moves(harness)
    harness.lose(session, ended=True)
    harness.pass_seconds(3)
    harness.connect(ADA)
    harness.pass_seconds(60)
    assert heard == []
    assert all(users == ["ada", "watcher"] for users in told(watcher))


def test_a_resume_is_not_published() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA)
    harness.pass_seconds(60)
    heard = moves(harness)
    harness.lose(session)
    harness.pass_seconds(3)
    harness.connect(ADA, resume=Resume(session_id=session.session_id, secret=session.secret))
    harness.pass_seconds(60)
    assert heard == []


def test_a_resume_during_the_grace_counts_once() -> None:
    """The first connection is still open when the client resumes."""
    harness = Harness()
    heard = moves(harness)
    ada, _ = harness.connect(ADA)
    harness.pass_seconds(0.4)
    harness.open(FakeConnection(), ADA, resume=resume_of(harness, ada))
    harness.pass_seconds(5)
    assert heard == [("joined", "ada")]
    harness.lose(ada, ended=True)
    harness.pass_seconds(60)
    assert heard == [("joined", "ada"), ("left", "ada")]
    assert len(harness.hub.presence) == 0
    assert list(harness.hub.presence.users()) == []


def test_a_client_that_stays_away_has_left() -> None:
    harness = Harness()
    session, _ = harness.connect(ADA)
    watcher = watch(harness)
    heard = moves(harness)
    harness.lose(session)
    harness.pass_seconds(60)
    assert heard == [("left", "ada")]
    assert told(watcher) == [["watcher"]]


def test_a_user_with_two_clients_is_listed_once() -> None:
    harness = Harness()
    first, _ = harness.connect(ADA, name="Phone")
    second, _ = harness.connect(ADA, name="Laptop")
    harness.pass_seconds(10)
    users: dict[str, Any] = {user.user_id: user for user in harness.hub.presence.users()}
    assert set(users) == {"ada"}
    assert set(users["ada"].clients) == {first.client_id, second.client_id}
    harness.lose(first, ended=True)
    harness.pass_seconds(60)
    [user] = harness.hub.presence.users()
    assert user.clients == (second.client_id,)


def test_updates_are_published_at_most_once_a_second() -> None:
    harness = Harness()
    watcher = watch(harness)
    for number in range(10):
        harness.connect(principal(f"user-{number}"))
        harness.pass_seconds(0.1)
    harness.pass_seconds(5)
    updates = told(watcher)
    assert len(updates) <= 3
    assert len(updates[-1]) == 11


def test_a_snapshot_lists_the_present_users() -> None:
    harness = Harness()
    harness.connect(ADA)
    harness.pass_seconds(10)
    _, connection = harness.connect(EVE, subscribe=("presence",))
    [update] = of_type(connection.take(), "presence_update")
    assert update["snapshot"]
    assert [user["username"] for user in update["users"]] == ["Ada"]


def test_a_renamed_client_is_listed_once() -> None:
    harness = Harness()
    session, _ = harness.connect(principal("ada"), name="Phone")
    harness.pass_seconds(10)
    harness.connect(principal("ada"), name="Renamed", resume=resume_of(harness, session))
    harness.pass_seconds(10)
    harness.lose(session, ended=True)
    harness.pass_seconds(600)
    assert list(harness.hub.presence.users()) == []


def test_two_clients_of_one_name_are_counted_separately() -> None:
    harness = Harness()
    first, _ = harness.connect(principal(), name="Tab")
    harness.pass_seconds(2)
    second, _ = harness.connect(principal(), name="Tab")
    harness.pass_seconds(2)
    (user,) = harness.hub.presence.users()
    assert set(user.clients) == {first.client_id, second.client_id}
    harness.lose(second, ended=True)
    harness.pass_seconds(20)
    (user,) = harness.hub.presence.users()
    assert user.clients == (first.client_id,)
