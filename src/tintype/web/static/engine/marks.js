// Dabs and strokes as maps of a*, b* and confidence, and ab that honor them.

import { abOfColor } from "./color.js";
import { filled, plane } from "./planes.js";
import { edgeSmoother } from "./upsample.js";

/** @typedef {import("./planes.js").Plane} Plane @typedef {import("./planes.js").Ab} Ab */
/**
 * Places are shares of the upright photograph, sizes of its shorter side.
 * @typedef {{x: number, y: number, color: string, radius?: number, confidence?: number,
 *   reach?: "place" | "thing" | "alike"}} Hint
 * @typedef {{points: [number, number][], color: string, width?: number, confidence?: number,
 *   reach?: "place" | "thing" | "alike"}} Stroke
 */

export const RADIUS = 0.01;
export const WIDTH = 0.02;
/** As OpenCV draws disks: their places in fractions of pixels, and what they touch beyond a rim. */
const FRACTION = 16;
const RIM = 0.35;
const NEAR = 0.003;
const EDGE = 8;
const FADE = 0.01;

/**
 * A map of a*, b* and confidence: strokes, and dabs over them.
 * @param {Hint[]} hints @param {Stroke[]} strokes @param {number} width @param {number} height
 * @returns {Plane[]}
 */
export function drawn(hints, strokes, width, height) {
  const maps = [plane(width, height), plane(width, height), plane(width, height)];
  const shorter = Math.min(width, height);
  const disk = (
    /** @type {number} */ cx,
    /** @type {number} */ cy,
    /** @type {number} */ radius,
    /** @type {number[]} */ value,
  ) => {
    const put = (/** @type {number} */ x, /** @type {number} */ y) =>
      maps.forEach((map, c) => (map.data[y * width + x] = value[c]));
    put(
      Math.min(width - 1, Math.max(0, Math.floor(cx))),
      Math.min(height - 1, Math.max(0, Math.floor(cy))),
    );
    if (radius <= 0.5) return;
    const [x0, y0] = [cx, cy].map((at) => Math.round((at - 0.5) * FRACTION) / FRACTION);
    const reach = Math.round(radius * FRACTION) / FRACTION + RIM;
    for (let y = Math.max(0, Math.ceil(y0 - reach)); y <= Math.min(height - 1, y0 + reach); y++)
      for (let x = Math.max(0, Math.ceil(x0 - reach)); x <= Math.min(width - 1, x0 + reach); x++)
        if ((x - x0) ** 2 + (y - y0) ** 2 <= reach ** 2) put(x, y);
  };
  for (const { points, color, width: thick, confidence = 1 } of strokes) {
    const value = [...abOfColor(color), confidence];
    const radius = Math.max(0.5, ((thick ?? WIDTH) * shorter) / 2);
    for (let k = 0; k < points.length; k++) {
      const [x0, y0] = points[Math.max(0, k - 1)],
        [x1, y1] = points[k];
      const steps = Math.max(1, Math.ceil(Math.hypot((x1 - x0) * width, (y1 - y0) * height)));
      for (let step = 0; step <= steps; step++)
        disk(
          (x0 + ((x1 - x0) * step) / steps) * width,
          (y0 + ((y1 - y0) * step) / steps) * height,
          radius,
          value,
        );
    }
  }
  for (const { x, y, color, radius, confidence = 1 } of hints)
    disk(x * width, y * height, (radius ?? RADIUS) * shorter, [...abOfColor(color), confidence]);
  return maps;
}

/**
 * Move ab toward the hints: near them along the edges of L*, and exactly at them.
 * @param {Ab} ab @param {Plane} lightness @param {Plane[]} hint all H×W @returns {Ab}
 */
export function honored(ab, lightness, [a, b, sure]) {
  const smooth = edgeSmoother(lightness, NEAR, EDGE);
  const lack = (/** @type {Plane} */ wished, /** @type {Plane} */ own) =>
    filled(own, (i) => (wished.data[i] - own.data[i]) * sure.data[i] ** 2);
  const [near, ...moves] = smooth([sure, lack(a, ab[0]), lack(b, ab[1])]);
  const fade = FADE * near.data.reduce((most, value) => Math.max(most, value), 0);
  const each = (/** @type {Plane} */ own, /** @type {Plane} */ move, /** @type {Plane} */ wished) =>
    filled(own, (i) => {
      const moved = own.data[i] + move.data[i] / (Math.max(1e-9, near.data[i]) + fade);
      return moved + (wished.data[i] - moved) * sure.data[i];
    });
  return [each(ab[0], moves[0], a), each(ab[1], moves[1], b)];
}
