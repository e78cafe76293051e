/** Swiping a row out to the left, by finger. */

/**
 * @typedef {object} SwipeOptions
 * @property {() => boolean} allowed
 * @property {() => void} swiped
 */

// Less is a shaky tap; and whoever goes rather up or down wants to scroll.
const SLOP_PX = 10;
const ENOUGH_PX = 96;
// The click that follows a swipe isn't meant for the button that the finger was on.
const CLICK_MS = 300;

/**
 * @param {HTMLElement} row
 * @param {SwipeOptions} options
 */
export function swipeable(row, { allowed, swiped }) {
  /** @type {{id: number, x: number, y: number, claimed: boolean, by: number} | null} */
  let held = null;
  let swipedAt = -Infinity;
  const show = (/** @type {number} */ by) => {
    row.classList.toggle("swiped", by > 0);
    row.classList.toggle("enough", by >= ENOUGH_PX);
    row.style.setProperty("--swiped", `${by}px`);
  };
  row.addEventListener("pointerdown", ({ pointerType, pointerId, clientX, clientY }) => {
    held =
      pointerType === "touch" && allowed() ? { id: pointerId, x: clientX, y: clientY, claimed: false, by: 0 } : null;
  });
  row.addEventListener("pointermove", ({ pointerId, clientX, clientY }) => {
    if (held?.id !== pointerId) {
      return;
    }
    const [left, aside] = [held.x - clientX, Math.abs(held.y - clientY)];
    if (!held.claimed && left > SLOP_PX && left > aside) {
      held.claimed = true;
      row.setPointerCapture(pointerId);
    }
    if (held.claimed) {
      held.by = Math.max(0, left);
      show(held.by);
    }
  });
  const end = (/** @type {boolean} */ done) => {
    const enough = done && held !== null && held.by >= ENOUGH_PX;
    if (held?.claimed) {
      swipedAt = performance.now();
    }
    held = null;
    show(0);
    if (enough) {
      swiped();
    }
  };
  row.addEventListener("pointerup", () => held && end(true));
  row.addEventListener("pointercancel", () => held && end(false));
  row.addEventListener("click", (event) => performance.now() - swipedAt < CLICK_MS && event.stopPropagation(), {
    capture: true,
  });
}
