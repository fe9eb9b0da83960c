// A network under the contract, run by ONNX Runtime Web: L* at working size in, ab and its other
// outputs out.

import { blurred, filled, plane, resized } from "./planes.js";
import { stretched } from "./tone.js";

/**
 * hint: a*, b* and confidence at the size of the view; region: where color is wanted.
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("./planes.js").Ab} Ab
 * @typedef {{size: [number, number], shown: Plane}} View  what the network sees: L*, not padded
 * @typedef {{channels: number, width: number, height: number, data: Float32Array}} Stack
 * @typedef {{ab: Ab, saliency: Plane | null, logits: Stack | null}} Answer
 * @typedef {{hint?: Plane[] | null, region?: Plane | null, palette?: Float32Array | null}}
 *   Conditioning
 * @typedef {{sizes: number[], vividness: number, parts: string[]}} About
 */

const STRIDE = 32;
const LONGEST = 4;
/** Standard deviation that parts broad colors from details, by the length of a side. */
const BROAD = 0.0375;
export const PALETTE_SIZE = 78;

/**
 * The size at which a picture is seen: about size² pixels, in its own shape.
 * @param {number} width @param {number} height @param {number} size @returns {[number, number]}
 */
export function workingSize(width, height, size) {
  const scale = size / Math.sqrt(width * height);
  const side = (/** @type {number} */ length) =>
    Math.min(Math.max(1, roundEven(length * scale)), LONGEST * size);
  return [side(width), side(height)];
}

/** As Python rounds. @param {number} v */
const roundEven = (v) => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));

/** @param {Plane} lightness @param {number} size @returns {View} */
export function viewOf(lightness, size) {
  const working = workingSize(lightness.width, lightness.height, size);
  return { size: working, shown: stretched(resized(lightness, ...working)) };
}

/**
 * Fill up to multiples of STRIDE, mirrored or with zeros.
 * @param {Plane} from @param {boolean} mirror
 */
function padded({ width, height, data }, mirror) {
  const whole = plane(Math.ceil(width / STRIDE) * STRIDE, Math.ceil(height / STRIDE) * STRIDE);
  for (let y = 0; y < whole.height; y++) {
    const row = y < height ? y : Math.max(0, 2 * height - 1 - y);
    for (let x = 0; x < whole.width; x++) {
      if (!mirror && (x >= width || y >= height)) continue;
      whole.data[y * whole.width + x] =
        data[row * width + (x < width ? x : Math.max(0, 2 * width - 1 - x))];
    }
  }
  return whole;
}

export class Network {
  /** @param {import("./sessions.js").Run} run @param {About} about */
  constructor(run, about) {
    this.run = run;
    this.sizes = about.sizes;
    this.vividness = about.vividness;
    this.parts = about.parts;
  }

  /**
   * The outputs for a view, without the padding.
   * @param {boolean} isWhole as of `Run` @param {View} view @param {string[]} wanted
   * @param {Conditioning} given @returns {Promise<Record<string, Stack>>}
   */
  async #outputs(isWhole, { shown, size }, wanted, given) {
    const lightness = padded(shown, true);
    const { width, height } = lightness;
    const pixels = width * height;
    const hint = new Float32Array(3 * pixels);
    given.hint?.forEach((each, i) => hint.set(padded(each, false).data, i * pixels));
    const region = given.region
      ? padded(resized(given.region, ...size), true).data
      : new Float32Array(pixels).fill(1);
    const palette = given.palette ?? new Float32Array(PALETTE_SIZE);
    const feed = {
      lightness: { data: lightness.data, dims: [1, 1, height, width] },
      hint: { data: hint, dims: [1, 3, height, width] },
      region: { data: region, dims: [1, 1, height, width] },
      palette: { data: palette, dims: [1, PALETTE_SIZE] },
    };
    const outputs = Object.entries(await this.run(isWhole, feed, wanted));
    return Object.fromEntries(
      outputs.map(([name, output]) => [name, cropped(output, size, width, height)]),
    );
  }

  /**
   * @param {View} view @param {string[]} wanted outputs @param {Conditioning} [given]
   * @returns {Promise<Answer>}
   */
  async answer(view, wanted, given = {}) {
    const { ab, saliency, ab_logits } = await this.#outputs(false, view, wanted, given);
    return {
      ab: [channel(ab, 0), channel(ab, 1)],
      saliency: saliency ? channel(saliency, 0) : null,
      logits: ab_logits ?? null,
    };
  }

  /** What belongs together, and parts of people. @param {View} view */
  async segments(view) {
    const { affinity, parts } = await this.#outputs(true, view, ["affinity", "parts"], {});
    return { affinity, parts };
  }

  /**
   * The answer to the picture seen at each size: objects as seen closer, what surrounds them with
   * the broad colors of the whole.
   * @param {View[]} views @param {Plane} largest ab come no larger than this
   * @param {Conditioning} [given] @returns {Promise<Answer>}
   */
  async ask(views, largest, given) {
    const first = await this.answer(views[0], ["ab", "saliency", "ab_logits"], given);
    let ab = first.ab;
    for (const view of views.slice(1)) {
      const closer = await this.answer(view, ["ab", "saliency"], given);
      if (closer.saliency) ab = joined(ab, closer.ab, closer.saliency);
    }
    const width = Math.min(ab[0].width, largest.width);
    const height = Math.min(ab[0].height, largest.height);
    return { ...first, ab: [resized(ab[0], width, height), resized(ab[1], width, height)] };
  }
}

/** @param {Ab} whole @param {Ab} closer @param {Plane} saliency of the closer view @returns {Ab} */
function joined(whole, closer, saliency) {
  const { width, height } = closer[0];
  const salient = resized(saliency, width, height);
  const sigma = BROAD * Math.sqrt(width * height);
  const each = (/** @type {Plane} */ near, /** @type {Plane} */ far) => {
    const other = resized(far, width, height);
    const apart = blurred(
      filled(near, (i) => near.data[i] - other.data[i]),
      sigma,
    );
    return filled(near, (i) => near.data[i] - (1 - salient.data[i]) * apart.data[i]);
  };
  return [each(closer[0], whole[0]), each(closer[1], whole[1])];
}

/**
 * What is picture of an output.
 * @param {{data: Float32Array, dims: readonly number[]}} output @param {[number, number]} size
 * @param {number} fullWidth @param {number} fullHeight @returns {Stack}
 */
function cropped({ data, dims: [, channels, h, w] }, size, fullWidth, fullHeight) {
  const width = Math.max(1, roundEven((w * size[0]) / fullWidth));
  const height = Math.max(1, roundEven((h * size[1]) / fullHeight));
  const out = new Float32Array(channels * width * height);
  for (let c = 0, at = 0; c < channels; c++) {
    for (let y = 0; y < height; y++, at += width)
      out.set(data.subarray((c * h + y) * w, (c * h + y) * w + width), at);
  }
  return { channels, width, height, data: out };
}

/** @param {Stack} stack @param {number} c */
const channel = ({ width, height, data }, c) =>
  plane(width, height, data.subarray(c * width * height, (c + 1) * width * height));
