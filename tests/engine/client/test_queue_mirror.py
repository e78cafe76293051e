"""The client's copy of a queue converges to the hub's, in any order of messages and fetched pages."""

from collections import deque
from typing import override

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from custom_components.moosicbox.engine.client.queue_mirror import QueueMirror
from custom_components.moosicbox.engine.playback.queue import Queue
from custom_components.moosicbox.engine.protocol.client import Place
from custom_components.moosicbox.engine.protocol.errors import HubError
from custom_components.moosicbox.engine.protocol.server import QueueUpdated
from custom_components.moosicbox.engine.protocol.types import QueueOp, QueuePage
from tests.engine.fakes import chance, item

PAGE = 3
PLACES: tuple[Place, ...] = ("next", "end")


class MirrorMachine(RuleBasedStateMachine):
    """A hub that changes its queue, a network that delays messages, and a client that fetches when needed."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue("epoch", 20, self._changed, chance(7))
        self.mirror = QueueMirror()
        self.in_transit: deque[QueueUpdated | QueuePage] = deque()
        self.requested: list[int] = []
        """Offsets of the pages that the hub has still to send."""
        self.pages: list[QueuePage] = []
        self._subscribe()

    def _changed(self, ops: tuple[QueueOp, ...]) -> None:
        queue = self.queue
        self.in_transit.append(
            QueueUpdated(revision=queue.revision, current_index=queue.current_index, total=len(queue), ops=ops)
        )

    def _subscribe(self) -> None:
        page = self.queue.page(0, PAGE)
        self.in_transit.append(
            QueueUpdated(revision=page.revision, current_index=page.current_index, total=page.total, ops=(), queue=page)
        )

    def _some(self, number: int) -> str:
        items = self.queue.items
        return items[number % len(items)].queue_item_id if items else "nothing"

    # ---- the hub

    @rule(count=st.integers(1, 5), place=st.sampled_from(PLACES))
    def add(self, count: int, place: Place) -> None:
        if len(self.queue) + count <= 20:
            self.queue.add([item() for _ in range(count)], place)

    @rule(change=st.sampled_from(["remove", "move", "current", "state", "shuffle", "clear"]), number=st.integers(0, 99))
    def change_queue(self, change: str, number: int) -> None:
        queue, some = self.queue, self._some(number)
        try:
            match change:
                case "remove":
                    queue.remove([some])
                case "move":
                    queue.move(some, PLACES[number % 2])
                case "current":
                    queue.set_current(some)
                case "state":
                    queue.set_state(some, "played")
                case "shuffle":
                    queue.shuffle(number % 2 == 0)
                case "clear":
                    queue.clear()
        except HubError:
            pass

    @precondition(lambda self: len(self.queue) > PAGE)
    @rule()
    def subscribe_again(self) -> None:
        self._subscribe()

    @precondition(lambda self: self.requested)
    @rule()
    def answer(self) -> None:
        self.in_transit.append(self.queue.page(self.requested.pop(0), PAGE))

    # ---- the client

    @precondition(lambda self: self.in_transit)
    @rule(count=st.integers(1, 6))
    def deliver(self, count: int) -> None:
        for _ in range(count):
            if not self.in_transit:
                return
            arrived = self.in_transit.popleft()
            if isinstance(arrived, QueuePage):
                self.pages.append(arrived)
            elif self.mirror.apply(arrived):
                self._fetch()

    @precondition(lambda self: self.pages)
    @rule()
    def handle_page(self) -> None:
        last = self.pages[-1]
        reached = last.offset + len(last.items)
        if last.items and reached < last.total:
            if not self.requested and not any(isinstance(waiting, QueuePage) for waiting in self.in_transit):
                self.requested.append(reached)
            return
        pages, self.pages = self.pages, []
        if not self.mirror.replace(pages):
            self._fetch()

    @precondition(lambda self: self.requested or self.pages)
    @rule()
    def lose_the_fetch(self) -> None:
        self._abandon_fetch()
        self.mirror.give_up()

    def _fetch(self) -> None:
        # A new fetch replaces the running one.
        self._abandon_fetch()
        self.requested = [0]

    def _abandon_fetch(self) -> None:
        self.pages, self.requested = [], []
        self.in_transit = deque(waiting for waiting in self.in_transit if isinstance(waiting, QueueUpdated))

    # ---- convergence

    @override
    def teardown(self) -> None:
        if self.mirror.stale:
            self.queue.clear()
            self.queue.add([item()], "end")  # A fetch that was lost is made up for at the next change.
        for _ in range(1_000):
            if self.requested:
                self.answer()
            elif self.in_transit:
                self.deliver(1)
            elif self.pages:
                self.handle_page()
            else:
                break
        assert not self.mirror.stale
        assert self.mirror.items == list(self.queue.items)
        assert self.mirror.current_item_id == self.queue.current_item_id
        assert self.mirror.current_index == self.queue.current_index


TestMirror = MirrorMachine.TestCase
TestMirror.settings = settings(max_examples=5 * settings().max_examples, stateful_step_count=60)
