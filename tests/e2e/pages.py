"""Steps of tests: actions of people on the pages, and checks of a page."""

import re
from typing import Any

from playwright.async_api import Page, expect

from script.lib.config_folder import REPOSITORY

from .tabs import Tab

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
# Only ours: Home Assistant's own frame around the panel is not this project's.
AXE_RUN = """async (root) => {
  const {violations} = await axe.run(root, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]});
  return violations.map(({id, nodes}) => `${id}: ${nodes.map(({target, failureSummary}) => `${target} ${failureSummary}`).join(" | ")}`);
}"""

# No animation changes the page any more; endless ones, such as the bars of a playing song, don't count.
STILL = """() => {
  const elements = (root) =>
    [...root.querySelectorAll("*")].flatMap((element) => [element, ...(element.shadowRoot ? elements(element.shadowRoot) : [])]);
  const ends = (animation) => Number.isFinite(animation.effect.getComputedTiming().endTime);
  return (
    document.fonts.status === "loaded" &&
    elements(document)
      .flatMap((element) => element.getAnimations())
      .every((animation) => animation.playState !== "running" || !ends(animation))
  );
}"""


async def still(page: Page) -> None:
    """Wait until fonts are loaded and transitions are over, so that colours and sizes are final."""
    await page.wait_for_function(STILL)


async def card_shown(page: Page) -> None:
    """Wait until a dashboard shows our card.

    Home Assistant shows an error for a card whose element is defined late, as on a busy machine, and then may keep it until
    the page is loaded anew.
    """
    error = page.get_by_text(re.compile("^(Configuration error|Konfigurationsfehler)$"))
    await expect(page.locator("moosicbox-card").or_(error).first).to_be_visible()
    if await error.count():
        await page.reload()


async def make_room(tab: Tab, name: str, control: str = "host") -> None:
    """Make a room on the page of rooms, and be in it."""
    page = tab.page
    await page.get_by_role("link", name="Rooms").click()
    await page.get_by_role("button", name="Create room").click()
    dialog = page.get_by_role("dialog", name="Create room")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Playback is controlled by").select_option(control)
    await dialog.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("region", name=f"Controls of {name}")).to_be_visible()


async def invite_link(tab: Tab) -> str:
    """Make an invite as a host does, and return its link."""
    page = tab.page
    await page.get_by_role("tab", name="People").click()
    await page.get_by_role("button", name="Invite").click()
    await expect(page.get_by_role("img", name="QR code of the invite")).to_be_visible()
    link = await page.get_by_label("Invite link").input_value()
    await page.get_by_role("button", name="Close", exact=True).click()
    return link


async def come_in(page: Page, name: str) -> None:
    """Join by the form of the guests' page."""
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_role("tab", name="People")).to_be_visible()


async def rows_of(page: Page) -> list[str]:
    """Return the titles in the queue, in the order on the screen."""
    rows = page.get_by_role("list", name="Queue").get_by_role("listitem")
    return [await row.locator(".row-title").inner_text() for row in await rows.all()]


async def violations(page: Page, selector: str) -> Any:
    """Return the violations that axe finds in a part of the page."""
    # Not as a script of the page: the guests' page allows none but its own.
    await page.evaluate(AXE.read_text())
    root = await page.locator(selector).first.element_handle()
    return await page.evaluate(AXE_RUN, root)


# Elements that stick out of the screen or lie under the bars. Elements that scroll sideways may be wider.
MISFITS = """(root) => {
  const box = (element) => element.getBoundingClientRect();
  const shown = (element) => element.checkVisibility() && box(element).width > 1;
  const scrolls = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement) {
      if (["auto", "scroll", "hidden"].includes(getComputedStyle(at).overflowX) && box(at).right <= innerWidth + 1) return true;
    }
    return false;
  };
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the screen");
  const [header, nav] = [root.querySelector("header"), root.querySelector("nav")];
  const main = root.querySelector("main");
  if (box(main).top < box(header).bottom - 1) found.push("the header lies on the page");
  if (nav && box(nav).top > 100 && box(main).bottom > box(nav).top + 1) found.push("the bar of pages lies on the page");
  if (main.scrollWidth > main.clientWidth) found.push(`the page is ${main.scrollWidth} wide`);
  for (const element of root.querySelectorAll("main *, header *, nav *")) {
    const { left, right } = box(element);
    if (shown(element) && (right > innerWidth + 1 || left < -1) && !scrolls(element)) {
      found.push(`${element.tagName}.${element.className} from ${Math.round(left)} to ${Math.round(right)}`);
    }
  }
  for (const button of root.querySelectorAll("main button, header button")) {
    if (shown(button) && button.scrollWidth > button.clientWidth + 1 && getComputedStyle(button).overflow !== "hidden") {
      found.push(`words stick out of “${button.textContent}”`);
    }
  }
  return found;
}"""


async def misfits(page: Page, selector: str) -> list[str]:
    """Return descriptions of the elements that do not fit on the screen."""
    return await page.locator(selector).first.evaluate(f"(element) => ({MISFITS})(element.shadowRoot)")  # type: ignore[no-any-return]
