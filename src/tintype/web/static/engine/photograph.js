// A photograph prepared once, colored often: L* at the guided size, the network's answers, ab for a
// guidance.

import { abOfColor } from "./color.js";
import { hintCorrection, shrunkHint } from "./hints.js";
import { bolder, likelyColors, rootsOf } from "./likely.js";
import { drawn, honored } from "./marks.js";
import { PALETTE_SIZE, viewOf, workingSize } from "./network.js";
import { feathered, filled, resized } from "./planes.js";
import { throughProcess } from "./process.js";
import { fillThings, reached, reachesAll, spotsOf, trustMap } from "./reach.js";
import { raisedMask, Segments, VIEW_SIZE } from "./things.js";
import { chromaShare, visibleShare } from "./tone.js";
import { cleaned, upsampled } from "./upsample.js";

/**
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("./planes.js").Ab} Ab
 * @typedef {import("./network.js").Network} Network
 * @typedef {import("./network.js").Answer} Answer
 * @typedef {import("./network.js").Conditioning} Conditioning
 * @typedef {import("./things.js").Point} Point
 * @typedef {{part: string, color: string, near?: Point | null, confidence?: number}} PartColor
 * @typedef {{kind: string, keep?: Point[], skip?: Point[]}} Area  what the network finds
 * @typedef {{hints?: import("./marks.js").Hint[], strokes?: import("./marks.js").Stroke[],
 *   region?: Plane | Area | null, palette?: [number, number][], process?: Int8Array | null,
 *   mean_chroma?: number, saturation?: number, warmth?: number, bold?: boolean, seed?: number,
 *   parts?: PartColor[]}} Guidance  a region that is drawn has the size of L*, 0..1
 * @typedef {{bins: [number, number][], cells: [number, number][]}} Bins  ab of the network's
 *   distribution and of the palette's histogram
 */

/** Hints are shown to the network at this share of its size. */
const HINT_VIEW_SCALE = 2 / 3;
/** Hints are spread on a grid this many times coarser than the first view. */
const HINT_GRID_FACTOR = 2;
const WARM = [3, 12];
const MAX_ANSWERS = 12;

export class Prepared {
  /** @type {Map<string, Promise<any>>} */
  #answers = new Map();

  /**
   * @param {Network} network @param {Plane} guide L* at the guided size @param {Bins} bins
   */
  constructor(network, guide, bins) {
    this.network = network;
    this.lightness = guide;
    this.bins = bins;
    this.views = network.sizes.map((size) => viewOf(guide, size));
    this.visible = visibleShare(resized(guide, ...this.views[0].size));
    this.strength = network.vividness * this.visible;
  }

  /**
   * What was found for a key before, or now.
   * @template T @param {string} key @param {() => Promise<T>} find @returns {Promise<T>}
   */
  #remember(key, find) {
    const answer = this.#answers.get(key) ?? find();
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    answer.catch(() => this.#answers.delete(key));
    if (this.#answers.size > MAX_ANSWERS)
      this.#answers.delete(/** @type {string} */ (this.#answers.keys().next().value));
    return answer;
  }

  /** @param {Conditioning} [given] @param {string} [key] @returns {Promise<Answer>} */
  answer(given = {}, key = "") {
    return this.#remember(`answer ${key}`, () =>
      this.network.ask(this.views, this.lightness, given),
    );
  }

  /** The log-odds of colors. */
  async #logits() {
    const { logits } = await this.answer();
    if (!logits) throw new Error("this network does not know other likely colors");
    return logits;
  }

  /** ab without guidance at the size of L*. @returns {Promise<Ab>} */
  raised() {
    return this.#remember("raised", async () =>
      raisedAb(scaled((await this.answer()).ab, this.strength), this.lightness),
    );
  }

  /** What belongs together, and the parts of people. @returns {Promise<Segments>} */
  segments() {
    return this.#remember("segments", async () => {
      const outputs = await this.network.segments(viewOf(this.lightness, VIEW_SIZE));
      return new Segments(outputs, this.network.parts, this.lightness);
    });
  }

  /** ab for a guidance, at the size of L*. @param {Guidance} guidance @returns {Promise<Ab>} */
  async ab(guidance) {
    const { region = null, palette = [], process = null, mean_chroma, saturation = 1 } = guidance;
    const { warmth = 0, bold = false, seed, hints = [], strokes = [], parts = [] } = guidance;
    const where = region && "kind" in region ? await this.area(region) : region;
    const given = { region: where, palette: this.#palette(palette, mean_chroma) };
    const strength = this.strength * saturation;
    const key = keyOf(given);
    const answer = await this.answer(given, key);
    let plain = scaled(answer.ab, strength);
    let ab = key ? raisedAb(plain, this.lightness, where) : scaled(await this.raised(), saturation);
    if (bold) {
      const change = scaled(bolder(await this.#logits(), this.bins.bins, seed), strength);
      ab = added(ab, upsampled(change, this.lightness));
    }
    if (process) {
      ab = throughProcess(ab, this.lightness, process);
      plain = throughProcess(plain, sizedAs(this.lightness, plain[0]), process);
    }
    if (hints.length || strokes.length)
      ab = await this.#hinted(ab, plain, answer, { hints, strokes, parts }, given, strength);
    else ab = await this.#colorParts(ab, parts);
    if (warmth) {
      const tint = filled(
        this.lightness,
        (i) => warmth * this.visible * Math.max(0, 1 - (this.lightness.data[i] / 50 - 1) ** 2),
      );
      ab = each(ab, (value, c, i) => value + WARM[c] * tint.data[i]);
    }
    return where ? each(ab, (value, _, i) => value * where.data[i]) : ab;
  }

  /**
   * Where a photograph that is in color gets another one: in the region, or where marks and parts
   * reach; 0..1 at the size of L*.
   * @param {Guidance} guidance @returns {Promise<Plane>}
   */
  async newShare({ region = null, hints = [], strokes = [], parts = [] }) {
    if (region) return "kind" in region ? this.area(region) : region;
    const { lightness } = this;
    const segments = await this.segments();
    const shares = parts.map(({ part, near }) => segments.mask(part, near));
    if (hints.length || strokes.length) {
      const { member } = reached(segments, spotsOf(hints, strokes, (await this.answer()).ab));
      const marked = drawn(hints, strokes, lightness.width, lightness.height)[2];
      shares.push(raisedMask(member, lightness), marked);
    }
    return filled(lightness, (i) => Math.max(...shares.map(({ data }) => data[i])));
  }

  /**
   * ab moved by hints: half by what the network sees in them, half by regression; then the hinted
   * colors on their things, and exactly at the hints.
   * @param {Ab} ab @param {Ab} plain at the network's size @param {Answer} answer
   * @param {Required<Pick<Guidance, "hints" | "strokes" | "parts">>} marks
   * @param {Conditioning} given @param {number} strength @returns {Promise<Ab>}
   */
  async #hinted(ab, plain, answer, { hints, strokes, parts }, given, strength) {
    const { lightness } = this;
    const [width, height] = this.views[0].size;
    const hint = drawn(hints, strokes, width, height);
    const spots = spotsOf(hints, strokes, plain);
    const places = reachesAll(spots) ? null : reached(await this.segments(), spots);
    const share = places && sizedAs(places.share, plain[0]);
    const shared = (/** @type {Ab} */ change) =>
      share ? each(change, (value, _, i) => value * share.data[i]) : change;
    const key = `${JSON.stringify([hints, strokes])} ${keyOf(given)}`;
    const effect = scaled(await this.#hintEffect(hint, given, key), strength / 2);
    const moved = shared(abSizedAs(effect, plain[0]));
    const small = [Math.min(width, lightness.width), Math.min(height, lightness.height)];
    const [w, h] = small.map((side) => Math.max(1, Math.floor(side / HINT_GRID_FACTOR)));
    const grid = { width: w, height: h };
    const correction = hintCorrection(
      abSizedAs(added(plain, moved), grid),
      abSizedAs(plain, grid),
      sizedAs(lightness, grid),
      shrunkHint(hint, small[0], small[1]),
      trustMap(spots, width, height),
      answer.logits && rootsOf(answer.logits),
    );
    const change = added(moved, shared(abSizedAs(correction, plain[0])));
    let out = await this.#colorParts(added(ab, upsampled(change, lightness)), parts);
    if (places) out = fillThings(out, lightness, places);
    return honored(out, lightness, drawn(hints, strokes, lightness.width, lightness.height));
  }

  /**
   * What hints change in the network's ab: smaller than its answer.
   * @param {Plane[]} hint @param {Conditioning} given @param {string} key @returns {Promise<Ab>}
   */
  async #hintEffect(hint, given, key) {
    const { shown } = this.views[0];
    const size = Math.round(HINT_VIEW_SCALE * Math.sqrt(shown.width * shown.height));
    const small = workingSize(shown.width, shown.height, size);
    const view = { size: small, shown: resized(shown, ...small) };
    const answered = (/** @type {Plane[] | null} */ own) =>
      this.network.answer(view, ["ab"], { ...given, hint: own });
    const own = shrunkHint(hint, ...view.size);
    const hinted = await this.#remember(`hinted ${key}`, () => answered(own));
    const plain = await this.#remember(`unhinted ${keyOf(given)}`, () => answered(null));
    return each(hinted.ab, (value, c, i) => value - plain.ab[c].data[i]);
  }

  /** Colors for parts of people laid over ab. @param {Ab} ab @param {PartColor[]} parts */
  async #colorParts(ab, parts) {
    let out = ab;
    for (const { part, color, near, confidence = 1 } of parts) {
      const mask = (await this.segments()).mask(part, near);
      const target = abOfColor(color);
      out = each(out, (value, c, i) => value + confidence * mask.data[i] * (target[c] - value));
    }
    return out;
  }

  /** Where the network finds what is wanted, 0..1 at the size of L*. @param {Area} area */
  async area({ kind, keep = [], skip = [] }) {
    const segments = await this.segments();
    if (kind === "objects") return segments.selected(keep, skip);
    if (kind !== "subject" && kind !== "background") return segments.mask(kind);
    const { saliency } = await this.answer();
    const person = segments.part("person");
    const salient = saliency ? sizedAs(saliency, person) : person;
    const subject = filled(person, (i) => Math.max(person.data[i], salient.data[i]));
    const mask = raisedMask(subject, this.lightness);
    return kind === "subject" ? mask : filled(mask, (i) => 1 - mask.data[i]);
  }

  /** A mask that was drawn, its edge along the edges of L*. @param {Plane} mask */
  feathered(mask) {
    return feathered(this.lightness, mask);
  }

  /** The network's palette input. @param {[number, number][]} palette @param {number} [chroma] */
  #palette(palette, chroma) {
    if (!palette.length && chroma === undefined) return null;
    const vector = new Float32Array(PALETTE_SIZE);
    const { cells } = this.bins;
    for (const [a, b] of palette) {
      const squares = cells.map(([ca, cb]) => (a - ca) ** 2 + (b - cb) ** 2);
      vector[squares.indexOf(Math.min(...squares))] += 1 / palette.length;
    }
    if (palette.length) vector[cells.length] = 1;
    if (chroma !== undefined) vector.set([chroma, 1], cells.length + 1);
    return vector;
  }

  /** As `likelyColors`. @param {{x: number, y: number}} place @param {number} count */
  async likely(place, count) {
    return likelyColors(await this.#logits(), this.bins.bins, this.lightness, place, count);
  }

  /** The thing at a place, as the page describes it. @param {{x: number, y: number}} place */
  async thing({ x, y }) {
    const mask = (await this.segments()).selected([[x, y]]);
    const { width, height } = mask;
    const inside = [...mask.data.keys()].filter((i) => mask.data[i] > 0.5);
    if (!inside.length) return null;
    const sides = { left: width, top: height, right: 0, bottom: 0 };
    let total = 0;
    for (const i of inside) {
      const row = Math.floor(i / width);
      sides.left = Math.min(sides.left, i % width);
      sides.right = Math.max(sides.right, (i % width) + 1);
      sides.top = Math.min(sides.top, row);
      sides.bottom = Math.max(sides.bottom, row + 1);
      total += this.lightness.data[i];
    }
    return {
      left: sides.left / width,
      top: sides.top / height,
      right: sides.right / width,
      bottom: sides.bottom / height,
      share: inside.length / mask.data.length,
      lightness: total / inside.length,
    };
  }
}

/** A name of region and palette; empty without them. @param {Conditioning} given */
function keyOf({ region, palette }) {
  if (!region && !palette) return "";
  const sum = region?.data.reduce((all, value, i) => (all * 31 + value * (i % 97)) % 1e9, 7) ?? 0;
  return `${sum} ${palette?.join() ?? ""}`;
}

/** @param {Ab} ab @param {(value: number, c: number, i: number) => number} value @returns {Ab} */
const each = (ab, value) => [
  filled(ab[0], (i) => value(ab[0].data[i], 0, i)),
  filled(ab[1], (i) => value(ab[1].data[i], 1, i)),
];

/** @param {Ab} ab @param {number} factor @returns {Ab} */
const scaled = (ab, factor) => (factor === 1 ? ab : each(ab, (value) => value * factor));

/** @param {Ab} one @param {Ab} other @returns {Ab} */
const added = (one, other) => each(one, (value, c, i) => value + other[c].data[i]);

/** @param {Plane} from @param {{width: number, height: number}} size */
const sizedAs = (from, { width, height }) => resized(from, width, height);

/** @param {Ab} ab @param {{width: number, height: number}} size @returns {Ab} */
const abSizedAs = ([a, b], size) => [sizedAs(a, size), sizedAs(b, size)];

/**
 * ab at the size of L*, with clean edges; where the picture is very faded, its black stays gray.
 * @param {Ab} ab @param {Plane} lightness @param {Plane | null} [region] where ab is valid, 0..1
 */
export function raisedAb(ab, lightness, region = null) {
  const clean = cleaned(upsampled(ab, lightness), ab, lightness, region);
  const share = chromaShare(lightness);
  return share ? each(clean, (value, _, i) => value * share.data[i]) : clean;
}
