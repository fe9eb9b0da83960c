// A photograph prepared once, colored often: L* at the guided size, the network's answers, ab for a guidance.

import { colorOf, colorPixels, lightness } from "./color.js";
import { drawn, honored } from "./marks.js";
import { PALETTE_SIZE, viewOf } from "./network.js";
import { filled, plane, resized } from "./planes.js";
import { throughProcess } from "./process.js";
import { visibleShare } from "./tone.js";
import { cleaned, upsampled } from "./upsample.js";

/** @typedef {import("./planes.js").Plane} Plane @typedef {import("./planes.js").Ab} Ab @typedef {import("./network.js").Network} Network */
/** @typedef {import("./network.js").Answer} Answer @typedef {import("./network.js").Conditioning} Conditioning */
/**
 * A region is L*-sized, 0..1. bins, cells: the ab of the network's distribution and of the palette's histogram.
 * @typedef {{hints?: import("./marks.js").Hint[], strokes?: import("./marks.js").Stroke[], region?: Plane | "subject" | "background" | null,
 *   palette?: [number, number][], process?: Int8Array | null, mean_chroma?: number, saturation?: number, warmth?: number, bold?: boolean, seed?: number}} Guidance
 * @typedef {{bins: [number, number][], cells: [number, number][]}} Bins
 */

const GUIDED_PIXELS = 400_000;
const HINTED = 2 / 3; // hints are shown to the network at this share of its size
const WARM = [3, 12];
const KEPT_ANSWERS = 8;
const BOLD_TEMPERATURE = 0.5,
  TILT = 0.02; // of the distribution over colors; toward a hue, logits by chroma
const GOLDEN = 2.399963; // an angle whose multiples lie far apart

/** How many times smaller than a photograph its guided size is. @param {number} width @param {number} height */
export const factorOf = (width, height) =>
  Math.max(1, Math.round(Math.sqrt((width * height) / GUIDED_PIXELS)));

/**
 * L* of a photograph that is `factor` times smaller; its last row and column are repeated to fill up.
 * @param {number} width @param {number} height @param {number} factor
 * @param {(top: number, rows: number) => Uint8ClampedArray | Uint8Array} read RGBA rows of the photograph @returns {Plane}
 */
export function guideOf(width, height, factor, read) {
  const out = plane(Math.ceil(width / factor), Math.ceil(height / factor));
  const area = factor * factor;
  const strip = Math.max(1, Math.floor(2 ** 18 / (width * factor))); // rows of the guide at once
  for (let top = 0; top < out.height; top += strip) {
    const rows = Math.min(strip, out.height - top),
      first = top * factor;
    const have = Math.min(rows * factor, height - first);
    const pixels = read(first, have);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < out.width; x++) {
        let r = 0,
          g = 0,
          b = 0;
        for (let dy = 0; dy < factor; dy++) {
          const row = Math.min(have - 1, y * factor + dy) * width;
          for (let dx = 0; dx < factor; dx++) {
            const p = 4 * (row + Math.min(width - 1, x * factor + dx));
            r += pixels[p];
            g += pixels[p + 1];
            b += pixels[p + 2];
          }
        }
        out.data[(top + y) * out.width + x] = lightness(
          Math.round(r / area),
          Math.round(g / area),
          Math.round(b / area),
        );
      }
    }
  }
  return out;
}

export class Prepared {
  /** @type {Map<string, Promise<any>>} */
  #answers = new Map();

  /** @param {Network} network @param {Plane} guide L* at the guided size @param {Bins} bins */
  constructor(network, guide, bins) {
    this.network = network;
    this.lightness = guide;
    this.bins = bins;
    this.views = network.sizes.map((size) => viewOf(guide, size));
    this.visible = visibleShare(resized(guide, ...this.views[0].size));
    this.strength = network.vividness * this.visible;
  }

  /** What was found for a key before, or now. @template T @param {string} key @param {() => Promise<T>} find @returns {Promise<T>} */
  #remember(key, find) {
    const known = this.#answers.get(key);
    this.#answers.delete(key);
    const answer = known ?? find();
    this.#answers.set(key, answer);
    answer.catch(() => this.#answers.delete(key));
    if (this.#answers.size > KEPT_ANSWERS)
      this.#answers.delete(/** @type {string} */ (this.#answers.keys().next().value));
    return answer;
  }

  /** @param {Conditioning} [given] @param {string} [key] @returns {Promise<Answer>} */
  answer(given = {}, key = "") {
    return this.#remember(`answer ${key}`, () =>
      this.network.ask(this.views, this.lightness, given),
    );
  }

  /** ab without guidance at the size of L*. @returns {Promise<Ab>} */
  raised() {
    return this.#remember("raised", async () =>
      raisedAb(scaled((await this.answer()).ab, this.strength), this.lightness),
    );
  }

  /** What hints change in the network's ab: smaller than its answer. @param {Conditioning} given @param {string} key @param {string} rest of the guidance @returns {Promise<Ab>} */
  async #moved(given, key, rest) {
    const size = Math.round(HINTED * Math.sqrt(this.views[0].size[0] * this.views[0].size[1]));
    const view = viewOf(this.lightness, size);
    const hinted = await this.#remember(`hinted ${key} ${rest}`, () =>
      this.network.answer(view, ["ab"], given),
    );
    const plain = await this.#remember(`unhinted ${rest}`, () =>
      this.network.answer(view, ["ab"], { ...given, hint: null }),
    );
    return /** @type {Ab} */ (
      hinted.ab.map((p, c) => filled(p, (i) => p.data[i] - plain.ab[c].data[i]))
    );
  }

  /** ab for a guidance, at the size of L*. @param {Guidance} guidance @returns {Promise<Ab>} */
  async ab({
    hints = [],
    strokes = [],
    region = null,
    palette = [],
    process = null,
    mean_chroma,
    saturation = 1,
    warmth = 0,
    bold = false,
    seed,
  }) {
    const { width, height } = this.lightness;
    const where = typeof region === "string" ? await this.#salient(region) : region;
    const vector = this.#palette(palette, mean_chroma);
    const rest = `${where ? where.data.reduce((sum, v, i) => (sum * 31 + v * (i % 97)) % 1e9, 7) : ""} ${vector?.join() ?? ""}`;
    const given = { region: where, palette: vector };
    let ab;
    if (!where && !vector) ab = scaled(await this.raised(), saturation);
    else
      ab = raisedAb(
        scaled((await this.answer(given, rest)).ab, this.strength * saturation),
        this.lightness,
        where,
      );
    if (bold)
      ab = added(
        ab,
        upsampled(scaled(await this.#bolder(seed), this.strength * saturation), this.lightness),
      );
    if (process) ab = throughProcess(ab, this.lightness, process);
    if (hints.length || strokes.length) {
      const hint = (/** @type {number} */ w, /** @type {number} */ h) =>
        drawn(hints, strokes, w, h);
      const change = await this.#moved({ ...given, hint }, JSON.stringify([hints, strokes]), rest);
      ab = honored(
        added(ab, upsampled(scaled(change, this.strength), this.lightness)),
        this.lightness,
        hint(width, height),
      );
    }
    if (warmth) {
      const tint = filled(
        this.lightness,
        (i) => warmth * this.visible * Math.max(0, 1 - (this.lightness.data[i] / 50 - 1) ** 2),
      );
      ab = /** @type {Ab} */ (
        ab.map((p, c) => filled(p, (i) => p.data[i] + WARM[c] * tint.data[i]))
      );
    }
    return where
      ? /** @type {Ab} */ (ab.map((p) => filled(p, (i) => p.data[i] * where.data[i])))
      : ab;
  }

  /** Where the subject is, or what is around it, 0..1 at the size of L*. @param {"subject" | "background"} kind */
  async #salient(kind) {
    const { saliency } = await this.answer();
    if (!saliency) throw new Error("this network does not know what the subject is");
    const large = resized(saliency, this.lightness.width, this.lightness.height);
    const share = (/** @type {number} */ v) => Math.min(1, Math.max(0, (v - 0.35) / 0.3));
    return filled(large, (i) =>
      kind === "subject" ? share(large.data[i]) : 1 - share(large.data[i]),
    );
  }

  /** The network's palette input. @param {[number, number][]} palette @param {number} [chroma] */
  #palette(palette, chroma) {
    if (!palette.length && chroma === undefined) return null;
    const vector = new Float32Array(PALETTE_SIZE),
      { cells } = this.bins;
    for (const [a, b] of palette) {
      const apart = cells.map(([ca, cb]) => (a - ca) ** 2 + (b - cb) ** 2);
      vector[apart.indexOf(Math.min(...apart))] += 1 / palette.length;
    }
    if (palette.length) vector[cells.length] = 1;
    if (chroma !== undefined) vector.set([chroma, 1], cells.length + 1);
    return vector;
  }

  /**
   * What likelier, less averaged colors add to the mean ones: the distribution sharpened, and with a seed tilted toward a hue, which moves
   * what is uncertain and leaves what is sure.
   * @param {number} [seed] @returns {Promise<Ab>}
   */
  async #bolder(seed) {
    const { logits } = await this.answer();
    if (!logits) throw new Error("this network does not know other likely colors");
    const { bins } = this.bins,
      { width, height, data } = logits,
      pixels = width * height;
    const hue = (seed ?? 0) * GOLDEN;
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

  /** The likely colors of a place at its own lightness, the likeliest first. @param {number} x @param {number} y shares @param {number} count */
  async likely(x, y, count) {
    const { logits } = await this.answer();
    if (!logits) return [];
    const { width, height, data } = logits,
      pixels = width * height,
      { bins } = this.bins;
    const at = (/** @type {Plane} */ p) =>
      Math.min(p.height - 1, Math.floor(y * p.height)) * p.width +
      Math.min(p.width - 1, Math.floor(x * p.width));
    const i = at(plane(width, height, data)),
      L = this.lightness.data[at(this.lightness)];
    const highest = bins.reduce((most, _, q) => Math.max(most, data[q * pixels + i]), -Infinity);
    const odds = bins.map((_, q) => Math.exp(data[q * pixels + i] - highest));
    const total = odds.reduce((sum, share) => sum + share, 0);
    /** @type {{color: string, share: number, ab: [number, number]}[]} */
    const found = [];
    for (const q of bins.map((_, each) => each).sort((one, other) => odds[other] - odds[one])) {
      if (found.some(({ ab }) => Math.hypot(ab[0] - bins[q][0], ab[1] - bins[q][1]) < 15)) continue;
      const near = bins.reduce(
        (sum, [a, b], k) => sum + (Math.hypot(a - bins[q][0], b - bins[q][1]) < 15 ? odds[k] : 0),
        0,
      );
      found.push({ color: colorOf(L, ...bins[q]), share: near / total, ab: bins[q] });
      if (found.length === count) break;
    }
    return found.map(({ color, share }) => ({ color, share }));
  }
}

/** The mean color of a distribution. @param {[number, number][]} bins @param {(q: number) => number} logit */
function meanOf(bins, logit) {
  let highest = -Infinity;
  for (let q = 0; q < bins.length; q++) highest = Math.max(highest, logit(q));
  let total = 0,
    a = 0,
    b = 0;
  for (let q = 0; q < bins.length; q++) {
    const share = Math.exp(logit(q) - highest);
    total += share;
    a += share * bins[q][0];
    b += share * bins[q][1];
  }
  return [a / total, b / total];
}

/** @param {Ab} ab @param {number} factor @returns {Ab} */
const scaled = (ab, factor) =>
  factor === 1
    ? ab
    : [filled(ab[0], (i) => ab[0].data[i] * factor), filled(ab[1], (i) => ab[1].data[i] * factor)];

/** @param {Ab} one @param {Ab} other @returns {Ab} */
const added = (one, other) => [
  filled(one[0], (i) => one[0].data[i] + other[0].data[i]),
  filled(one[1], (i) => one[1].data[i] + other[1].data[i]),
];

/** ab at the size of L*, with clean edges. @param {Ab} ab @param {Plane} lightness @param {Plane | null} [region] */
export const raisedAb = (ab, lightness, region = null) =>
  cleaned(upsampled(ab, lightness), ab, lightness, region);

/**
 * Color rows of a photograph in place.
 * @param {Uint8ClampedArray | Uint8Array} pixels RGBA, whole rows or a part of them @param {Ab} ab at the guided size
 * @param {{left: number, top: number, width: number}} part its place in the photograph, pixels @param {number} factor the photograph's size by that of ab; may be a fraction
 */
export function renderRows(pixels, ab, { left, top, width }, factor) {
  const [{ width: w, height: h, data: as }, { data: bs }] = ab;
  if (factor === 1 && left === 0 && width === w)
    return colorPixels(
      pixels,
      (i) => as[top * w + i],
      (i) => bs[top * w + i],
    );
  const columns = Int32Array.from({ length: width }, (_, x) =>
    Math.min(w - 1, Math.max(0, Math.floor((left + x + 0.5) / factor - 0.5))),
  );
  const shares = Float32Array.from(
    { length: width },
    (_, x) => Math.min(w - 1, Math.max(0, (left + x + 0.5) / factor - 0.5)) - columns[x],
  );
  const rows = pixels.length / 4 / width,
    one = new Float32Array(w),
    other = new Float32Array(w);
  for (let y = 0; y < rows; y++) {
    const place = Math.min(h - 1, Math.max(0, (top + y + 0.5) / factor - 0.5));
    const first = Math.floor(place),
      share = place - first,
      next = Math.min(h - 1, first + 1);
    for (let x = 0; x < w; x++) {
      one[x] = as[first * w + x] * (1 - share) + as[next * w + x] * share;
      other[x] = bs[first * w + x] * (1 - share) + bs[next * w + x] * share;
    }
    const blend = (/** @type {Float32Array} */ row) => (/** @type {number} */ x) => {
      const at = columns[x],
        right = Math.min(w - 1, at + 1);
      return row[at] + shares[x] * (row[right] - row[at]);
    };
    colorPixels(pixels.subarray(4 * y * width, 4 * (y + 1) * width), blend(one), blend(other));
  }
}
