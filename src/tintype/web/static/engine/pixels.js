// Pictures as the browser decodes them: read in rows, shrunk and sampled; and drawn regions.

import { lightness } from "./color.js";
import { plane } from "./planes.js";
import { Sentence } from "./sentence.js";

/**
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("../types.js").Region} Region
 */

const MAX_PIXELS = 100e6;
const SAMPLE_SIDE = 512;
/** Of the test for color: longest side, classes of L*, share of places, distance in 255ths. */
const COLOR_SIDE = 160;
const LIGHTNESS_CLASSES = 12;
const MONOCHROME_SHARE = 0.97;
const MAX_MONOCHROME_DISTANCE = 16;

/** @param {number} width @param {number} height */
export function canvasOf(width, height) {
  const canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Sentence("there is not enough memory for a picture of this size");
  context.imageSmoothingQuality = "high";
  return { canvas, context };
}

/** @param {Blob} file @param {string} name */
export async function decoded(file, name) {
  if (file.type.startsWith("video/"))
    throw new Sentence("films need the installed Tintype; this edition colors photographs");
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new Sentence(
      /\.(tiff?|hei[cf]|jp2|jxl|pdf)$/i.test(name)
        ? "this browser does not read files of its kind; save it as JPEG or PNG first, or use the" +
            " installed Tintype"
        : "it is no picture that this browser can read, or a damaged one",
    );
  });
  if (bitmap.width * bitmap.height <= MAX_PIXELS) return bitmap;
  bitmap.close();
  throw new Sentence(
    `it has more than ${MAX_PIXELS / 1e6} megapixels; the installed Tintype colors it`,
  );
}

/**
 * A function that reads rows of a picture as RGBA.
 * @param {ImageBitmap} bitmap @param {boolean} isOpaque whether white lies behind it
 */
export function rowsOf(bitmap, isOpaque) {
  const { width } = bitmap;
  let { canvas, context } = canvasOf(width, 1);
  return (/** @type {number} */ top, /** @type {number} */ rows) => {
    if (canvas.height < rows) ({ canvas, context } = canvasOf(width, rows));
    context.clearRect(0, 0, width, rows);
    if (isOpaque) {
      context.fillStyle = "white";
      context.fillRect(0, 0, width, rows);
    }
    context.drawImage(bitmap, 0, top, width, rows, 0, 0, width, rows);
    return context.getImageData(0, 0, width, rows).data;
  };
}

/**
 * A copy on white.
 * @param {ImageBitmap} bitmap @param {number} side that no side is longer than
 * @param {boolean} [isSmooth] else pixels are picked
 */
export function shrunk(bitmap, side, isSmooth = true) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const { canvas, context } = canvasOf(
    Math.round(bitmap.width * scale),
    Math.round(bitmap.height * scale),
  );
  const { width, height } = canvas;
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = isSmooth;
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** Some pixels of a picture, RGBA. @param {ImageBitmap} bitmap */
export const sampleOf = (bitmap) => shrunk(bitmap, SAMPLE_SIDE, false).data;

/** @param {ImageData} picture @param {number} quality 0..1 */
export function jpegOf(picture, quality) {
  const { canvas, context } = canvasOf(picture.width, picture.height);
  context.putImageData(picture, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality });
}

/**
 * A region that was painted or drawn, 0..1.
 * @param {Region} region @param {number} width @param {number} height
 */
export async function drawnRegion({ kind, mask, polygons }, width, height) {
  const { context } = canvasOf(width, height);
  if (kind === "mask") {
    const bytes = Uint8Array.from(atob(mask ?? ""), (each) => each.charCodeAt(0));
    context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0, width, height);
  }
  context.fillStyle = "white";
  for (const polygon of polygons ?? []) {
    context.beginPath();
    for (const [x, y] of polygon) context.lineTo(x * width, y * height);
    context.fill("evenodd");
  }
  const { data } = context.getImageData(0, 0, width, height);
  const values = Float32Array.from(
    { length: width * height },
    (_, i) => (data[4 * i] / 255) * (data[4 * i + 3] / 255),
  );
  return plane(width, height, values);
}

/**
 * Whether a picture has colors that do not depend on lightness alone, as a tone's do.
 * @param {ImageBitmap} bitmap
 */
export function isInColor(bitmap) {
  const { data } = shrunk(bitmap, COLOR_SIDE);
  const places = Array.from({ length: data.length / 4 }, (_, i) => {
    const [r, g, b] = data.subarray(4 * i, 4 * i + 3);
    return { L: lightness(r, g, b), u: r - g, v: b - g };
  }).sort((one, other) => one.L - other.L);
  const size = Math.max(1, Math.ceil(places.length / LIGHTNESS_CLASSES));
  const distances = [];
  for (let at = 0; at < places.length; at += size) {
    const part = places.slice(at, at + size);
    const middle = (/** @type {"u" | "v"} */ key) =>
      part.map((each) => each[key]).sort((a, b) => a - b)[part.length >> 1];
    const [u, v] = [middle("u"), middle("v")];
    for (const each of part) distances.push(Math.hypot(each.u - u, each.v - v));
  }
  const at = Math.floor(MONOCHROME_SHARE * (distances.length - 1));
  return distances.sort((a, b) => a - b)[at] > MAX_MONOCHROME_DISTANCE;
}
