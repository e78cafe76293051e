"""Fixtures of the wire tests."""

from collections.abc import Generator
import logging
import re
import secrets

import pytest

from tests.fixtures import (  # noqa: F401
    advance,
    clock,
    connect,
    controller,
    create_token,
    entry,
    http,
    hub,
    kitchen,
    lose,
    media_folder,
    songs,
    token,
)

from .poller import poll  # noqa: F401
from .rooms import ada, ben, party  # noqa: F401
from .tokens import forge, outlive  # noqa: F401

JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Fail if a test writes a token or a session's secret to the log."""
    made: list[str] = []
    token_urlsafe = secrets.token_urlsafe

    def remember(size: int | None = None) -> str:
        made.append(token_urlsafe(size))
        return made[-1]

    monkeypatch.setattr(secrets, "token_urlsafe", remember)
    caplog.set_level(logging.DEBUG, "custom_components.moosicbox")
    yield
    # The test's own storage logs its content, the web server logs requested URLs.
    log = "\n".join(
        logging.Formatter().format(record)
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if not record.name.startswith(("pytest_homeassistant", "aiohttp.access"))
    )
    assert JWT.search(log) is None
    assert [secret for secret in made if secret in log] == []
