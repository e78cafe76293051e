"""Answers: a repeated request is not executed again, for a while and within bounds."""

import pytest

from custom_components.moosicbox.engine.delivery.frame import Frame
from custom_components.moosicbox.engine.sessions.answers import Answers
from tests.engine.fakes import SECOND

DONE = Frame(b"done")


class Asker:
    """Collects answers."""

    def __init__(self) -> None:
        self.got: list[bytes | None] = []

    def __call__(self, frame: Frame | None) -> None:
        self.got.append(None if frame is None else bytes(frame.payload))


def test_an_immediate_answer_is_stored() -> None:
    answers, again = Answers(300, 10, 1_000_000), Asker()
    assert not answers.answer_repeated("r", 0, again)
    answers.store("r", DONE)
    assert answers.answer_repeated("r", 1, again)
    assert again.got == [DONE.payload]


def test_repetitions_of_a_running_request_get_the_same_answer_once() -> None:
    answers, first, again = Answers(300, 10, 1_000_000), Asker(), Asker()
    assert not answers.answer_repeated("r", 0, first)
    answers.start("r", first)
    assert answers.answer_repeated("r", 1, again)
    assert answers.answer_repeated("r", 1, again)
    assert (first.got, again.got) == ([], [])
    answers.finish("r", DONE)
    answers.finish("r", Frame(b"twice"))
    assert (first.got, again.got) == ([DONE.payload], [DONE.payload])
    assert answers.answer_repeated("r", 2, again)
    assert again.got == [DONE.payload, DONE.payload]


def test_a_request_without_a_stored_answer_is_executed_again() -> None:
    answers, asker = Answers(300, 10, 1_000_000), Asker()
    answers.start("r", asker)
    answers.finish("r", DONE, keep=False)
    assert asker.got == [DONE.payload]
    assert not answers.answer_repeated("r", 1, asker)


@pytest.mark.parametrize("asked_at", [0, 1, 150, 299])
def test_an_answer_is_stored_for_at_least_five_minutes(asked_at: int) -> None:
    answers, asker = Answers(300, 10, 1_000_000), Asker()
    assert not answers.answer_repeated("first", 0, asker)
    answers.answer_repeated("r", asked_at * SECOND, asker)
    answers.store("r", DONE)
    # Independently of the requests in between and of the generation.
    for second in range(asked_at, asked_at + 300):
        assert not answers.answer_repeated("other", second * SECOND, asker)
    assert answers.answer_repeated("r", (asked_at + 300) * SECOND, asker)


def test_an_answer_expires() -> None:
    answers, asker = Answers(300, 10, 1_000_000), Asker()
    assert not answers.answer_repeated("r", 0, asker)
    answers.store("r", DONE)
    for minute in range(4, 20):
        if not answers.answer_repeated("r", minute * 60 * SECOND, asker):
            return
    pytest.fail("It was kept for ever")


def test_a_running_request_does_not_expire() -> None:
    answers, asker = Answers(300, 4, 1_000_000), Asker()
    answers.start("r", asker)
    for number in range(20):
        assert not answers.answer_repeated(f"other-{number}", number * 100 * SECOND, asker)
        answers.store(f"other-{number}", DONE)
    answers.finish("r", DONE)
    assert asker.got == [DONE.payload]


def test_the_number_of_answers_is_bounded() -> None:
    answers, asker = Answers(300, 10, 1_000_000), Asker()
    for number in range(100):
        assert not answers.answer_repeated(str(number), 0, asker)
        answers.store(str(number), DONE)
    kept = [number for number in range(100) if answers.answer_repeated(str(number), 0, asker)]
    assert 5 <= len(kept) <= 10
    assert kept == list(range(100 - len(kept), 100))


def test_finishing_an_unknown_request_has_no_effect() -> None:
    answers, asker = Answers(300, 2, 1_000_000), Asker()
    answers.finish("a", DONE)
    assert asker.got == []


def test_the_size_of_answers_is_bounded() -> None:
    answers, asker = Answers(300, 10_000, 1_000_000), Asker()
    for number in range(200):
        assert not answers.answer_repeated(f"r{number}", 0, asker)
        answers.store(f"r{number}", Frame(b"x" * 300_000))
    kept = [number for number in range(200) if answers.answer_repeated(f"r{number}", 0, asker)]
    assert kept
    assert len(kept) * 300_000 < 2_000_000
    assert kept[-1] == 199
