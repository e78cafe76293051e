"""Presence: users become present after a grace; updates are published at most once a second."""

from typing import Any

from custom_components.moosicbox.engine.protocol.client import Resume
from tests.engine.fakes import FakeConnection, House, of_type, principal
from tests.engine.sessions.test_sessions import resume_of

ADA, EVE = principal("ada"), principal("eve")


def watch(house: House) -> FakeConnection:
    """A client that has followed presence for a long time."""
    _, connection = house.connect(principal("watcher"), name="Watcher", subscribe=("presence",))
    house.pass_seconds(60)
    connection.take()
    return connection


def told(connection: FakeConnection) -> list[list[str]]:
    return [
        sorted(user["user_id"] for user in update["users"]) for update in of_type(connection.take(), "presence_update")
    ]


def moves(house: House) -> list[tuple[str, str]]:
    heard: list[tuple[str, str]] = []
    house.hub.presence.joined.subscribe(lambda session: heard.append(("joined", session.principal.sub)))
    house.hub.presence.left.subscribe(lambda session: heard.append(("left", session.principal.sub)))
    return heard


def test_a_client_is_present_after_the_grace() -> None:
    house = House()
    watcher, heard = watch(house), moves(house)
    house.connect(ADA)
    assert told(watcher) == []
    house.pass_seconds(2.5)
    assert told(watcher) == [["ada", "watcher"]]
    assert heard == [("joined", "ada")]


def test_a_short_visit_is_not_published() -> None:
    house = House()
    watcher, heard = watch(house), moves(house)
    session, _ = house.connect(ADA)
    house.pass_seconds(0.5)
    house.lose(session, ended=True)
    house.pass_seconds(60)
    assert (told(watcher), heard) == ([], [])


def test_a_reload_is_not_published() -> None:
    house = House()
    session, _ = house.connect(ADA)
    watcher = watch(house)
    heard = moves(house)
    house.lose(session, ended=True)
    house.pass_seconds(3)
    house.connect(ADA)
    house.pass_seconds(60)
    assert heard == []
    assert all(users == ["ada", "watcher"] for users in told(watcher))


def test_a_resume_is_not_published() -> None:
    house = House()
    session, _ = house.connect(ADA)
    house.pass_seconds(60)
    heard = moves(house)
    house.lose(session)
    house.pass_seconds(3)
    house.connect(ADA, resume=Resume(session_id=session.session_id, secret=session.secret))
    house.pass_seconds(60)
    assert heard == []


def test_a_resume_during_the_grace_counts_once() -> None:
    """The first connection is still open when the client resumes."""
    house = House()
    heard = moves(house)
    ada, _ = house.connect(ADA)
    house.pass_seconds(0.4)
    house.open(FakeConnection(), ADA, resume=resume_of(house, ada))
    house.pass_seconds(5)
    assert heard == [("joined", "ada")]
    house.lose(ada, ended=True)
    house.pass_seconds(60)
    assert heard == [("joined", "ada"), ("left", "ada")]
    assert len(house.hub.presence) == 0
    assert list(house.hub.presence.users()) == []


def test_a_client_that_stays_away_has_left() -> None:
    house = House()
    session, _ = house.connect(ADA)
    watcher = watch(house)
    heard = moves(house)
    house.lose(session)
    house.pass_seconds(60)
    assert heard == [("left", "ada")]
    assert told(watcher) == [["watcher"]]


def test_a_user_with_two_clients_is_listed_once() -> None:
    house = House()
    first, _ = house.connect(ADA, name="Phone")
    second, _ = house.connect(ADA, name="Laptop")
    house.pass_seconds(10)
    users: dict[str, Any] = {user.user_id: user for user in house.hub.presence.users()}
    assert set(users) == {"ada"}
    assert set(users["ada"].clients) == {first.client_id, second.client_id}
    house.lose(first, ended=True)
    house.pass_seconds(60)
    [user] = house.hub.presence.users()
    assert user.clients == (second.client_id,)


def test_updates_are_published_at_most_once_a_second() -> None:
    house = House()
    watcher = watch(house)
    for number in range(10):
        house.connect(principal(f"user-{number}"))
        house.pass_seconds(0.1)
    house.pass_seconds(5)
    updates = told(watcher)
    assert len(updates) <= 3
    assert len(updates[-1]) == 11


def test_a_snapshot_lists_the_present_users() -> None:
    house = House()
    house.connect(ADA)
    house.pass_seconds(10)
    _, connection = house.connect(EVE, subscribe=("presence",))
    [update] = of_type(connection.take(), "presence_update")
    assert update["snapshot"]
    assert [user["username"] for user in update["users"]] == ["Ada"]


def test_a_renamed_client_is_listed_once() -> None:
    house = House()
    session, _ = house.connect(principal("ada"), name="Phone")
    house.pass_seconds(10)
    house.connect(principal("ada"), name="Renamed", resume=resume_of(house, session))
    house.pass_seconds(10)
    house.lose(session, ended=True)
    house.pass_seconds(600)
    assert list(house.hub.presence.users()) == []


def test_two_clients_of_one_name_are_counted_separately() -> None:
    house = House()
    first, _ = house.connect(principal(), name="Tab")
    house.pass_seconds(2)
    second, _ = house.connect(principal(), name="Tab")
    house.pass_seconds(2)
    (user,) = house.hub.presence.users()
    assert set(user.clients) == {first.client_id, second.client_id}
    house.lose(second, ended=True)
    house.pass_seconds(20)
    (user,) = house.hub.presence.users()
    assert user.clients == (first.client_id,)
