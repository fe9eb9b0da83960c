// How far each dab and stroke reaches: to the whole picture, to all that looks like its thing, to
// the thing that it lies on, or to its surroundings. One near the color that the picture has
// without it tells of the picture; one far from that color concerns its thing.

import { abOfColor } from "./color.js";
import { RADIUS, WIDTH } from "./marks.js";
import { filled, placeAt, plane, resized } from "./planes.js";
import { EDGE_STEP, raisedMask, SMOOTHER_WEIGHT } from "./things.js";
import { edgeSmoother } from "./upsample.js";

/**
 * points: on it, shares of width and height. radius: by the shorter side. trust: the share of its
 * correction that spreads to the whole picture, 0..1.
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("./planes.js").Ab} Ab
 * @typedef {import("./things.js").Segments} Segments
 * @typedef {import("./things.js").Point} Point
 * @typedef {import("./marks.js").Hint} Hint
 * @typedef {import("./marks.js").Stroke} Stroke
 * @typedef {{points: Point[], radius: number, ab: [number, number], confidence: number,
 *   reach: "place" | "thing" | "alike", trust: number}} Spot
 * @typedef {{share: Plane, member: Plane, strength: Plane, color: Ab}} Reached  share: how much of
 *   the effect of the hints applies; member: what hinted colors replace, and strength: how much
 */

/** Color distance, CIELAB units, at which half of a correction spreads to the whole picture. */
const HALF_TRUST_DISTANCE = 20;
/** Standard deviation beyond the rim of a mark that reaches its place only, by the mean side. */
const PLACE_SIGMA = 0.05;
const MAX_SPOTS = 80;
const MAX_STROKE_POINTS = 6;

/**
 * The spots of the last marks.
 * @param {Hint[]} hints @param {Stroke[]} strokes @param {Ab} plain
 */
export function spotsOf(hints, strokes, plain) {
  const brushed = strokes.map(({ points, width, ...mark }) => {
    const count = Math.min(points.length, MAX_STROKE_POINTS);
    const step = count > 1 ? (points.length - 1) / (count - 1) : 0;
    const picks = Array.from({ length: count }, (_, k) => points[Math.round(k * step)]);
    return { ...mark, points: picks, radius: (width ?? WIDTH) / 2 };
  });
  const dabs = hints.map(({ x, y, radius, ...mark }) => {
    return { ...mark, points: [/** @type {Point} */ ([x, y])], radius: radius ?? RADIUS };
  });
  return [...brushed, ...dabs].slice(-MAX_SPOTS).map((mark) => {
    const { color, confidence = 1, reach = "thing", points, radius } = mark;
    const ab = abOfColor(color);
    return { points, radius, ab, confidence, reach, trust: trustOf(points, ab, reach, plain) };
  });
}

/** @param {Point[]} points @param {number[]} ab @param {string} reach @param {Ab} plain */
function trustOf(points, ab, reach, plain) {
  if (reach !== "thing") return 0;
  const here = plain.map(
    (p) => points.reduce((sum, [x, y]) => sum + p.data[placeAt(p, x, y)], 0) / points.length,
  );
  const distance = Math.hypot(ab[0] - here[0], ab[1] - here[1]);
  return 1 / (1 + (distance / HALF_TRUST_DISTANCE) ** 4);
}

/**
 * The trust of the spot nearest to each place.
 * @param {Spot[]} spots @param {number} width @param {number} height
 */
export function trustMap(spots, width, height) {
  const known = spots.flatMap(({ points, trust }) =>
    points.map(([x, y]) => ({ at: placeAt({ width, height }, x, y), trust })),
  );
  return filled(plane(width, height), (i) => {
    let least = Infinity;
    let nearest = 0;
    for (const { at, trust } of known) {
      const squared =
        ((at % width) - (i % width)) ** 2 + (Math.floor(at / width) - Math.floor(i / width)) ** 2;
      if (squared <= least) [least, nearest] = [squared, trust];
    }
    return nearest;
  });
}

/** Whether every spot applies to the whole picture. @param {Spot[]} spots */
export const reachesAll = (spots) => spots.every(({ trust }) => trust > 0.99);

/**
 * What spots change, at the size of the segments.
 * @param {Segments} segments @param {Spot[]} spots @returns {Reached}
 */
export function reached(segments, spots) {
  const members = spots.map((spot) => membership(segments, spot));
  const sum = (/** @type {(k: number, member: number) => number} */ value) =>
    filled(members[0], (i) => members.reduce((all, { data }, k) => all + value(k, data[i]), 0));
  const divided = (/** @type {Plane} */ one, /** @type {Plane} */ other, least = 0) =>
    filled(one, (i) => one.data[i] / Math.max(least, other.data[i]));
  const local = spots.map(({ trust, confidence }) => (1 - trust) * confidence);
  const square = (/** @type {number} */ member) => Math.max(member * member, 1e-6);
  const share = sum((k, m) => (m + 0.05) * (spots[k].trust + (1 - spots[k].trust) * m));
  const fill = sum((k, m) => (m * local[k]) ** 2);
  return {
    share: divided(
      share,
      sum((_, m) => m + 0.05),
    ),
    member: filled(share, (i) => members.reduce((most, { data }) => Math.max(most, data[i]), 0)),
    strength: divided(
      sum((k, m) => square(m) * local[k]),
      sum((_, m) => square(m)),
    ),
    color: [
      divided(
        sum((k, m) => (m * local[k]) ** 2 * spots[k].ab[0]),
        fill,
        1e-6,
      ),
      divided(
        sum((k, m) => (m * local[k]) ** 2 * spots[k].ab[1]),
        fill,
        1e-6,
      ),
    ],
  };
}

/**
 * How much each place belongs to those that a spot reaches.
 * @param {Segments} segments @param {Spot} spot
 */
function membership(segments, { points, reach, radius }) {
  const member = segments.memberships(points, reach === "alike");
  if (reach !== "place") return member;
  const { width, height } = member;
  const rim = radius * Math.sqrt(Math.min(width, height) / Math.max(width, height));
  return filled(member, (i) => {
    const away = points.reduce((least, [x, y]) => {
      const down = Math.floor(i / width) + 0.5 - y * height;
      return Math.min(least, Math.hypot(down, (i % width) + 0.5 - x * width));
    }, Infinity);
    const beyond = Math.max(0, away / Math.sqrt(width * height) - rim);
    return member.data[i] * Math.exp(-(beyond ** 2) / (2 * PLACE_SIGMA ** 2));
  });
}

/**
 * Apply the hinted colors to their things, up to the things' edges.
 * @param {Ab} ab @param {Plane} lightness @param {Reached} places @returns {Ab}
 */
export function fillThings(ab, lightness, { member, strength, color }) {
  const { width, height } = lightness;
  const raised = raisedMask(member, lightness);
  const strong = resized(strength, width, height);
  const fill = filled(member, (i) => member.data[i] * strength.data[i] + 1e-4);
  const smooth = edgeSmoother(lightness, SMOOTHER_WEIGHT, EDGE_STEP);
  const colored = color.map((p) => filled(p, (i) => p.data[i] * fill.data[i]));
  const [weight, ...colors] = smooth([fill, ...colored].map((p) => resized(p, width, height)));
  return /** @type {Ab} */ (
    ab.map((p, c) =>
      filled(p, (i) => {
        const target = colors[c].data[i] / weight.data[i];
        return p.data[i] + raised.data[i] * strong.data[i] * (target - p.data[i]);
      }),
    )
  );
}
