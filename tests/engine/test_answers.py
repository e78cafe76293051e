"""Answers: a request id that was seen executes nothing more, for a while and within a bound."""

from custom_components.moosicbox.engine.answers import Answers
from custom_components.moosicbox.engine.frame import Frame
from tests.engine.fakes import SECOND

DONE = Frame(b"done")


class Asker:
    """Collects the answers that it gets."""

    def __init__(self) -> None:
        self.got: list[Frame | None] = []

    def __call__(self, frame: Frame | None) -> None:
        self.got.append(frame)


def test_a_new_request_runs_and_its_answer_is_kept() -> None:
    answers, first, again = Answers(300, 10), Asker(), Asker()
    assert answers.begin("r", 0, first)
    answers.finish("r", DONE)
    assert not answers.begin("r", 1, again)
    assert (first.got, again.got) == ([DONE], [DONE])


def test_whoever_asks_while_it_runs_gets_the_same_answer() -> None:
    answers, first, again = Answers(300, 10), Asker(), Asker()
    answers.begin("r", 0, first)
    assert not answers.begin("r", 1, again)
    assert not answers.begin("r", 1, again)
    assert (first.got, again.got) == ([], [])
    answers.finish("r", DONE)
    answers.finish("r", Frame(b"twice"))
    assert (first.got, again.got) == ([DONE], [DONE])


def test_what_is_not_kept_runs_again() -> None:
    answers, asker = Answers(300, 10), Asker()
    answers.begin("r", 0, asker)
    answers.finish("r", DONE, keep=False)
    assert asker.got == [DONE]
    assert answers.begin("r", 1, asker)


def test_an_answer_is_kept_five_minutes() -> None:
    answers, asker = Answers(300, 10), Asker()
    answers.begin("r", 0, asker)
    answers.finish("r", DONE)
    assert not answers.begin("r", 300 * SECOND, asker)
    assert answers.begin("r", 300 * SECOND + 1, asker)


def test_a_request_that_runs_for_long_is_not_forgotten() -> None:
    answers, asker = Answers(300, 10), Asker()
    answers.begin("r", 0, asker)
    assert not answers.begin("r", 999 * SECOND, asker)


def test_the_oldest_answer_goes_first() -> None:
    answers, asker = Answers(300, 2), Asker()
    for request_id in ("a", "b", "c"):
        answers.begin(request_id, 0, asker)
        answers.finish(request_id, DONE)
    assert answers.begin("a", 0, asker)


def test_finishing_what_is_gone_answers_nobody() -> None:
    answers, asker = Answers(300, 1), Asker()
    answers.begin("a", 0, asker)
    answers.begin("b", 0, asker)
    answers.finish("a", DONE)
    assert asker.got == []
