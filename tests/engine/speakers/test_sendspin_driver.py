"""The driver of a Sendspin speaker: its volume, and what it needs."""

from types import SimpleNamespace
from typing import Any

from aiosendspin.models import AudioCodec
from aiosendspin.models.player import SupportedAudioFormat
import pytest

from custom_components.moosicbox.engine.speakers.sendspin.driver import SendspinDriver

FORMAT = SupportedAudioFormat(codec=AudioCodec.PCM, sample_rate=48_000, bit_depth=16, channels=2)


class FakeRole:
    """A role whose speaker answers when the test says so."""

    def __init__(self) -> None:
        self.volume, self.muted = 50, False
        self.commands: list[tuple[str, object]] = []
        self.preferred_format = self.preferred_codec = None

    def set_volume(self, volume: int) -> None:
        self.commands.append(("volume", volume))

    def set_mute(self, muted: bool) -> None:
        self.commands.append(("mute", muted))

    def get_required_lead_time_us(self) -> int:
        return 250_000

    def get_min_buffer_us(self) -> int:
        return 200_000

    def get_output_delay_us(self) -> int:
        return 0


@pytest.fixture
def role() -> FakeRole:
    return FakeRole()


@pytest.fixture
def driver(role: FakeRole) -> SendspinDriver:
    support = SimpleNamespace(supported_formats=[FORMAT], buffer_capacity=1_000_000)
    client: Any = SimpleNamespace(info=SimpleNamespace(player_support=support))
    any_role: Any = role
    return SendspinDriver(client, any_role, lambda _work: None, None)


def test_an_older_report_is_no_change_at_the_speaker(driver: SendspinDriver, role: FakeRole) -> None:
    driver.set_volume(0.33, muted=False)
    assert driver.take_volume() is None
    role.volume = 33
    assert driver.take_volume() is None
    role.volume = 40
    assert driver.take_volume() == (0.4, False)


def test_a_speaker_with_coarse_steps_is_still_heard(driver: SendspinDriver, role: FakeRole) -> None:
    driver.set_volume(0.33, muted=False)
    role.volume = 34
    assert driver.take_volume() == (0.34, False)
    role.volume = 60
    assert driver.take_volume() == (0.6, False)
    driver.set_volume(0.33, muted=False)
    assert role.commands == [("volume", 33), ("volume", 33)]


def test_a_changed_need_is_noticed(driver: SendspinDriver, role: FakeRole) -> None:
    assert not driver.needs_changed()
    role.get_min_buffer_us = lambda: 900_000  # type: ignore[method-assign]
    assert driver.needs_changed()


def test_a_need_that_cant_be_met_is_a_change(driver: SendspinDriver) -> None:
    driver._client.info.player_support = None
    assert driver.needs_changed()
