/** A QR code as an image. */
import { correction, generate } from "../../vendor/lean-qr/lean-qr.js";
import { svg } from "../dom.js";

// The quiet zone that scanners need, in modules.
const QUIET = 4;

/**
 * @param {string} text
 * @param {string} label
 * @returns {SVGSVGElement}
 */
export function qrCode(text, label) {
  const code = generate(text, { minCorrectionLevel: correction.M });
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      path += code.get(x, y) ? `M${x} ${y}h1v1h-1z` : "";
    }
  }
  const side = code.size + 2 * QUIET;
  return svg(
    "svg",
    {
      class: "qr",
      viewBox: `${-QUIET} ${-QUIET} ${side} ${side}`,
      role: "img",
      "aria-label": label,
      "shape-rendering": "crispEdges",
    },
    // Scanners need dark on light, whatever the theme.
    svg("rect", { x: String(-QUIET), y: String(-QUIET), width: String(side), height: String(side), fill: "#fff" }),
    svg("path", { d: path, fill: "#000" }),
  );
}
