"""The time from the `play` command to the first sound of a browser, beside an audio element with the same file."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import Final, NamedTuple

from playwright.async_api import Browser, Playwright, async_playwright

from benchmarks.options import Options
from benchmarks.report import Row, median, ratio
from benchmarks.trace import traced
from script.lib.browser import chromium

from .measured_home import MeasuredHome, measured_home
from .music import title
from .tab import ARGUMENTS, LEFT, RIGHT, Tab, now, open_tab
from .thin_network import thin_network

TRACKS: Final = (
    *(("FLAC", 200), ("FLAC", 600), ("MP3", 200), ("MP3", 600)),
    *(("AAC", 200), ("Opus", 200), ("Vorbis", 200)),
)
LONG: Final = ("FLAC", 600), ("MP3", 600)
WIFI: Final = 20e6
MOBILE: Final = 4e6
SLOW: Final = 4
"""The factor by which a wall tablet's processor is slower than this machine's."""
SETTLE_SECONDS: Final = 4
TRACED_SECONDS: Final = 30


async def measure(options: Options) -> list[Row]:
    """Measure starts, skips, seeks, and playback."""
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(measured_home(TRACKS))
        playwright = await stack.enter_async_context(async_playwright())
        wifi = await stack.enter_async_context(thin_network(home.port, WIFI))
        mobile = await stack.enter_async_context(thin_network(home.port, MOBILE))
        return [
            *await _here(playwright, home, options.repetitions),
            *await _there(playwright, home, wifi, options.repetitions),
            *await _saving(playwright, home, mobile),
            *await _plain_http(playwright, home, options.repetitions),
        ]


async def _browser(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)


async def _here(playwright: Playwright, home: MeasuredHome, repetitions: int) -> list[Row]:
    browser = await _browser(playwright)
    tab = await open_tab(browser, home, f"http://127.0.0.1:{home.port}", "here")
    rows = await _starts(tab, home, "this machine", repetitions, "≤ 0.35")
    rows += await _skips(tab, home, "this machine", repetitions)
    await browser.close()
    return rows


async def _there(playwright: Playwright, home: MeasuredHome, port: int, repetitions: int) -> list[Row]:
    browser = await _browser(playwright)
    tab = await open_tab(browser, home, f"http://127.0.0.1:{port}", "there")
    await tab.throttle(SLOW)
    where = f"CPU / {SLOW}, {WIFI / 1e6:.0f} Mbit/s"
    rows = await _starts(tab, home, where, repetitions, "≤ 0.9")
    rows += await _seeks(tab, home, where, repetitions)
    rows += await _skips(tab, home, where, repetitions)
    rows += await _listening(tab, home, where)
    await browser.close()
    return rows


async def _saving(playwright: Playwright, home: MeasuredHome, port: int) -> list[Row]:
    browser = await _browser(playwright)
    tab = await open_tab(browser, home, f"http://127.0.0.1:{port}", "saving")
    await tab.save_data()
    await tab.throttle(SLOW)
    # Each track once, because the hub keeps transcoded files.
    heard = [(await _start(tab, home, title(*track))).heard for track in TRACKS if track[0] == "FLAC"]
    await browser.close()
    where = f"CPU / {SLOW}, {MOBILE / 1e6:.0f} Mbit/s, data saver"
    return [Row(f"{where}: play to sound, FLAC, transcoded meanwhile", max(heard), "s", "≤ 1.5")]


async def _plain_http(playwright: Playwright, home: MeasuredHome, repetitions: int) -> list[Row]:
    browser = await _browser(playwright)
    tab = await open_tab(browser, home, f"http://home.test:{home.port}", "plain")
    assert not await tab.page.evaluate("isSecureContext")
    track = title(*TRACKS[0])
    heard = [(await _start(tab, home, track)).heard for _ in range(repetitions)]
    await browser.close()
    return [Row(f"plain http, a name in the network: play to sound, {track} s", median(heard), "s", "≤ 0.35")]


class Start(NamedTuple):
    """Seconds from a command to its sound, and to the time that the hub's command names for it."""

    heard: float
    ordered: float


async def _start(tab: Tab, home: MeasuredHome, track: str) -> Start:
    """Play a track, after silence."""
    await home.hub.player(tab.player_id).stop()
    await asyncio.sleep(1)
    return await _command(tab, home, home.hub.player(tab.player_id).play(home.ids[track]))


async def _command(tab: Tab, home: MeasuredHome, command: Awaitable[None]) -> Start:
    """Execute a command after which the left channel is loud."""
    asked, asked_us = now(), home.hub.hub_now_us()
    await command
    heard = await tab.heard(LEFT, asked)
    return Start(heard, (await tab.due() - asked_us) / 1e6)


async def _starts(tab: Tab, home: MeasuredHome, where: str, repetitions: int, goal: str) -> list[Row]:
    await asyncio.sleep(SETTLE_SECONDS)
    rows, orders = [], []
    for kind, seconds in TRACKS:
        track = title(kind, seconds)
        ours, theirs = [], []
        for _ in range(repetitions):
            start = await _start(tab, home, track)
            ours.append(start.heard)
            orders.append(start.ordered)
            await home.hub.player(tab.player_id).stop()
            await asyncio.sleep(1)
            theirs.append(await tab.element(await home.address(track)))
        rows += [
            Row(f"{where}: play to sound, {track} s", median(ours), "s", goal),
            Row(f"{where}: audio element, {track} s", median(theirs), "s"),
            Row(f"{where}: ours : element, {track} s", ratio(ours, theirs), "×", "≤ 1.2"),
        ]
    return [
        *rows,
        Row(f"{where}: of that, until the time that the hub's command names", median(orders), "s"),
        Row(f"{where}: of that and of the element's time, until the output is audible", await tab.latency(), "s"),
    ]


async def _skips(tab: Tab, home: MeasuredHome, where: str, repetitions: int) -> list[Row]:
    player = home.hub.player(tab.player_id)
    later = []
    for _ in range(repetitions):
        await player.stop()
        await player.queue.clear()
        await player.queue.add(*(home.ids[title(*track)] for track in (("FLAC", 200), ("MP3", 200))))
        asked = now()
        await player.play()
        await tab.heard(LEFT, asked)
        # The second half is quiet on the left, so that the next track's beginning is noticed.
        asked = now()
        await player.seek(150)
        await tab.heard(RIGHT, asked)
        await asyncio.sleep(SETTLE_SECONDS)
        start = await _command(tab, home, player.next())
        later.append(start.heard - start.ordered)
    await player.stop()
    return [
        Row(
            f"{where}: skip to the prepared next item, beyond the time of the hub's command",
            median(later),
            "s",
            "≤ 0.1",
        )
    ]


async def _seeks(tab: Tab, home: MeasuredHome, where: str, repetitions: int) -> list[Row]:
    player = home.hub.player(tab.player_id)
    rows = []
    for track in LONG:
        times = []
        for number in range(repetitions):
            await player.stop()
            await _start(tab, home, title(*track))
            await asyncio.sleep(1)
            asked = now()
            await player.seek(310 + 280 * number / repetitions)
            times.append(await tab.heard(RIGHT, asked))
        rows.append(Row(f"{where}: seek in {title(*track)} s", median(times), "s", "≤ 0.8"))
    await player.stop()
    return rows


async def _listening(tab: Tab, home: MeasuredHome, where: str) -> list[Row]:
    player = home.hub.player(tab.player_id)
    # The browser collects what the starts, seeks and skips have left behind.
    async with traced(tab.page) as tasks:
        await asyncio.sleep(TRACED_SECONDS)
    rows = [Row(f"{where}: longest task while nothing plays, CPU time", max(task.cpu_ms for task in tasks), "ms")]
    for track in (("FLAC", 600), ("AAC", 200)):
        await player.play(home.ids[title(*track)])
        await asyncio.sleep(SETTLE_SECONDS)
        before = tab.worker_cpu()
        async with traced(tab.page) as tasks:
            await asyncio.sleep(TRACED_SECONDS)
        used = tab.worker_cpu() - before
        rows += [
            Row(
                f"{where}: longest task while {title(*track)} s plays, CPU time",
                max(task.cpu_ms for task in tasks),
                "ms",
                "≤ 50",
            ),
            Row(
                f"{where}: longest task while {title(*track)} s plays, without the browser's garbage collection",
                max(task.cpu_ms - task.collecting_ms for task in tasks),
                "ms",
                "≤ 50",
            ),
            Row(f"decoding {track[0]}, its worker's CPU time for a second of sound", used / TRACED_SECONDS * 1e3, "ms"),
        ]
    await player.stop()
    return rows
