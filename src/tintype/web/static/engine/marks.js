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
/** As OpenCV draws disks: places in fractions of pixels; polygons, by degrees between corners. */
const FRACTION = 16;
const CORNER_DEGREES = [
  { below: 2.5, degrees: 90 },
  { below: 9.5, degrees: 30 },
  { below: 14.5, degrees: 18 },
  { below: Infinity, degrees: 5 },
];
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
    for (const [y, { left, right }] of diskRows(cx - 0.5, cy - 0.5, radius))
      if (y >= 0 && y < height)
        for (let x = Math.max(0, left); x <= Math.min(width - 1, right); x++) put(x, y);
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
 * The columns that OpenCV fills for a disk, by rows: between the outermost places of the outline of
 * a polygon.
 * @param {number} cx @param {number} cy @param {number} radius
 * @returns {Map<number, {left: number, right: number}>}
 */
function diskRows(cx, cy, radius) {
  const [x0, y0, r] = [cx, cy, radius].map((value) => Math.round(value * FRACTION) / FRACTION);
  const { degrees } = /** @type {{degrees: number}} */ (
    CORNER_DEGREES.find(({ below }) => r < below)
  );
  const corner = (/** @type {number} */ k) => {
    const angle = (k * degrees * Math.PI) / 180;
    return [x0 + r * Math.cos(angle), y0 + r * Math.sin(angle)];
  };
  const rows = new Map();
  const put = (/** @type {number} */ atX, /** @type {number} */ atY) => {
    const [x, y] = [Math.round(atX), Math.round(atY)];
    const { left, right } = rows.get(y) ?? { left: x, right: x };
    rows.set(y, { left: Math.min(left, x), right: Math.max(right, x) });
  };
  for (let k = 0; k < 360 / degrees; k++) {
    let [from, to] = [corner(k), corner(k + 1)];
    const isFlat = Math.abs(to[0] - from[0]) > Math.abs(to[1] - from[1]);
    if (isFlat ? to[0] < from[0] : to[1] < from[1]) [from, to] = [to, from];
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = isFlat ? dx : dy;
    for (let step = 0; step <= length; step++)
      put(from[0] + (step * dx) / length, from[1] + (step * dy) / length);
    put(to[0], to[1]);
  }
  return rows;
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
