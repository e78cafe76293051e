"""Addresses of Home Assistant that players fetch without a login."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.adapters.own_addresses import is_open_or_signed, is_signed, sign_path

PATH = "/media/local/speech%20one.mp3"


@pytest.mark.usefixtures("entry")
async def test_a_path_is_open_with_home_assistants_signature(hass: HomeAssistant) -> None:
    signed = sign_path(hass, PATH, timedelta(minutes=5))
    assert is_signed(signed)
    assert is_open_or_signed(hass, signed)
    assert is_open_or_signed(hass, f"http://home.example:8123{signed}")
    for other in (
        PATH,
        signed.replace("one", "two"),
        f"{signed}&user=other",
        f"{signed}x",
        signed.replace("authSig=", "authSig=e30."),
        sign_path(hass, PATH, timedelta(minutes=-5)),
    ):
        assert not is_open_or_signed(hass, other), other


async def test_nothing_is_signed_without_a_web_server(hass: HomeAssistant) -> None:
    assert not is_open_or_signed(hass, f"{PATH}?authSig=e30.e30.e30")


async def test_speakers_of_this_machine_get_absolute_addresses(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Of the address that the web server listens at; all addresses include the loopback one."""
    absolute, http = entry.runtime_data.speakers._absolute, hass.http
    http.server_port = 8123
    for host, certificate, expected in (
        (None, None, "http://127.0.0.1:8123/a"),
        (["::"], None, "http://127.0.0.1:8123/a"),
        (["192.168.1.2", "10.0.0.2"], None, "http://192.168.1.2:8123/a"),
        (["fd00::1"], "cert.pem", "https://[fd00::1]:8123/a"),
    ):
        http.server_host, http.ssl_certificate = host, certificate
        assert absolute("/a") == expected
        assert absolute("https://radio.example/b") == "https://radio.example/b"
