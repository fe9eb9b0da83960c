// What a network's distribution over colors tells: bolder colorings, and the likely colors of a
// place.

import { colorOf } from "./color.js";
import { placeAt, plane } from "./planes.js";

/**
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("./planes.js").Ab} Ab
 * @typedef {import("./network.js").Stack} Stack
 * @typedef {[number, number][]} Bins  ab of each channel of the log-odds
 */

const BOLD_TEMPERATURE = 0.5;
/** Of log-odds, by chroma toward a hue. */
const TILT = 0.02;
/** An angle whose multiples lie far apart. */
const HUE_STEP = 2.399963;
/** Colors nearer than this are one color, CIELAB units. */
const MIN_DISTANCE = 15;

/** Square roots of the distributions. @param {Stack} logits @returns {Stack} */
export function rootsOf({ channels, width, height, data }) {
  const pixels = width * height;
  const roots = new Float32Array(data.length);
  for (let i = 0; i < pixels; i++) {
    let highest = -Infinity;
    for (let q = 0; q < channels; q++) highest = Math.max(highest, data[q * pixels + i]);
    let total = 0;
    for (let q = 0; q < channels; q++)
      total += roots[q * pixels + i] = Math.exp(data[q * pixels + i] - highest);
    for (let q = 0; q < channels; q++)
      roots[q * pixels + i] = Math.sqrt(roots[q * pixels + i] / total);
  }
  return { channels, width, height, data: roots };
}

/** The mean color of a distribution. @param {Bins} bins @param {(q: number) => number} logit */
function meanOf(bins, logit) {
  let highest = -Infinity;
  for (let q = 0; q < bins.length; q++) highest = Math.max(highest, logit(q));
  let total = 0;
  let a = 0;
  let b = 0;
  for (let q = 0; q < bins.length; q++) {
    const share = Math.exp(logit(q) - highest);
    total += share;
    a += share * bins[q][0];
    b += share * bins[q][1];
  }
  return [a / total, b / total];
}

/**
 * What likelier, less averaged colors add to the mean ones: the distribution sharpened, and with a
 * seed tilted toward a hue, which moves what is uncertain and leaves what is sure.
 * @param {Stack} logits @param {Bins} bins @param {number} [seed] @returns {Ab}
 */
export function bolder({ width, height, data }, bins, seed) {
  const pixels = width * height;
  const hue = (seed ?? 0) * HUE_STEP;
  const tilt = bins.map(([a, b]) =>
    seed === undefined ? 0 : TILT * (a * Math.cos(hue) + b * Math.sin(hue)),
  );
  const change = /** @type {Ab} */ ([plane(width, height), plane(width, height)]);
  for (let i = 0; i < pixels; i++) {
    const plain = meanOf(bins, (q) => data[q * pixels + i]);
    const sharp = meanOf(bins, (q) => (data[q * pixels + i] + tilt[q]) / BOLD_TEMPERATURE);
    change[0].data[i] = sharp[0] - plain[0];
    change[1].data[i] = sharp[1] - plain[1];
  }
  return change;
}

/**
 * The likely colors of a place at its own lightness, the likeliest first.
 * @param {Stack} logits @param {Bins} bins @param {Plane} lightness
 * @param {{x: number, y: number}} place shares @param {number} count
 */
export function likelyColors(logits, bins, lightness, { x, y }, count) {
  const pixels = logits.width * logits.height;
  const i = placeAt(logits, x, y);
  const L = lightness.data[placeAt(lightness, x, y)];
  const own = bins.map((_, q) => logits.data[q * pixels + i]);
  const highest = Math.max(...own);
  const odds = own.map((logit) => Math.exp(logit - highest));
  const total = odds.reduce((sum, share) => sum + share, 0);
  const isNear = (/** @type {number} */ q, /** @type {number} */ k) =>
    Math.hypot(bins[k][0] - bins[q][0], bins[k][1] - bins[q][1]) < MIN_DISTANCE;
  /** @type {number[]} */
  const chosen = [];
  for (const q of [...odds.keys()].sort((one, other) => odds[other] - odds[one])) {
    if (chosen.length === count) break;
    if (!chosen.some((other) => isNear(other, q))) chosen.push(q);
  }
  return chosen.map((q) => ({
    color: colorOf(L, ...bins[q]),
    share: odds.reduce((sum, each, k) => sum + (isNear(q, k) ? each : 0), 0) / total,
  }));
}
