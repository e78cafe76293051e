/** Icons, drawn on a grid of 24 by 24. */

const PATHS = {
  menu: "M3 6h18v2H3zM3 11h18v2H3zM3 16h18v2H3z",
  play: "M7 4.5v15l12.5-7.5z",
  pause: "M6 5h4.2v14H6zM13.8 5H18v14h-4.2z",
  stop: "M6 6h12v12H6z",
  next: "M5 5.5v13l9.5-6.5zM16 5.5h3v13h-3z",
  previous: "M19 5.5v13l-9.5-6.5zM8 5.5H5v13h3z",
  volume:
    "M3 9v6h4l5.5 5V4L7 9zM15 8.2v7.6a4.3 4.3 0 0 0 0-7.6zM15 3.4v2.2a6.9 6.9 0 0 1 0 12.8v2.2a9 9 0 0 0 0-17.2z",
  muted: "M3 9v6h4l5.5 5V4L7 9zM15 9.9 16.4 8.5l2.1 2.1 2.1-2.1L22 9.9 19.9 12l2.1 2.1-1.4 1.4-2.1-2.1-2.1 2.1-1.4-1.4 2.1-2.1z",
  note: "M9 4.5 20 2v13.2a3.2 3.2 0 1 1-2-3V7.2l-7 1.6v8.9a3.2 3.2 0 1 1-2-3z",
  speaker:
    "M7 2h10a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V4c0-1.1.9-2 2-2zM12 4.6a1.9 1.9 0 1 0 0 3.8 1.9 1.9 0 0 0 0-3.8zM12 10.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 13a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
};

/** @typedef {keyof typeof PATHS} IconName */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {IconName} name
 * @returns {SVGSVGElement} decoration; the control around it has the words
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  setIcon(svg, name);
  return svg;
}

/**
 * @param {SVGSVGElement} svg
 * @param {IconName} name
 */
export function setIcon(svg, name) {
  const path = svg.firstElementChild;
  if (path && path.getAttribute("d") !== PATHS[name]) {
    path.setAttribute("d", PATHS[name]);
  }
}
