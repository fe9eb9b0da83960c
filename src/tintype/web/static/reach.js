// How far a dab reaches: what it changed in the picture is marked for a moment.

import { made } from "./dom.js";
import { loaded } from "./guidance.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */

const SIDE = 800; // pixels, where it is not seen yet
const STAYS_MS = 1200;
const LEAST = 20; // of the sum of three channels; less is the coding's noise
const BLUR = 0.004; // radius by the longer side, so that noise has no rim
const MIN_SHARE = 0.001; // of the picture; smaller parts are left out

/**
 * The mark over the picture: the rim of what differs now from before the dab that is being placed.
 */
export class Reach {
  canvas = made("canvas", "reach", { hidden: true });
  /** @type {string | null} the picture before */
  #from = null;
  #timer = 0;

  /** A dab is about to be placed. @param {Photograph | null} photo */
  begin(photo) {
    this.hide();
    this.#from = photo?.after ?? null;
  }

  /** As `begin`, unless that was called for this dab already. @param {Photograph} photo */
  ensure(photo) {
    this.#from ??= photo.after;
  }

  /**
   * The picture has changed.
   * @param {Photograph | null} photo @param {boolean} stays until `release`
   */
  async show(photo, stays) {
    const from = this.#from;
    const to = photo?.after;
    if (!photo || !from || !to || from === to) return;
    const images = await Promise.all([from, to].map(loaded)).catch(() => null);
    if (!images || this.#from !== from) return;
    // as large as it is seen, and no larger than the pictures are
    const width = Math.min(
      images[1].naturalWidth,
      Math.round((this.canvas.parentElement?.clientWidth || SIDE) * devicePixelRatio),
    );
    const size = { width, height: Math.max(1, Math.round((width * photo.height) / photo.width)) };
    const pixels = images.map((image) => read(image, size));
    const thick = Math.max(1, Math.round(devicePixelRatio));
    Object.assign(this.canvas, size);
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const marked = context.createImageData(size.width, size.height);
    const inside = changed(pixels[0], pixels[1], size);
    inside.forEach((here, i) => {
      const beside = [-1, 1, -size.width, size.width].some(
        (step) => inside[i + thick * step] === 1 - here,
      );
      // white within, dark without: seen on all
      if (beside) marked.data.set(here ? [255, 255, 255, 255] : [0, 0, 0, 150], 4 * i);
    });
    context.putImageData(marked, 0, 0);
    this.canvas.hidden = false;
    clearTimeout(this.#timer);
    if (!stays) this.release();
  }

  /** The dab is placed: the mark goes in a moment. */
  release() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), STAYS_MS);
  }

  get isShown() {
    return !this.canvas.hidden;
  }

  hide() {
    clearTimeout(this.#timer);
    this.canvas.hidden = true;
    this.#from = null;
  }
}

/**
 * Where two pictures of RGBA pixels differ: 1, else 0. What covers few pixels is left out.
 * @param {Uint8ClampedArray} one @param {Uint8ClampedArray} other
 * @param {{width: number, height: number}} size
 */
function changed(one, other, { width, height }) {
  const apart = new Float32Array(width * height);
  for (let i = 0, at = 0; i < apart.length; i++, at += 4)
    apart[i] =
      Math.abs(one[at] - other[at]) +
      Math.abs(one[at + 1] - other[at + 1]) +
      Math.abs(one[at + 2] - other[at + 2]);
  const radius = Math.max(1, Math.round(BLUR * Math.max(width, height)));
  const rows = averaged(apart, height, width, 1, width, radius);
  const blurred = averaged(rows, width, height, width, 1, radius);
  const inside = Uint8Array.from(blurred, (value) => Number(value > LEAST));
  removeCrumbs(inside, width, MIN_SHARE * inside.length);
  return inside;
}

/**
 * The mean of each value and those around it in its line.
 * @param {Float32Array} values @param {number} lines how many @param {number} length of each
 * @param {number} step from a value of a line to the next @param {number} next from line to line
 * @param {number} radius
 */
function averaged(values, lines, length, step, next, radius) {
  const means = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    const start = line * next;
    let sum = 0;
    for (let k = -radius; k < length; k++) {
      if (k + radius < length) sum += values[start + (k + radius) * step];
      if (k - radius > 0) sum -= values[start + (k - radius - 1) * step];
      if (k >= 0) means[start + k * step] = sum / (2 * radius + 1);
    }
  }
  return means;
}

/**
 * Clear connected parts of few pixels.
 * @param {Uint8Array} inside @param {number} width @param {number} least
 */
function removeCrumbs(inside, width, least) {
  const seen = new Uint8Array(inside.length);
  for (let first = 0; first < inside.length; first++) {
    if (!inside[first] || seen[first]) continue;
    const part = [first];
    seen[first] = 1;
    for (const at of part)
      for (const beside of [at - 1, at + 1, at - width, at + width])
        if (inside[beside] && !seen[beside]) {
          seen[beside] = 1;
          part.push(beside);
        }
    if (part.length < least) for (const at of part) inside[at] = 0;
  }
}

/** @param {HTMLImageElement} image @param {{width: number, height: number}} size */
function read(image, { width, height }) {
  const context = /** @type {CanvasRenderingContext2D} */ (
    made("canvas", "", { width, height }).getContext("2d")
  );
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
