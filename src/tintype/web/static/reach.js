// How far a dab reaches: what it changed in the picture is marked for a moment.

import { made } from "./dom.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */

const SIDE = 256;
const STAYS_MS = 1200;
const LEAST = 20; // of the sum of three channels; less is the coding's noise
const BLUR = 2; // pixels of the mark, so that noise has no rim

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
    const scale = SIDE / Math.max(photo.width, photo.height);
    const size = {
      width: Math.max(1, Math.round(photo.width * scale)),
      height: Math.max(1, Math.round(photo.height * scale)),
    };
    const pixels = await Promise.all([from, to].map((url) => read(url, size))).catch(() => null);
    if (!pixels || this.#from !== from) return;
    Object.assign(this.canvas, size);
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const marked = context.createImageData(size.width, size.height);
    const inside = changed(pixels[0], pixels[1], size);
    inside.forEach((here, i) => {
      const beside = [i - 1, i + 1, i - size.width, i + size.width].some(
        (at) => at in inside && inside[at] !== here,
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
 * Where two pictures of RGBA pixels differ: 1, else 0.
 * @param {Uint8ClampedArray} one @param {Uint8ClampedArray} other
 * @param {{width: number, height: number}} size
 */
function changed(one, other, { width, height }) {
  const apart = Float32Array.from({ length: width * height }, (_, i) =>
    [0, 1, 2].reduce((sum, part) => sum + Math.abs(one[4 * i + part] - other[4 * i + part]), 0),
  );
  const blurred = [1, width].reduce(
    (values, step) =>
      values.map((_, i) => {
        let sum = 0;
        for (let k = -BLUR; k <= BLUR; k++) sum += values[i + k * step] ?? 0;
        return sum / (2 * BLUR + 1);
      }),
    apart,
  );
  return Uint8Array.from(blurred, (value) => Number(value > LEAST));
}

/** @param {string} url @param {{width: number, height: number}} size */
async function read(url, { width, height }) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const context = /** @type {CanvasRenderingContext2D} */ (
    made("canvas", "", { width, height }).getContext("2d")
  );
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
