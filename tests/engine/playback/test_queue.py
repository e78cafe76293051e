"""The queue: places, locked items, the current item, shuffle; and mirrors that apply its ops."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
import pytest

from custom_components.moosicbox.engine.playback.queue import MAX_SHUFFLED_OPS, Queue
from custom_components.moosicbox.engine.protocol.client import After, Place
from custom_components.moosicbox.engine.protocol.errors import (
    HubError,
    InvalidMessage,
    ItemLocked,
    QueueItemNotFound,
    Unavailable,
)
from custom_components.moosicbox.engine.protocol.types import CurrentOp, QueueOp, ResetOp, UpdateOp
from tests.engine.fakes import chance, item
from tests.engine.mirror import Mirror


def queue_of(names: str, *, current: str | None = None, locked: str | None = None) -> Queue:
    """A queue with an item per letter."""
    queue = Queue("epoch", 100, generator=chance(7))
    if names:
        queue.add([item(name) for name in names])
    queue.set_current(current)
    queue.locked_item_id = locked
    return queue


def order(queue: Queue) -> str:
    return "".join(each.queue_item_id for each in queue.items)


@pytest.mark.parametrize(
    ("place", "result"),
    [(None, "abcx"), ("end", "abcx"), ("next", "abxc"), ("replace", "x"), (After(after="a"), "axbc")],
)
def test_places_of_an_add(place: Place | None, result: str) -> None:
    queue = queue_of("abc", current="b")
    queue.add([item("x")], place)
    assert order(queue) == result


def test_next_without_a_current_item_is_the_front() -> None:
    queue = queue_of("ab")
    queue.add([item("x")], "next")
    assert order(queue) == "xab"


@pytest.mark.parametrize(("position", "result"), [(0, "xyab"), (1, "axyb"), (2, "abxy"), (99, "abxy")])
def test_positions_of_an_add(position: int, result: str) -> None:
    queue = queue_of("ab")
    queue.add([item("x"), item("y")], position=position)
    assert order(queue) == result


def test_replace_clears_the_current_item() -> None:
    queue = queue_of("ab", current="b")
    queue.add([item("x")], "replace")
    assert (queue.current, queue.current_index) == (None, None)


def test_a_full_queue_refuses_items_and_stays_unchanged() -> None:
    queue = Queue("epoch", 3)
    queue.add([item(), item()])
    with pytest.raises(Unavailable):
        queue.add([item(), item()])
    assert (len(queue), queue.revision) == (2, 1)
    queue.add([item(), item(), item()], "replace")
    assert len(queue) == 3


@pytest.mark.parametrize(
    ("moved", "place", "result"),
    [
        ("a", "end", "bcda"),
        ("d", "next", "abdc"),
        ("a", "next", "bacd"),
        ("c", "next", "abcd"),
        ("a", After(after="c"), "bcad"),
        ("d", After(after="a"), "adbc"),
        ("b", After(after="a"), "abcd"),
        ("b", "end", "acdb"),
    ],
)
def test_places_of_a_move(moved: str, place: Place, result: str) -> None:
    queue = queue_of("abcd", current="b")
    queue.move(moved, place)
    assert order(queue) == result
    assert queue.current_item_id == "b"


@pytest.mark.parametrize(("from_", "to", "result"), [(0, 2, "bcad"), (3, 0, "dabc"), (1, 1, "abcd"), (0, 3, "bcda")])
def test_reorder_counts_without_the_moved_item(from_: int, to: int, result: str) -> None:
    queue = queue_of("abcd")
    queue.reorder(from_, to)
    assert order(queue) == result


@pytest.mark.parametrize(
    ("names", "current", "removed", "left", "successor"),
    [
        ("abcd", "b", "b", "acd", "c"),
        ("abcd", "b", "bc", "ad", "d"),
        ("abcd", "b", "acd", "b", "b"),
        ("abcd", "d", "d", "abc", None),
        ("abcd", "c", "cd", "ab", None),
        ("abcd", None, "a", "bcd", None),
        ("a", "a", "a", "", None),
    ],
)
def test_removing_the_current_item_makes_its_successor_current(
    names: str, current: str | None, removed: str, left: str, successor: str | None
) -> None:
    queue = queue_of(names, current=current)
    queue.remove(list(removed))
    assert (order(queue), queue.current_item_id) == (left, successor)


def test_remove_is_all_or_nothing() -> None:
    queue = queue_of("abc", locked="c")
    with pytest.raises(QueueItemNotFound):
        queue.remove(["a", "x"])
    with pytest.raises(ItemLocked):
        queue.remove(["a", "c"])
    assert (order(queue), queue.revision) == ("abc", 1)


def test_a_locked_item_stays_where_it_is() -> None:
    queue = queue_of("abcd", current="b", locked="c")
    changes: tuple[Callable[[], object], ...] = (
        lambda: queue.remove(["c"]),
        lambda: queue.move("c", "end"),
        lambda: queue.reorder(2, 0),
    )
    for change in changes:
        with pytest.raises(ItemLocked):
            change()
    assert (order(queue), queue.revision) == ("abcd", 1)


def test_nothing_comes_between_the_current_item_and_the_locked_one() -> None:
    queue = queue_of("abcd", current="b", locked="c")
    queue.add([item("x")], "next")
    assert order(queue) == "abcxd"
    queue.add([item("y")], position=2)
    assert order(queue) == "abcyxd"
    queue.move("a", "next")
    assert order(queue) == "bcayxd"
    queue.reorder(5, 1)
    assert order(queue) == "bcdayx"
    queue.add([item("z")], After(after="b"))
    assert order(queue) == "bczdayx"


def test_shuffle_keeps_played_and_locked_items() -> None:
    queue = queue_of("abcdefghij", current="c", locked="d")
    queue.shuffle(True)
    assert order(queue)[:4] == "abcd"
    assert sorted(order(queue)) == list("abcdefghij")
    assert order(queue) != "abcdefghij"


def test_shuffling_is_undone() -> None:
    queue = queue_of("abcdefghij", current="c")
    queue.shuffle(True)
    queue.remove(["e"])
    queue.add([item("x")])
    queue.shuffle(False)
    assert order(queue) == "abcdfghijx"
    assert queue.current_item_id == "c"


def test_shuffling_is_undone_wherever_an_item_was_added() -> None:
    queue = queue_of("ab")
    queue.add([item("x")], position=0)
    queue.shuffle(True)
    queue.shuffle(False)
    assert order(queue) == "xab"


def test_shuffling_twice_changes_nothing() -> None:
    queue = queue_of("abcdef")
    queue.shuffle(True)
    before = (order(queue), queue.revision)
    queue.shuffle(True)
    assert (order(queue), queue.revision) == before


ALBUM = "rstuvwxyz"


@pytest.mark.parametrize(
    ("current", "place", "starts", "head"),
    [
        ("b", "end", False, "ab"),
        ("b", None, False, "ab"),
        (None, None, False, ""),
        ("b", "end", True, "abr"),
        ("b", "next", True, "abr"),
        ("b", "replace", True, "r"),
        (None, "replace", False, ""),
    ],
)
def test_what_is_added_while_shuffle_is_on_is_shuffled_in(
    current: str | None, place: Place | None, starts: bool, head: str
) -> None:
    """Only the current item and the one that is started keep their places."""
    queue = queue_of("abcdefghij", current=current)
    queue.shuffle(True)
    before, shuffled = order(queue), ""
    if place == "replace":
        before = ""
    queue.add([item(name) for name in ALBUM], place, starts=starts)
    shuffled = order(queue)
    assert shuffled.startswith(head)
    rest = [name for name in shuffled[len(head) :] if name in ALBUM]
    assert rest != sorted(rest)
    # They are mixed with the other items, whose order stays.
    assert "".join(name for name in shuffled if name not in ALBUM) == before
    assert shuffled[-len(rest) :] != "".join(rest) or not before
    queue.shuffle(False)
    assert order(queue) == ("" if place == "replace" else "abcdefghij") + ALBUM


@pytest.mark.parametrize(
    ("place", "position", "result"),
    [("next", None, "xyz"), (After(after="b"), None, "xyz"), (None, 2, "xyz")],
)
def test_a_chosen_place_is_kept_while_shuffle_is_on(place: Place | None, position: int | None, result: str) -> None:
    queue = queue_of("abcdefghij", current="b")
    queue.shuffle(True)
    queue.add([item(name) for name in "xyz"], place, position)
    assert order(queue)[2:5] == result


def test_nothing_is_shuffled_in_before_the_item_that_was_handed_over() -> None:
    queue = queue_of("ab", current="a", locked="b")
    queue.shuffle(True)
    queue.add([item(name) for name in ALBUM], "end", starts=True)
    assert order(queue)[:3] == "abr"


def test_many_items_that_are_shuffled_in_are_one_change() -> None:
    changes: list[tuple[QueueOp, ...]] = []
    queue = Queue("epoch", 1_000, changes.append, chance(7))
    queue.shuffle(True)
    queue.add([item() for _ in range(MAX_SHUFFLED_OPS + 1)])
    assert changes[-1] == (ResetOp(),)


def test_after_and_before_return_the_neighbours_of_an_item() -> None:
    queue = queue_of("abc")
    found = [queue.after(None), queue.after("a"), queue.after("c"), queue.before("b"), queue.before("a"), queue.first()]
    assert [each and each.queue_item_id for each in found] == ["a", "b", None, "a", None, "a"]
    assert queue_of("").first() is None


def test_a_page_has_its_place_and_the_current_item() -> None:
    queue = queue_of("abcde", current="d")
    page = queue.page(1, 2)
    assert [each.queue_item_id for each in page.items] == ["b", "c"]
    assert (page.total, page.offset, page.revision) == (5, 1, 1)
    assert (page.current_index, page.current_item_id) == (3, "d")
    assert queue.page(5, 2).items == ()


@pytest.mark.parametrize(
    "place", ["replace", After(after="a")], ids=["a move replaces nothing", "nothing is behind itself"]
)
def test_invalid_places_of_a_move(place: Place) -> None:
    queue = queue_of("abc")
    with pytest.raises(InvalidMessage) as refused:
        queue.move("a", place)
    assert refused.value.details["path"] == ["place"]
    assert (order(queue), queue.revision) == ("abc", 1)


def test_changes_of_unknown_items_are_refused() -> None:
    queue = queue_of("abc")
    for change in (
        lambda: queue.remove(["x"]),
        lambda: queue.move("x", "end"),
        lambda: queue.move("a", After(after="x")),
        lambda: queue.add([item()], After(after="x")),
        lambda: queue.reorder(3, 0),
        lambda: queue.reorder(0, 3),
        lambda: queue.set_current("x"),
        lambda: queue.set_state("x", "played"),
        lambda: queue.get("x"),
    ):
        with pytest.raises(QueueItemNotFound):
            change()
    assert (order(queue), queue.revision) == ("abc", 1)


def test_restore_fires_no_change_and_repairs_damage() -> None:
    heard: list[tuple[QueueOp, ...]] = []
    queue = Queue("epoch", 100, heard.append)
    queue.restore([item("a"), item("b")], ["gone", "a"], 7, "gone", shuffled=True)
    assert (order(queue), queue.revision, queue.current_item_id, queue.shuffled) == ("ab", 7, None, True)
    assert list(queue.added_order) == ["a", "b"]
    assert heard == []


class QueueMachine(RuleBasedStateMachine):
    """Random changes, and a mirror that only applies the ops."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue("epoch", 12, self._changed, chance(7))
        self.mirror = Mirror()
        self.seen: set[str] = set()
        self.revision = 0

    def _changed(self, ops: tuple[QueueOp, ...]) -> None:
        quiet = all(isinstance(op, CurrentOp | UpdateOp) for op in ops)
        assert self.queue.revision == self.revision + (0 if quiet else 1)
        self.revision = self.queue.revision
        self.mirror.apply(ops, self.queue.page(0, 100))

    def _change(self, change: str, *args: object) -> None:
        before = self.queue.page(0, 100)
        try:
            getattr(self.queue, change)(*args)
        except HubError:
            assert self.queue.page(0, 100) == before

    def _some(self, number: int) -> str:
        items = self.queue.items
        return items[number % len(items)].queue_item_id if items else "nothing"

    def _place(self, number: int) -> Place:
        return ("next", "end", "replace", After(after=self._some(number)))[number % 4]

    @initialize(count=st.integers(0, 6))
    def begin(self, count: int) -> None:
        if count:
            self.queue.add([item() for _ in range(count)])

    @rule(count=st.integers(1, 4), number=st.integers(0, 99))
    def add(self, count: int, number: int) -> None:
        added = [item() for _ in range(count)]
        self._change("add", added, self._place(number))

    @rule(count=st.integers(1, 2), position=st.integers(0, 15))
    def add_at(self, count: int, position: int) -> None:
        self._change("add", [item() for _ in range(count)], None, position)

    @rule(numbers=st.lists(st.integers(0, 99), min_size=1, max_size=4))
    def remove(self, numbers: list[int]) -> None:
        self._change("remove", list(dict.fromkeys(map(self._some, numbers))))

    @rule(number=st.integers(0, 99), place=st.integers(0, 99))
    def move(self, number: int, place: int) -> None:
        self._change("move", self._some(number), self._place(place))

    @rule(from_=st.integers(0, 12), to=st.integers(0, 12))
    def reorder(self, from_: int, to: int) -> None:
        self._change("reorder", from_, to)

    @rule(on=st.booleans())
    def shuffle(self, on: bool) -> None:
        before = {each.queue_item_id for each in self.queue.items}
        self.queue.shuffle(on)
        assert {each.queue_item_id for each in self.queue.items} == before

    @precondition(lambda self: len(self.queue) > 3)
    @rule()
    def clear(self) -> None:
        self.queue.clear()

    @rule(number=st.none() | st.integers(0, 99))
    def set_current(self, number: int | None) -> None:
        self.queue.locked_item_id = None
        self._change("set_current", None if number is None else self._some(number))

    @rule(number=st.integers(0, 99), state=st.sampled_from(["playing", "played", "skipped"]))
    def set_state(self, number: int, state: str) -> None:
        self._change("set_state", self._some(number), state)

    @rule()
    def hand_over(self) -> None:
        following = self.queue.after(self.queue.current_item_id)
        self.queue.locked_item_id = following.queue_item_id if following else None

    @invariant()
    def mirror_is_the_same(self) -> None:
        assert self.mirror.items == list(self.queue.items)
        assert self.mirror.current_item_id == self.queue.current_item_id

    @invariant()
    def consistent(self) -> None:
        ids = [each.queue_item_id for each in self.queue.items]
        assert len(ids) == len(set(ids)) <= 12
        assert sorted(self.queue.added_order) == sorted(ids)
        assert self.queue.current_item_id is None or self.queue.current_item_id in ids
        assert self.queue.locked_item_id is None or self.queue.locked_item_id in ids


TestQueue = QueueMachine.TestCase
