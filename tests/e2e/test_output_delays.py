"""Delays of other systems' speakers, measured by a browser whose microphone hears a recording."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import re
import subprocess
import wave

import numpy as np
from playwright.async_api import Page, async_playwright, expect
import pytest
import pytest_asyncio
import pytest_socket

from script.lib.config_folder import INTEGRATION

from .home import Home, running_home
from .pages import misfits, still, violations
from .tabs import PHONE, Tab, Tabs

RATE = 48_000
SECONDS = 13
BEGIN_SECONDS = 3.0
"""The browser begins to play the recording when the page gets the microphone; the sounds come a little later."""
SWEEP_LEVEL = 0.5 / 2**0.5
GAIN = 0.25
MAX_MEASUREMENTS = 3
"""On a busy machine, the microphone is interrupted, or loses so much that it sounds like noise."""
AMPLIFIER = "media_player.amplifier"
MORE = """
input_text:
  played:
    max: 255

media_player:
  - platform: universal
    name: Amplifier
    commands:
      play_media:
        action: input_text.set_value
        data:
          entity_id: input_text.played
          value: "{{ media_content_id.split('?')[0] }}"
"""
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@dataclass(frozen=True)
class Mix:
    """A recording that the microphone hears."""

    delay_ms: float | None
    """How much later the output's sound is; `None` if it isn't heard."""
    pink: bool = False
    echo_ms: float = 0.0
    noise: float = SWEEP_LEVEL * GAIN
    """The root of the mean square of the noise; the default is 0 dB below the sweeps."""

    def write(self, path: Path) -> None:
        """Write it as a WAV file."""
        random = np.random.default_rng(1)
        noise = random.standard_normal(SECONDS * RATE)
        if self.pink:
            spectrum = np.fft.rfft(noise)
            noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))))
        samples = noise * self.noise / np.sqrt(np.mean(noise**2))
        for name, late_ms in (("reference", 0.0), ("output", self.delay_ms)):
            if late_ms is not None:
                sound = decoded(name)
                for echo_ms, gain in ((0.0, 1.0), (self.echo_ms, 0.6 if self.echo_ms else 0.0)):
                    begin = round((BEGIN_SECONDS + (late_ms + echo_ms) / 1000) * RATE)
                    samples[begin : begin + len(sound)] += GAIN * gain * sound
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())


def decoded(name: str) -> np.ndarray:
    """Return one of the test sounds."""
    file = INTEGRATION / "frontend" / "measurement" / f"{name}.flac"
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-ar", str(RATE), "-f", "f32le", "-"]
    result = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own words
    return np.frombuffer(result.stdout, "<f4")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Home]:
    """A Home Assistant with a media player of another integration."""
    pytest_socket.enable_socket()
    async with running_home(tmp_path_factory.mktemp("home"), more=MORE) as home:
        yield home
        assert home.complaints() == []


@asynccontextmanager
async def phone(home: Home, arguments: tuple[str, ...], url: str | None = None) -> AsyncIterator[Page]:
    """Open the panel on a phone that plays, with the amplifier as an output of its player, and its section opened."""
    async with async_playwright() as playwright:
        tabs = Tabs(playwright, home, arguments)
        context = await tabs.context(viewport=PHONE, url=url)
        tab = Tab(await context.new_page())
        page = tab.page
        await page.goto("/moosicbox/listen")
        await page.get_by_label("Name of this player").fill("Phone")
        await page.get_by_role("button", name="Play on this device").click()
        await home.api.wait_for_state("media_player.phone", lambda state: state["state"] != "unavailable")
        await home.api.call("media_player.join", entity_id="media_player.phone", group_members=[AMPLIFIER])
        await page.get_by_text("Delay of other speakers").click()
        await expect(page.get_by_role("listitem").filter(has_text="Amplifier")).to_be_visible()
        try:
            yield page
            assert tab.errors == []
        finally:
            await context.close()
            await tabs.close()
            await home.forget_all()


def microphone(path: Path, mix: Mix) -> tuple[str, ...]:
    mix.write(path / "heard.wav")
    return (*MICROPHONE, f"--use-file-for-fake-audio-capture={path / 'heard.wav'}")


@pytest.mark.parametrize(
    "mix", [Mix(412.3), Mix(2341.7, pink=True, echo_ms=17)], ids=["white noise", "pink noise and an echo"]
)
async def test_a_delay_is_proposed_and_saved(home: Home, tmp_path: Path, mix: Mix) -> None:
    assert mix.delay_ms is not None
    async with phone(home, microphone(tmp_path, mix)) as page:
        row = page.get_by_role("listitem").filter(has_text="Amplifier")
        await expect(row).to_contain_text("0 ms")
        for _ in range(MAX_MEASUREMENTS):
            await page.get_by_role("button", name="Measure").click()
            await expect(page.get_by_role("button", name="Stop measuring")).to_be_visible()
            await expect(row).to_contain_text(re.compile("instead of|noisy|heard|interrupted"))
            if "instead of" in await row.inner_text():
                break
        await expect(row).to_contain_text("ms instead of 0 ms")
        proposed = float((await row.inner_text()).split("\n")[1].split(" ms")[0])
        assert abs(proposed - mix.delay_ms) < 5
        played = await home.api.state("input_text.played")
        assert played is not None
        assert played["state"].endswith("/measurement/output.flac")
        await still(page)
        assert await violations(page, "moosicbox-panel") == []
        assert await misfits(page, "moosicbox-panel") == []
        number = "number.phone_delay_of_amplifier"
        unchanged = await home.api.state(number)
        assert unchanged is not None
        assert float(unchanged["state"]) == 0
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("The delays are saved.")).to_be_visible()
        saved = await home.api.wait_for_state(number, lambda state: float(state["state"]) > 0)
        assert float(saved["state"]) == proposed
        await expect(row).to_contain_text(f"{proposed:.0f} ms")


async def test_what_is_wrong_is_said(home: Home, tmp_path: Path) -> None:
    async with phone(home, microphone(tmp_path, Mix(None, noise=0.0005))) as page:
        await page.get_by_role("button", name="Measure").click()
        await expect(page.get_by_text("Not heard. Turn the speaker up, or go nearer.")).to_be_visible()
        await expect(page.get_by_text("Done. No delay could be measured.")).to_be_visible()
        await expect(page.get_by_role("button", name="Save")).to_be_hidden()


async def test_a_refused_microphone_is_named(home: Home) -> None:
    async with phone(home, (MICROPHONE[0], f"{MICROPHONE[1]}=deny")) as page:
        await page.get_by_role("button", name="Measure").click()
        await expect(page.get_by_text("The microphone isn't allowed.")).to_be_visible()
        await expect(page.get_by_role("button", name="Measure")).to_be_visible()
        async with home.language("de"):
            await page.reload()
            await page.get_by_text("Verzögerung anderer Lautsprecher").click()
            await page.get_by_role("button", name="Messen").click()
            await expect(page.get_by_text("Das Mikrofon ist nicht erlaubt.")).to_be_visible()
            await still(page)
            assert await misfits(page, "moosicbox-panel") == []


async def test_a_page_by_plain_http_says_that_it_needs_https(home: Home) -> None:
    async with phone(home, MICROPHONE, url=f"http://home.test:{home.port}") as page:
        await page.get_by_role("button", name="Measure").click()
        await expect(page.get_by_text("Browsers allow the microphone on secure pages only.")).to_be_visible()
