// How old color processes show colors: tables over CIELAB, as tintype.color.process has them.

import { filled } from "./planes.js";

/** @typedef {import("./planes.js").Plane} Plane @typedef {import("./planes.js").Ab} Ab */
/** @typedef {{colors: string[], table: string}} Palette */

const STEP = 10,
  SIDE = 21; // of a* and b*, CIELAB units; nodes of each, from -100 to 100
const LEVELS = [15, 40, 60, 80, 95]; // L* of the layers of a table

/** @param {string} packed base64 of int8 @returns {Int8Array} ab by L*, a*, b* */
export const unpackedTable = (packed) =>
  Int8Array.from(atob(packed), (letter) => (letter.charCodeAt(0) << 24) >> 24);

/**
 * The table of the process whose palette these colors are, in any order; null for other colors.
 * @param {string[]} colors @param {Palette[]} palettes
 */
export function processTable(colors, palettes) {
  const key = [...colors].sort().join();
  const found = palettes.find((each) => [...each.colors].sort().join() === key);
  return found ? unpackedTable(found.table) : null;
}

/**
 * ab of natural colors as a process shows them.
 * @param {Ab} ab @param {Plane} lightness @param {Int8Array} table @returns {Ab}
 */
export function throughProcess(ab, lightness, table) {
  const node = (/** @type {number} */ v) => Math.min(SIDE - 1, Math.max(0, v / STEP + (SIDE >> 1)));
  const level = (/** @type {number} */ l) => {
    const above = LEVELS.findIndex((each) => each >= l);
    if (above < 0) return LEVELS.length - 1;
    return above === 0 ? 0 : above - (LEVELS[above] - l) / (LEVELS[above] - LEVELS[above - 1]);
  };
  return /** @type {Ab} */ (
    ab.map((_, c) =>
      filled(lightness, (i) => {
        const at = [level(lightness.data[i]), node(ab[0].data[i]), node(ab[1].data[i])];
        const low = at.map(Math.floor);
        let sum = 0;
        for (let corner = 0; corner < 8; corner++) {
          let weight = 1,
            place = 0;
          for (let axis = 0; axis < 3; axis++) {
            const up = (corner >> axis) & 1,
              share = at[axis] - low[axis];
            weight *= up ? share : 1 - share;
            place = place * SIDE + low[axis] + up; // axis 0 is the slowest
          }
          if (weight) sum += weight * table[2 * place + c];
        }
        return sum;
      }),
    )
  );
}
