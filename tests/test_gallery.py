"""The pictures of the pages, with stand-ins for the browser and Home Assistant."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sys
from unittest.mock import AsyncMock, MagicMock

from playwright.async_api import Page
import pytest

from script.gallery import __main__ as gallery
from script.gallery.scenes import Scene


@pytest.mark.parametrize("fault", [RuntimeError("The button is gone\nat line 7"), TimeoutError(), None], ids=repr)
async def test_no_picture_of_an_earlier_run_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: Exception | None
) -> None:
    """A scene that fails is named at the end; the others are taken all the same."""
    published: list[Path] = []
    page = AsyncMock()
    page.locator = MagicMock()
    page.locator.return_value.first.wait_for = AsyncMock()
    page.keyboard.press = AsyncMock()
    context = AsyncMock()
    context.new_page.return_value = page

    async def get(_page: Page) -> None:
        if fault is not None:
            raise fault

    async def get_other(_page: Page) -> None:
        pass

    @asynccontextmanager
    async def anything() -> AsyncGenerator[AsyncMock]:
        yield AsyncMock(url="http://127.0.0.1:1")

    scenes = [Scene("queue", "full", "/", get), Scene("other", "full", "/", get_other)]
    for name, value in {
        "SCENES": scenes,
        "stage": anything,
        "async_playwright": anything,
        "chromium": lambda: None,
        "storage_state": lambda *_: None,
        "write_down": published.append,
        "PICTURES": ("queue-desk-light", "other-desk-light"),
    }.items():
        monkeypatch.setattr(gallery, name, value)
    monkeypatch.setattr(gallery.Photographer, "_context", AsyncMock(return_value=context))
    arguments = ["--docs", "--sizes", "desk", "--themes", "light", "--folder", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["screenshots", *arguments])
    if fault is None:
        await gallery.main()
        assert published == [tmp_path]
    else:
        with pytest.raises(SystemExit, match=r"^Not taken: queue-desk-light$"):
            await gallery.main()
        assert published == []
        reason = "The button is gone" if str(fault) else "TimeoutError()"
        assert f"queue-desk-light: {reason}\n" in capsys.readouterr().out
    assert page.screenshot.await_args.kwargs == {"path": tmp_path / "other-desk-light.png"}
