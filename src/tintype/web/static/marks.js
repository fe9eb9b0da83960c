// Marks are dabs and strokes of color, numbered as one list: dabs first, then strokes.

/**
 * @typedef {import("./guidance.js").Settings} Settings @typedef {import("./guidance.js").Hint} Hint
 * @typedef {import("./guidance.js").ColorStroke} ColorStroke
 * @typedef {import("./guidance.js").Point} Point
 * @typedef {{hints: Hint[], strokes: ColorStroke[]}} Marks
 */

const inside = (/** @type {number} */ share) => Math.min(1, Math.max(0, share));

/** @param {Marks} marks */
export const countMarks = ({ hints, strokes }) => hints.length + strokes.length;

/** @param {Marks} marks @param {number} index @returns {Hint | ColorStroke | undefined} */
export const markAt = ({ hints, strokes }, index) => hints[index] ?? strokes[index - hints.length];

/** The place that a mark is spoken of at. @param {Hint | ColorStroke} mark @returns {Point} */
export function placeOfMark(mark) {
  if ("points" in mark) return mark.points[mark.points.length >> 1];
  return [mark.x, mark.y];
}

/** Half the width of a mark, a share of the shorter side. @param {Hint | ColorStroke} mark */
export const radiusOf = (mark) => ("points" in mark ? mark.width / 2 : mark.radius);

/**
 * @param {Marks} marks @param {number} index
 * @param {(mark: any) => Partial<Hint> | Partial<ColorStroke>} change what is new of it
 * @returns {Marks}
 */
function changed({ hints, strokes }, index, change) {
  const each = (/** @type {number} */ at) => (/** @type {any} */ mark, /** @type {number} */ i) =>
    i === at ? { ...mark, ...change(mark) } : mark;
  return { hints: hints.map(each(index)), strokes: strokes.map(each(index - hints.length)) };
}

/**
 * @param {Marks} marks @param {number} index
 * @param {{color?: string, reach?: Hint["reach"], confidence?: number, radius?: number}} change
 */
export const withChange = (marks, index, { radius, ...change }) =>
  changed(marks, index, (mark) => {
    if (radius === undefined) return change;
    return "points" in mark ? { width: 2 * radius } : { radius };
  });

/** @param {Marks} marks @param {number} index @param {Point} by shares of width and height */
export const moved = (marks, index, [dx, dy]) =>
  changed(marks, index, (mark) => {
    if (!("points" in mark)) return { x: inside(mark.x + dx), y: inside(mark.y + dy) };
    const points = /** @type {Point[]} */ (mark.points);
    return { points: points.map(([x, y]) => [inside(x + dx), inside(y + dy)]) };
  });

/** @param {Marks} marks @param {number} index @returns {Marks} */
export const without = ({ hints, strokes }, index) => ({
  hints: hints.filter((_, i) => i !== index),
  strokes: strokes.filter((_, i) => i !== index - hints.length),
});

/** @param {Marks} marks @param {Marks} more on top of them @returns {Marks} */
export const joined = (marks, more) => ({
  hints: [...marks.hints, ...more.hints],
  strokes: [...marks.strokes, ...more.strokes],
});
