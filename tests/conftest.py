"""What every test of the integration needs."""

import pytest

# Home Assistant's test folder of the same name must not be found first.
import custom_components  # noqa: F401


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let a test's Home Assistant load the integration from this repository."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Override the fixture of Home Assistant's plugin that switches asyncio's debug mode on.

    Its tracebacks take half of a test's set-up time. `PYTHONASYNCIODEBUG=1 script/test` switches it on.
    """
