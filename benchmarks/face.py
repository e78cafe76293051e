"""The panel in a real Chromium: the time until it can be used, its size, scrolling of a long queue, and updates of other tabs."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
import tempfile
from typing import Any, Final

from playwright.async_api import Browser, Page, async_playwright

from script.lib.browser import chromium, storage_state
from script.lib.client import HomeAssistantClient
from script.lib.config_folder import ConfigFolder
from script.lib.music import write_songs
from script.lib.process import HomeAssistantProcess, free_port

from .options import Options
from .report import Row, median
from .trace import traced

ARGUMENTS: Final = ["--no-sandbox", "--disable-background-networking"]
ROOM: Final = "Long queue"
ENTITY: Final = "media_player.long_queue"
QUEUE: Final = 10_000
AT_ONCE: Final = 1_000
CHANGES: Final = 60
# Opens the panel like a click in the sidebar, with Home Assistant's frontend loaded, and waits until it takes commands.
OPENED = """() => new Promise((resolve) => {
  const started = performance.now();
  history.pushState(null, "", "/moosicbox");
  dispatchEvent(new CustomEvent("location-changed", {detail: {replace: false}}));
  const look = () => {
    const panel = document.querySelector("home-assistant").shadowRoot.querySelector("home-assistant-main")
      .shadowRoot.querySelector("moosicbox-panel");
    const button = panel?.shadowRoot.querySelector(".setup button");
    const connecting = panel?.shadowRoot.querySelector(".notices .notice:not([hidden])");
    if (button?.getClientRects().length && !button.disabled && !connecting) {
      resolve(performance.now() - started);
    } else {
      requestAnimationFrame(look);
    }
  };
  look();
})"""
WEIGHT = """() => performance.getEntriesByType("resource")
  .filter(({name}) => name.includes("/moosicbox/static/"))
  .reduce((sum, {encodedBodySize}) => sum + encodedBodySize, 0)"""
# Scrolls by wheel-sized steps through the whole queue and back, one step for each picture.
SCROLLED = """() => new Promise((resolve) => {
  const list = document.querySelector("home-assistant").shadowRoot.querySelector("home-assistant-main")
    .shadowRoot.querySelector("moosicbox-panel").shadowRoot.querySelector(".virtual-list");
  let pictures = 0;
  const step = () => {
    pictures += 1;
    // Mostly as people scroll, now and then as they drag the scroll bar.
    list.scrollTop = pictures % 40 === 0 ? (pictures * 9973 * 64) % list.scrollHeight : list.scrollTop + 240;
    if (pictures < 600) {
      requestAnimationFrame(step);
    } else {
      setTimeout(() => resolve(list.querySelectorAll(".row.pending").length), 1500);
    }
  };
  step();
})"""
BUTTON: Final = """document.querySelector("home-assistant").shadowRoot.querySelector("home-assistant-main")
  .shadowRoot.querySelector("moosicbox-panel").shadowRoot.querySelector(".controls button:last-child")"""
WATCH = f"""() => {{
  window.seen = [];
  const note = () => window.seen.push(performance.timeOrigin + performance.now());
  new MutationObserver(note).observe({BUTTON}, {{attributes: true, attributeFilter: ["aria-label"]}});
}}"""
CHANGE = f"""() => {{
  const at = performance.timeOrigin + performance.now();
  {BUTTON}.click();
  return at;
}}"""


async def measure(options: Options) -> list[Row]:
    """Measure opening, scrolling and updates."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        client = await stack.enter_async_context(_home_assistant(folder))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        stack.push_async_callback(browser.close)
        return [
            *await _opening(browser, client, options.repetitions),
            *await _scrolling(browser, client, options.repetitions),
            *await _changes(browser, client),
        ]


async def _opening(browser: Browser, client: HomeAssistantClient, repetitions: int) -> list[Row]:
    times, weights = [], []
    for _ in range(repetitions):
        page = await _page(browser, client, "/profile")
        await page.get_by_role("link", name="MoosicBox").first.wait_for()
        await page.wait_for_load_state("networkidle")
        times.append(await page.evaluate(OPENED) / 1000)
        weights.append(await page.evaluate(WEIGHT) / 1024)
        await page.context.close()
    return [
        Row("from the click in the sidebar to a panel that takes commands, nothing cached", median(times), "s", "≤ 1"),
        Row("its own files until then", median(weights), "KiB", "≤ 150"),
    ]


async def _scrolling(browser: Browser, client: HomeAssistantClient, repetitions: int) -> list[Row]:
    await client.call("moosicbox.create_room", name=ROOM, control="everyone")
    await client.wait_for_state(ENTITY, lambda _: True)
    song = (await client.ask("moosicbox.search_library", query="Copper Rain"))["items"][0]["track_id"]
    for _ in range(QUEUE // AT_ONCE):
        await client.call("moosicbox.queue_add", entity_id=ENTITY, track_ids=[song] * AT_ONCE)
    page = await _room(browser, client)
    await page.get_by_text("10,000 items").wait_for()
    longest, missing = [], 0
    for _ in range(repetitions):
        async with traced(page) as tasks:
            missing += await page.evaluate(SCROLLED)
        longest.append(max(task.cpu_ms for task in tasks))
    await page.context.close()
    return [
        Row(f"longest task while a queue of {QUEUE:,} scrolls, CPU time", median(longest), "ms", "≤ 50"),
        Row("rows in sight that had not come a moment later", missing, "rows", "≤ 0"),
    ]


async def _changes(browser: Browser, client: HomeAssistantClient) -> list[Row]:
    one, other = await _room(browser, client), await _room(browser, client)
    for page in one, other:
        await page.evaluate(WATCH)
    delays = []
    for index in range(CHANGES):
        changed = await one.evaluate(CHANGE)
        for page in one, other:
            await page.wait_for_function("(index) => window.seen.length > index", arg=index)
        delays.append(await other.evaluate(f"window.seen[{index}]") - changed)
    delays.sort()
    return [
        Row("a change by one tab on the page of another, median", median(delays), "ms"),
        Row("95th percentile", delays[int(len(delays) * 0.95)], "ms", "≤ 100"),
    ]


async def _room(browser: Browser, client: HomeAssistantClient) -> Page:
    page = await _page(browser, client, "/moosicbox/rooms")
    card = page.get_by_role("region", name=ROOM, exact=True)
    await card.get_by_role("button", name="Join").or_(card.get_by_role("button", name="Open")).first.click()
    await page.get_by_role("region", name=f"Controls of {ROOM}").wait_for()
    return page


async def _page(browser: Browser, client: HomeAssistantClient, path: str) -> Page:
    logged_in: Any = storage_state(client, client.url)
    context = await browser.new_context(
        base_url=client.url, storage_state=logged_in, locale="en-GB", viewport={"width": 1280, "height": 800}
    )
    page = await context.new_page()
    await page.goto(path)
    return page


@asynccontextmanager
async def _home_assistant(folder: Path) -> AsyncGenerator[HomeAssistantClient]:
    port = free_port()
    config = ConfigFolder(folder / "config")
    config.write(port=port, log_level="warning")
    await write_songs(config.media)
    process = HomeAssistantProcess(config, port, folder / "home-assistant.log")
    try:
        await process.start()
        async with HomeAssistantClient(process.url) as client:
            await client.log_in()
            await client.wait_until_running()
            await client.set_up_integration()
            yield client
    finally:
        await process.stop()
