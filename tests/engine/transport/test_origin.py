"""Origins of pages that may connect."""

import pytest

from custom_components.moosicbox.engine.transport.origin import origin_allowed

ALLOWED = ("https://home.example", "http://panel.example:8080/lovelace", "https://HOME2.example:443", "nonsense")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "ha.local:8123"),
        ("http://ha.local:8123", "ha.local:8123"),
        ("https://ha.local:8123", "ha.local:8123"),
        ("http://HA.local:8123", "ha.LOCAL:8123"),
        ("http://ha.local", "ha.local"),
        ("http://ha.local", "ha.local:80"),
        ("https://ha.local", "ha.local"),
        ("https://ha.local:443", "ha.local"),
        ("http://[fe80::1]:8123", "[fe80::1]:8123"),
        ("http://192.168.1.5:8123", "192.168.1.5:8123"),
        ("https://home.example", "ha.local:8123"),
        ("https://home.example:443", "ha.local:8123"),
        ("http://panel.example:8080", "ha.local:8123"),
        ("https://home2.example", "ha.local:8123"),
    ],
)
def test_allowed_origins(origin: str | None, host: str) -> None:
    assert origin_allowed(origin, host, lambda: ALLOWED)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", "ha.local:8123"),
        ("", "ha.local:8123"),
        ("ha.local:8123", "ha.local:8123"),
        ("http://ha.local", "ha.local:8123"),
        ("http://ha.local:8124", "ha.local:8123"),
        ("https://ha.local", "ha.local:80"),
        ("http://ha.local.evil.example:8123", "ha.local:8123"),
        ("http://evil.example", "ha.local:8123"),
        ("http://ha.local:8123@evil.example", "ha.local:8123"),
        ("http://home.example", "ha.local:8123"),
        ("https://sub.home.example", "ha.local:8123"),
        ("https://home.example:8443", "ha.local:8123"),
        ("http://panel.example", "ha.local:8123"),
        ("chrome-extension://home.example", "ha.local:8123"),
        ("file://", "ha.local:8123"),
        ("http://:8123", ":8123"),
        ("http://ha.local:port", "ha.local:8123"),
        ("http://ha.local:99999", "ha.local:8123"),
        ("http://[fe80::1", "ha.local:8123"),
        ("http://evil.example", ""),
    ],
)
def test_refused_origins(origin: str, host: str) -> None:
    assert not origin_allowed(origin, host, lambda: ALLOWED)
