"""The guest page, as a browser without a login receives it."""

import re

from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.moosicbox.http.panel import FRONTEND

PAGE = "/moosicbox/party/"


async def test_the_page_needs_no_login_and_loads_own_files_only(
    entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> None:
    client = await hass_client_no_auth()
    answer = await client.get(PAGE)
    assert (answer.status, answer.content_type) == (200, "text/html")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    for directive in "script-src", "style-src", "connect-src":
        assert policy[directive] == "'self'"
    assert "unsafe" not in str(policy)
    text = await answer.text()
    # The page has no inline script or style, and all its URLs are the integration's own.
    assert re.findall(r"<script(?![^>]* src=)|<style|\bon\w+=|style=", text) == []
    addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert addresses
    for address in addresses:
        assert (await client.get(address)).status == 200, address


async def test_the_manifest_makes_the_page_installable(
    entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> None:
    client = await hass_client_no_auth()
    manifest = await (await client.get(f"{PAGE}manifest.webmanifest")).json(content_type="application/manifest+json")
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == (PAGE, PAGE, "standalone")
    for icon in manifest["icons"]:
        assert (await client.get(icon["src"])).content_type == icon["type"]


def test_files_have_no_inline_styles() -> None:
    """The policy forbids `style` attributes; scripts may set `.style`."""
    for path in FRONTEND.rglob("*.js"):
        assert '"style"' not in path.read_text(), path
        assert "innerHTML" not in path.read_text(), path
