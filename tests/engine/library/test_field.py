"""Unusual files as users have them, scanned by the real scanner."""

from collections.abc import AsyncGenerator
import sys

import pytest
import pytest_asyncio

from script.field import main
from script.lib.field.case import Case
from script.lib.field.cases import CASES
from script.lib.field.run import Found, scanned

pytestmark = pytest.mark.process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Found]:
    """The library with the files of all cases: they are scanned together."""
    async with scanned(CASES, tmp_path_factory.mktemp("field")) as library:
        yield library


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_library_has_what_the_files_hold(case: Case, found: Found) -> None:
    assert await found.differences(case) == []


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_an_unknown_case_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["field", CASES[0].name, "no-such-case"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "there is no case no-such-case" in capsys.readouterr().err
