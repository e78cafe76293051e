/** Swipe a row to the left, by touch, to remove it. */

/**
 * @typedef {object} SwipeOptions
 * @property {() => boolean} allowed
 * @property {() => void} onswipe
 */

// A shorter movement is an unsteady tap; a steeper one scrolls.
const SLOP_PX = 10;
const REMOVE_PX = 96;
// A click that follows a swipe is not meant for the button below the finger.
const IGNORE_CLICK_MS = 300;

/**
 * @param {HTMLElement} row
 * @param {SwipeOptions} options
 */
export function swipeable(row, { allowed, onswipe }) {
  /** @type {{id: number, x: number, y: number, claimed: boolean, by: number} | null} */
  let held = null;
  let swipedAt = -Infinity;
  const render = (/** @type {number} */ by) => {
    row.classList.toggle("swiped", by > 0);
    row.classList.toggle("enough", by >= REMOVE_PX);
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
      render(held.by);
    }
  });
  const end = (/** @type {boolean} */ done) => {
    if (!held) {
      return;
    }
    const enough = done && held.by >= REMOVE_PX;
    if (held.claimed) {
      swipedAt = performance.now();
    }
    held = null;
    render(0);
    if (enough) {
      onswipe();
    }
  };
  row.addEventListener("pointerup", () => {
    end(true);
  });
  row.addEventListener("pointercancel", () => {
    end(false);
  });
  row.addEventListener(
    "click",
    (event) => {
      if (performance.now() - swipedAt < IGNORE_CLICK_MS) {
        event.stopPropagation();
      }
    },
    { capture: true },
  );
}
