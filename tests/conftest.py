"""What every test of the integration needs."""

import pytest

# Home Assistant's test folder of the same name must not be found first.
import custom_components  # noqa: F401


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let a test's Home Assistant load the integration from this repository."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")
