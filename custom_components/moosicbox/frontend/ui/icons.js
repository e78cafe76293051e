/** Icons, as paths on a grid of 24 by 24. */
import { svg } from "./dom.js";

const PATHS = {
  menu: "M3 6h18v2H3zM3 11h18v2H3zM3 16h18v2H3z",
  play: "M7 4.5v15l12.5-7.5z",
  pause: "M6 5h4.2v14H6zM13.8 5H18v14h-4.2z",
  stop: "M6 6h12v12H6z",
  next: "M5 5.5v13l9.5-6.5zM16 5.5h3v13h-3z",
  previous: "M19 5.5v13l-9.5-6.5zM8 5.5H5v13h3z",
  shuffle:
    "M15 4h5v5l-1.8-1.8-10.9 11-1.5-1.4 11-11zM5.8 5.3l4.4 4.4-1.5 1.4-4.3-4.3zM14.3 13.2l3.4 3.3L20 14.5v5.5h-5.5l1.8-2-3.4-3.4z",
  repeat: "M7 7h10v3l4.2-4L17 2v3H5v6h2zM17 17H7v-3l-4.2 4L7 22v-3h12v-6h-2z",
  repeatOne: "M7 7h10v3l4.2-4L17 2v3H5v6h2zM17 17H7v-3l-4.2 4L7 22v-3h12v-6h-2zM13 15V9h-1.2l-2 1v1.1h1.7V15z",
  volume: "M3 9v6h4l5.5 5V4L7 9zM15 8.2v7.6a4.3 4.3 0 0 0 0-7.6zM15 3.4v2.2a6.9 6.9 0 0 1 0 12.8v2.2a9 9 0 0 0 0-17.2z",
  muted:
    "M3 9v6h4l5.5 5V4L7 9zM15 9.9 16.4 8.5l2.1 2.1 2.1-2.1L22 9.9 19.9 12l2.1 2.1-1.4 1.4-2.1-2.1-2.1 2.1-1.4-1.4 2.1-2.1z",
  note: "M9 4.5 20 2v13.2a3.2 3.2 0 1 1-2-3V7.2l-7 1.6v8.9a3.2 3.2 0 1 1-2-3z",
  speaker:
    "M7 2h10a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V4c0-1.1.9-2 2-2zM12 4.6a1.9 1.9 0 1 0 0 3.8 1.9 1.9 0 0 0 0-3.8zM12 10.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 13a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  lyrics: "M3 5h18v2H3zM3 9h12v2H3zM3 13h9v2H3zM3 17h6v2H3zM18 10.2l3-.7v2l-2 .5v5a2.3 2.3 0 1 1-1-1.9z",
  chapters: "M3 4h4v4H3zM9 5h12v2H9zM3 10h4v4H3zM9 11h12v2H9zM3 16h4v4H3zM9 17h12v2H9z",
  queue: "M3 5h12v2H3zM3 10h12v2H3zM3 15h8v2H3zM14 14v7l6-3.5z",
  people:
    "M9 11.5a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4zM2 20v-2.2c0-2.7 4-4.1 7-4.1s7 1.4 7 4.1V20zM16 11.5a3.7 3.7 0 0 0 0-7.4c-.4 0-.8.1-1.2.2a5.7 5.7 0 0 1 0 7c.4.1.8.2 1.2.2zM17.5 13.9c.9 1 1.5 2.3 1.5 3.9V20h3v-2.2c0-2-2.2-3.3-4.5-3.9z",
  chat: "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H8l-6 5V5c0-1.1.9-2 2-2zM6 7v2h12V7zM6 11v2h8v-2z",
  radio:
    "M20 7H9.3l8-3.3-.7-1.8L3.2 7.4C2.5 7.7 2 8.4 2 9.2V20a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2V9a2 2 0 0 0-2-2zM7 20a3 3 0 1 1 0-6 3 3 0 0 1 0 6zM20 12h-2v-2h-2v2H4V9h16z",
  library:
    "M4 6H2v14a2 2 0 0 0 2 2h14v-2H4zM20 2H8a2 2 0 0 0-2 2v12c0 1.1.9 2 2 2h12a2 2 0 0 0 2-2V4a2 2 0 0 0-2-2zM18 7h-3v5.5a2.5 2.5 0 1 1-1.5-2.3V5H18z",
  search: "M10 3a7 7 0 0 1 5.5 11.3l5.2 5.2-1.4 1.4-5.2-5.2A7 7 0 1 1 10 3zm0 2a5 5 0 1 0 0 10 5 5 0 0 0 0-10z",
  add: "M11 4h2v7h7v2h-7v7h-2v-7H4v-2h7z",
  less: "M4 11h16v2H4z",
  more: "M12 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM12 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM12 16a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  close: "M5.4 6.8 6.8 5.4 12 10.6l5.2-5.2 1.4 1.4L13.4 12l5.2 5.2-1.4 1.4L12 13.4l-5.2 5.2-1.4-1.4L10.6 12z",
  drag: "M4 9h16v2H4zM4 13h16v2H4z",
  invite:
    "M15 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM6 10V7H4v3H1v2h3v3h2v-3h3v-2zM15 14c-2.7 0-8 1.3-8 4v2h16v-2c0-2.7-5.3-4-8-4z",
  settings:
    "M3 17v2h6v-2zM3 5v2h10V5zM13 21v-2h8v-2h-8v-2h-2v6zM7 9v2H3v2h4v2h2V9zM21 13v-2H11v2zM15 9h2V7h4V5h-4V3h-2z",
  leave: "M10 17v-3H3v-4h7V7l5 5zM12 3h7a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-7v-2h7V5h-7z",
  heart:
    "M12 20.5 10.6 19.2C5.4 14.5 2 11.4 2 7.7 2 4.6 4.4 2.2 7.5 2.2c1.7 0 3.4.8 4.5 2.1a6 6 0 0 1 4.5-2.1c3.1 0 5.5 2.4 5.5 5.5 0 3.7-3.4 6.8-8.6 11.5zM7.5 4.2A3.5 3.5 0 0 0 4 7.7c0 2.8 3 5.6 8 10.1 5-4.5 8-7.3 8-10.1a3.5 3.5 0 0 0-6.6-1.7h-2.8a3.6 3.6 0 0 0-3.1-1.8z",
  hearted:
    "M12 20.5 10.6 19.2C5.4 14.5 2 11.4 2 7.7 2 4.6 4.4 2.2 7.5 2.2c1.7 0 3.4.8 4.5 2.1a6 6 0 0 1 4.5-2.1c3.1 0 5.5 2.4 5.5 5.5 0 3.7-3.4 6.8-8.6 11.5z",
  check: "M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z",
  alarm:
    "M12 6a8 8 0 1 0 0 16 8 8 0 0 0 0-16zm0 2a6 6 0 1 1 0 12 6 6 0 0 1 0-12zM11 10h2v4l3 1.8-1 1.6-4-2.5zM6.3 2.9 7.6 4.4 3 8.3 1.7 6.8zM17.7 2.9l4.6 3.9L21 8.3l-4.6-3.9z",
  hub: "M5 19h3v-8H5zM10.5 19h3V5h-3zM16 19h3v-5h-3z",
  back: "M20 11H7.8l5.6-5.6L12 4l-8 8 8 8 1.4-1.4L7.8 13H20z",
  send: "M3 20.5 22 12 3 3.5V10l12 2-12 2z",
  down: "M7.4 8.6 12 13.2l4.6-4.6L18 10l-6 6-6-6z",
  party: "M12 3 2 12h3v8h6v-5h2v5h6v-8h3zM12 8.5a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4z",
  copy: "M16 1H4a2 2 0 0 0-2 2v14h2V3h12zM19 5H8a2 2 0 0 0-2 2v14c0 1.1.9 2 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2zM19 21H8V7h11z",
  key: "M7 14a5 5 0 1 1 4.7-6.7L21 7.3V11h-2v3h-4v-3h-3.3A5 5 0 0 1 7 14zM7 7a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  lock: "M17 9h-1V7a4 4 0 0 0-8 0v2H7a2 2 0 0 0-2 2v8c0 1.1.9 2 2 2h10a2 2 0 0 0 2-2v-8a2 2 0 0 0-2-2zM10 7a2 2 0 0 1 4 0v2h-4z",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * @param {IconName} name
 * @returns {SVGSVGElement} hidden from screen readers: the control that contains it has a label
 */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}

/**
 * @param {SVGSVGElement} image
 * @param {IconName} name
 */
export function setIcon(image, name) {
  const path = image.firstElementChild;
  if (path && path.getAttribute("d") !== PATHS[name]) {
    path.setAttribute("d", PATHS[name]);
  }
}
