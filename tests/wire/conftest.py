"""What tests of the wire share."""

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
from .tokens import forge  # noqa: F401

JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Whatever a test does: no token and no session's secret is written down."""
    made: list[str] = []
    token_urlsafe = secrets.token_urlsafe

    def remember(size: int | None = None) -> str:
        made.append(token_urlsafe(size))
        return made[-1]

    monkeypatch.setattr(secrets, "token_urlsafe", remember)
    caplog.set_level(logging.DEBUG, "custom_components.moosicbox")
    yield
    # The test's own storage writes to the log what it stores, the web server the addresses that it was asked for.
    log = "\n".join(
        logging.Formatter().format(record)
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if not record.name.startswith(("pytest_homeassistant", "aiohttp.access"))
    )
    assert JWT.search(log) is None
    assert [secret for secret in made if secret in log] == []
