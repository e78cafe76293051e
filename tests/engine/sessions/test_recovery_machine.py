"""Recovery against a model: after any sequence of failures a client has each visible message once, in order."""

from typing import Any, override

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custom_components.moosicbox.engine.access.rights import Principal, topic_visible
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.playback.player import Player
from custom_components.moosicbox.engine.protocol.client import Resume, Subscribe, Unsubscribe
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.engine.protocol.types import Position
from tests.engine.fakes import principal
from tests.engine.recovery import TRANSPORTS, Client, HarnessWithLoop, Poller

LIMITS = Limits(
    history_messages=8,
    history_seconds=60,
    resume_seconds=90,
    messages_per_minute=10**9,
    burst_size=10**9,
    bytes_per_minute=10**12,
    max_connections_per_user=100,
)
SUBS = ("ada", "eve", "root")
RIGHTS = {
    "all": principal("x", role="admin").permissions,
    "user": principal("x").permissions,
    "few": frozenset({"listen", "play"}),
    "none": frozenset({"play"}),
}
TOPICS = (
    *("all", "user:ada", "user:eve", "permission:admin", "permission:chat", "players", "library"),
    *("player:kitchen", "player:bath", "play:kitchen"),
)
NUMBERED = tuple(topic for topic in TOPICS if topic != "players")
PLAYERS = {"kitchen": "ada", "bath": "root"}


class RecoveryMachine(RuleBasedStateMachine):
    """Clients of several users, and a model: the messages that were published to each topic."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = HarnessWithLoop(LIMITS)
        self.harness.hub.players.add("bath", "Bath", PLAYERS["bath"])
        self.harness.hub.players.added.subscribe(self._player_added)
        self.clients: list[Client] = []
        self.published: dict[str, list[Any]] = {topic: [] for topic in TOPICS}
        self.number = 0

    # ------------------------------------------------------------ the model

    def _visible(self, client: Client, topic: str, who: Principal) -> bool:
        return topic_visible(topic, who, client.session.client_id, client.session.player_id)

    def _client(self, number: int) -> Client | None:
        here = [client for client in self.clients if client.connection is not None]
        return here[number % len(here)] if here else None

    def _resumable(self, client: Client, positions: dict[str, Position]) -> bool:
        if client.session not in list(self.harness.hub.sessions):
            return False
        for topic, position in positions.items():
            topics = self.harness.hub.topics
            if topic in client.session.topics:
                try:
                    topics.since(topic, position)
                except Exception:  # noqa: BLE001 - any failure is the answer
                    return False
        return True

    # ------------------------------------------------------------ clients

    @precondition(lambda self: len(self.clients) < 6)
    @rule(
        sub=st.sampled_from(SUBS),
        rights=st.sampled_from(sorted(RIGHTS)),
        topics=st.none() | st.lists(st.sampled_from(TOPICS), max_size=6),
        transport=st.sampled_from(sorted(TRANSPORTS)),
    )
    def connect(self, sub: str, rights: str, topics: list[str] | None, transport: str) -> None:
        who = principal(sub, *RIGHTS[rights])
        wanted = None if topics is None else tuple(topics)
        client = Client(TRANSPORTS[transport](self.harness, who, subscribe=wanted))
        self.clients.append(client)
        [welcome, *rest] = client.read()
        assert (welcome["type"], welcome["resumed"]) == ("welcome", False)
        self._snapshots_are_complete(client, welcome["positions"])
        client.follows = set(welcome["positions"])
        if topics is not None:
            assert client.follows == {topic for topic in topics if self._visible(client, topic, who)}
        assert all(message.get("snapshot") or "offset" not in message for message in rest)

    @precondition(lambda self: not any(client.session.player_id for client in self.clients))
    @rule(transport=st.sampled_from(sorted(TRANSPORTS)))
    def connect_player(self, transport: str) -> None:
        client = Client(TRANSPORTS[transport](self.harness, principal("ada"), player_id="kitchen"))
        self.clients.append(client)
        [welcome, *_] = client.read()
        client.follows = set(welcome["positions"])

    @rule(number=st.integers(0, 9))
    def drop(self, number: int) -> None:
        # Messages that wait in the connection are lost with it.
        if (client := self._client(number)) is not None:
            self.harness.hub.sessions.drop(client.session, CloseCode.PING_TIMEOUT, "")
            client.connection = None

    @precondition(lambda self: self.clients)
    @rule(
        number=st.integers(0, 9),
        transport=st.sampled_from(sorted(TRANSPORTS)),
        rights=st.none() | st.sampled_from(sorted(RIGHTS)),
        left_out=st.sets(st.sampled_from(TOPICS), max_size=1),
    )
    def resume(self, number: int, transport: str, rights: str | None, left_out: set[str]) -> None:
        # After a loss or with unread messages, on the same transport or on the other one.
        client = self.clients[number % len(self.clients)]
        session, old = client.session, client.connection
        who = session.principal if rights is None else principal(session.principal.sub, *RIGHTS[rights])
        if session.player_id is not None and not who.may("play"):
            return
        positions = {
            topic: Position(**position) for topic, position in client.positions.items() if topic not in left_out
        }
        resumable = self._resumable(client, positions)
        # Topics that the newest token may not follow are tested with permissions.
        positions = {topic: at for topic, at in positions.items() if self._visible(client, topic, who)}
        resume = Resume(session_id=session.session_id, secret=session.secret, positions=positions)
        held = set(session.topics) & set(positions)
        end = TRANSPORTS[transport](self.harness, who, resume=resume, player_id=session.player_id)
        [welcome, *_] = messages = end.take()
        assert old is None or old.closed
        if not welcome["resumed"]:
            assert not resumable
            self.clients.remove(client)
            client = Client(end)
            self.clients.append(client)
            client.apply(messages)
            client.follows = set(welcome["positions"])
            return
        assert end.session is session
        client.follows = {topic for topic in client.follows if self._visible(client, topic, who)}
        client.forget(set(client.positions) - held)
        client.connection = end
        client.snapshots.clear()
        client.apply(messages)
        assert set(welcome["positions"]) == set(session.topics) == set(client.positions)
        self._snapshots_are_complete(client, set(session.topics) - held)
        offsets = [index for index, message in enumerate(messages) if "offset" in message]
        snapshots = [index for index, message in enumerate(messages) if message.get("snapshot")]
        assert not offsets or not snapshots or max(offsets) < min(snapshots), "the missed ones first, then the states"

    @rule(number=st.integers(0, 9), topics=st.lists(st.sampled_from(TOPICS), min_size=1, max_size=3, unique=True))
    def subscribe(self, number: int, topics: list[str]) -> None:
        if (client := self._client(number)) is None:
            return
        client.read()
        before = set(client.session.topics)
        self.number += 1
        request_id = f"r{self.number}"
        client.snapshots.clear()
        messages = client.ask(Subscribe(topics=tuple(topics), request_id=request_id))
        allowed = all(self._visible(client, topic, client.session.principal) for topic in topics)
        assert messages[0]["type"] == ("result" if allowed else "error"), "the answer comes first"
        if allowed:
            client.follows |= set(topics)
            self._snapshots_are_complete(client, topics)
        else:
            assert client.answers[request_id]["error_type"] == "permission_denied"
            assert set(client.session.topics) == before

    @rule(number=st.integers(0, 9), topics=st.lists(st.sampled_from(TOPICS), min_size=1, max_size=3))
    def unsubscribe(self, number: int, topics: list[str]) -> None:
        if (client := self._client(number)) is not None:
            client.ask(Unsubscribe(topics=tuple(topics)))
            client.forget(topics)
            client.follows -= set(topics)

    @rule(number=st.integers(0, 9), rights=st.sampled_from(sorted(RIGHTS)))
    def refresh(self, number: int, rights: str) -> None:
        if (client := self._client(number)) is not None and client.session.player_id is None:
            client.read()
            who = principal(client.session.principal.sub, *RIGHTS[rights])
            self.harness.hub.sessions.renew(client.session, who)
            client.follows = {topic for topic in client.follows if self._visible(client, topic, who)}

    # ------------------------------------------------------------ the hub

    @rule(topic=st.sampled_from(NUMBERED), count=st.integers(1, 4))
    def publish(self, topic: str, count: int) -> None:
        self._publish(topic, count)

    @rule(number=st.integers(0, 9), index=st.integers(0, 20), count=st.integers(1, 4))
    def publish_to(self, number: int, index: int, count: int) -> None:
        # To a topic with subscribers; most topics have none.
        if (client := self._client(number)) is not None:
            if followed := [topic for topic in NUMBERED if topic in client.follows]:
                self._publish(followed[index % len(followed)], count)

    def _publish(self, topic: str, count: int) -> None:
        for _ in range(count):
            self.number += 1
            self.published[topic].append(self.number)
            self.harness.hub.publish(topic, CustomMessage(event="e", data=self.number))

    @rule(player_id=st.sampled_from(sorted(PLAYERS)))
    def add_player(self, player_id: str) -> None:
        players = self.harness.hub.players
        if players.find(player_id) is None:
            players.add(player_id, player_id.title(), PLAYERS[player_id])

    def _player_added(self, player: Player) -> None:
        topic = f"player:{player.player_id}"
        for client in self.clients:
            if client.session.follows_players and self._visible(client, topic, client.session.principal):
                client.follows.add(topic)

    @rule(player_id=st.sampled_from(sorted(PLAYERS)))
    def remove_player(self, player_id: str) -> None:
        if self.harness.hub.players.find(player_id) is None:
            return
        self.harness.hub.players.remove(player_id)
        for client in [client for client in self.clients if client.session.player_id == player_id]:
            assert client.connection is None or client.connection.closed
            self.clients.remove(client)
        for client in self.clients:
            client.follows -= {f"player:{player_id}", f"play:{player_id}"}

    @rule(seconds=st.sampled_from([1, 10, 40, 70]))
    def pass_seconds(self, seconds: int) -> None:
        for client in self.clients:
            if client.connection is not None:
                client.read()
        self.harness.pass_seconds(seconds)
        self.harness.hub.topics.expire()
        for client in self.clients:
            # A polling client that hasn't fetched for so long is disconnected.
            if client.connection is not None and client.connection.closed:
                assert isinstance(client.connection, Poller)
                assert seconds > LIMITS.poll_timeout
                client.connection = None

    @rule(number=st.integers(0, 9), arrives=st.booleans())
    def read(self, number: int, arrives: bool) -> None:
        if (client := self._client(number)) is not None:
            client.read(arrives=arrives)

    # ------------------------------------------------------------ invariants

    def _snapshots_are_complete(self, client: Client, topics: Any) -> None:
        for topic in topics:
            kind, _, player_id = topic.partition(":")
            expected = {
                "players": {"player_list"},
                "player": {"playback_status", "volume_update", "queue_updated"},
                "play": {"volume_update"},
            }.get(kind, set())
            if player_id and kind in ("player", "play") and self.harness.hub.players.find(player_id) is None:
                expected = set()
            assert {type_ for name, type_ in client.snapshots if name == topic} >= expected

    @invariant()
    def rights_are_not_exceeded(self) -> None:
        for session in self.harness.hub.sessions.connected():
            for topic in session.topics:
                assert topic_visible(topic, session.principal, session.client_id, session.player_id)

    @invariant()
    def subscriptions_are_what_was_asked_for(self) -> None:
        for client in self.clients:
            if client.connection is not None:
                assert set(client.session.topics) == client.follows

    @invariant()
    def clients_hold_what_was_published(self) -> None:
        for client in self.clients:
            for topic, held in client.held.items():
                read_to = client.positions[topic]["offset"]
                assert held == self.published.get(topic, [])[client.base[topic] : read_to]

    @override
    def teardown(self) -> None:
        for client in self.clients:
            if client.connection is not None:
                client.read()
                assert set(client.positions) == set(client.session.topics)
                for topic, position in client.positions.items():
                    assert position["offset"] == len(self.published.get(topic, ()))
        self.clients_hold_what_was_published()
        self.harness.close()


TestRecovery = RecoveryMachine.TestCase
# Faults need several related steps, so that more and longer runs are needed than elsewhere.
TestRecovery.settings = settings(max_examples=5 * settings().max_examples, stateful_step_count=60)
