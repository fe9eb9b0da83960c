// What belongs to the thing at a place of a photograph, where parts of people and the sky are, and
// masks raised to the photograph's size along its edges.

import { extreme3, filled, grownSmoothly, placeAt, plane, resized } from "./planes.js";
import { edgeSmoother } from "./upsample.js";

/**
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("./network.js").Stack} Stack
 * @typedef {[number, number]} Point  shares of width and height
 */

/** Mean side at which the network sees the photograph for this, pixels. */
export const VIEW_SIZE = 256;
const DISTANCE_FACTOR = 4;
/** Factor and offset of the log-odds, which bring memberships nearer to 0 and 1. */
const GAIN = 3;
const OFFSET = -1;
/** Weight of the log-odds that two places are of one part of people; the least probability. */
const PART_WEIGHT = 0.5;
const MIN_SHARED_PART = 0.05;
/** Weight of squared differences of L*, by this step, up to this value. */
const LIGHTNESS_WEIGHT = 0.3;
const LIGHTNESS_STEP = 15;
const MAX_LIGHTNESS_STEPS = 4;
const MAX_ODDS = 30;
/** Of the smoother that raises masks: by the picture's pixels; 255ths of the range of L*. */
export const SMOOTHER_WEIGHT = 0.0005;
export const EDGE_STEP = 8;
const MASK_CONTRAST = 2;
/** Parts that are not of a person. */
const NOBODY = ["background", "sky"];
/** Share of the picture above which hair tells persons in contact apart. */
const MIN_HEAD_SHARE = 0.002;
/** Share of the picture below which a part is not found, other than lips. */
const MIN_PART_SHARE = 0.001;

/** The probability of log-odds. @param {number} odds */
const logistic = (odds) => 1 / (1 + Math.exp(-Math.min(MAX_ODDS, Math.max(-MAX_ODDS, odds))));

/**
 * A mask, 0..1, at the size of L*, its edges along those of L*.
 * @param {Plane} mask @param {Plane} lightness
 */
export function raisedMask(mask, lightness) {
  const large = grownSmoothly(mask, lightness.width, lightness.height);
  const clipped = filled(large, (i) => Math.min(1, Math.max(0, large.data[i])));
  const [smooth] = edgeSmoother(lightness, SMOOTHER_WEIGHT, EDGE_STEP)([clipped]);
  return filled(smooth, (i) =>
    Math.min(1, Math.max(0, MASK_CONTRAST * (smooth.data[i] - 0.5) + 0.5)),
  );
}

export class Segments {
  /**
   * @param {{affinity: Stack, parts: Stack}} outputs of one size @param {string[]} names of parts
   * @param {Plane} lightness of the photograph
   */
  constructor({ affinity, parts }, names, lightness) {
    this.affinity = affinity;
    this.parts = parts;
    this.names = names;
    this.lightness = lightness;
    this.size = { width: affinity.width, height: affinity.height };
    this.small = resized(lightness, affinity.width, affinity.height);
  }

  /**
   * Log-odds that each place belongs to the thing at a point, or looks like it.
   * @param {Point} point @param {boolean} [isAlike]
   */
  odds([x, y], isAlike = false) {
    const { width, height } = this.size;
    const { data, channels } = this.affinity;
    const pixels = width * height;
    const dims = (channels - 3) / 2;
    const at = placeAt(this.size, x, y);
    const row = Math.floor(at / width);
    const column = at % width;
    const bias = data[(2 * dims + (isAlike ? 1 : 0)) * pixels + at];
    const decay = isAlike ? 0 : (DISTANCE_FACTOR / pixels) * data[(2 * dims + 2) * pixels + at];
    const odds = plane(width, height);
    for (let i = 0; i < pixels; i++) {
      let match = 0;
      for (let d = 0; d < dims; d++) match += data[(dims + d) * pixels + at] * data[d * pixels + i];
      const squared = (Math.floor(i / width) - row) ** 2 + ((i % width) - column) ** 2;
      let shared = MIN_SHARED_PART;
      for (let p = 0; p < this.parts.channels; p++)
        shared += this.parts.data[p * pixels + at] * this.parts.data[p * pixels + i];
      const steps = ((this.small.data[i] - this.small.data[at]) / LIGHTNESS_STEP) ** 2;
      odds.data[i] =
        GAIN *
        (match / Math.sqrt(dims) +
          bias -
          decay * squared +
          PART_WEIGHT * Math.log(shared) -
          LIGHTNESS_WEIGHT * Math.min(steps, MAX_LIGHTNESS_STEPS) +
          OFFSET);
    }
    odds.data[at] = MAX_ODDS;
    return odds;
  }

  /** The highest log-odds of several points. @param {Point[]} points @param {boolean} [isAlike] */
  #highest(points, isAlike) {
    const all = points.map((point) => this.odds(point, isAlike));
    return filled(all[0], (i) =>
      all.reduce((most, { data }) => Math.max(most, data[i]), -Infinity),
    );
  }

  /**
   * The probability that each place belongs to the things at points, or looks like them.
   * @param {Point[]} points @param {boolean} [isAlike]
   */
  memberships(points, isAlike) {
    const odds = this.#highest(points, isAlike);
    return filled(odds, (i) => logistic(odds.data[i]));
  }

  /**
   * What the points of `keep` lie on, without what those of `skip` lie on, at the size of L*.
   * @param {Point[]} keep @param {Point[]} [skip]
   */
  selected(keep, skip = []) {
    let odds = this.#highest(keep);
    if (skip.length) {
      const kept = odds;
      const other = this.#highest(skip);
      odds = filled(kept, (i) => Math.min(kept.data[i], kept.data[i] - other.data[i]));
    }
    const labels = labeled(
      filled(odds, (i) => (odds.data[i] > 0 ? 1 : 0)),
      false,
    );
    const wanted = new Set(keep.map(([x, y]) => labels[placeAt(this.size, x, y)]));
    wanted.delete(0);
    const near = extreme3(
      filled(odds, (i) => (wanted.has(labels[i]) ? 1 : 0)),
      Math.max,
    );
    return raisedMask(
      filled(odds, (i) => logistic(odds.data[i]) * near.data[i]),
      this.lightness,
    );
  }

  /**
   * The probability of a part; `person` is all that is of one.
   * @param {string} name @returns {Plane}
   */
  part(name) {
    const { width, height } = this.size;
    const pixels = width * height;
    if (name !== "person") {
      const start = this.names.indexOf(name) * pixels;
      return plane(width, height, this.parts.data.subarray(start, start + pixels));
    }
    const others = NOBODY.filter((each) => this.names.includes(each)).map((each) =>
      this.part(each),
    );
    return filled(others[0], (i) => others.reduce((rest, { data }) => rest - data[i], 1));
  }

  /** @param {string} name of a part */
  has(name) {
    const { data } = this.part(name);
    const share = data.reduce((sum, value) => sum + (value > 0.5 ? 1 : 0), 0) / data.length;
    return share > (name === "lips" ? 0 : MIN_PART_SHARE);
  }

  /**
   * A part of all people, or of the person nearest to a place, at the size of L*.
   * @param {string} name @param {Point | null} [near]
   */
  mask(name, near = null) {
    const part = this.part(name);
    const person = near && name !== "sky" ? this.#person(near) : null;
    return raisedMask(
      person ? filled(part, (i) => part.data[i] * person.data[i]) : part,
      this.lightness,
    );
  }

  /**
   * The person nearest to a place; their hair tells persons in contact apart.
   * @param {Point} near
   */
  #person(near) {
    const at = placeAt(this.size, ...near);
    const person = this.part("person");
    const labels = labeled(person, true);
    const label = nearestLabels(labels, this.size.width)[at];
    const isOwn = (/** @type {number} */ i) => labels[i] === label;
    const hair = this.part("hair");
    const heads = labeled(
      filled(hair, (i) => (isOwn(i) ? hair.data[i] : 0)),
      true,
    );
    const areas = new Map();
    for (const head of heads) areas.set(head, (areas.get(head) ?? 0) + 1);
    const isHead = (/** @type {number} */ head) =>
      head > 0 && areas.get(head) >= MIN_HEAD_SHARE * heads.length;
    const large = heads.map((head) => (isHead(head) ? head : 0));
    if (new Set(large).size <= 2) return filled(person, (i) => (isOwn(i) ? 1 : 0));
    const owner = nearestLabels(large, this.size.width);
    return filled(person, (i) => (isOwn(i) && owner[i] === owner[at] ? 1 : 0));
  }
}

/**
 * The connected parts where values are above a half, from 1 on.
 * @param {Plane} from @param {boolean} isDiagonal whether places that touch at a corner connect
 */
function labeled({ width, height, data }, isDiagonal) {
  const labels = new Int32Array(data.length);
  let count = 0;
  for (let start = 0; start < data.length; start++) {
    if (data[start] <= 0.5 || labels[start]) continue;
    labels[start] = ++count;
    const open = [start];
    while (open.length) {
      const i = /** @type {number} */ (open.pop());
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const x = (i % width) + dx;
          const y = Math.floor(i / width) + dy;
          const next = y * width + x;
          if (x < 0 || y < 0 || x >= width || y >= height) continue;
          if ((dx && dy && !isDiagonal) || labels[next] || data[next] <= 0.5) continue;
          labels[next] = count;
          open.push(next);
        }
    }
  }
  return labels;
}

/**
 * The label above 0 nearest to each place; 0 if there is none.
 * @param {Int32Array} labels @param {number} width
 */
function nearestLabels(labels, width) {
  const known = [...labels.keys()].filter((i) => labels[i]);
  return labels.map((own, i) => {
    let nearest = own;
    let least = own ? -1 : Infinity;
    for (const other of own ? [] : known) {
      const squared =
        ((other % width) - (i % width)) ** 2 +
        (Math.floor(other / width) - Math.floor(i / width)) ** 2;
      if (squared < least) [nearest, least] = [labels[other], squared];
    }
    return nearest;
  });
}
