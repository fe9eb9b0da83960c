// Pictures as the browser decodes them: read in rows, shrunk and sampled; and drawn regions.

import { lightness } from "./color.js";
import { isJpeg, isPng } from "./metadata.js";
import { plane } from "./planes.js";
import { Sentence } from "./sentence.js";

/**
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("../types.js").Region} Region
 */

const MAX_PIXELS = 100e6;
/** With it, browsers decode what is there of a JPEG that is cut off; the rest is FILLING. */
const END_OF_JPEG = Uint8Array.of(0xff, 0xd9);
const FILLING = 0xff808080;
const SAMPLE_SIDE = 512;
const BAND_ROWS = 64;
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

/**
 * A file as it is decoded, upright. isCut: whether its end is missing.
 * @param {Blob} file @param {string} name
 * @returns {Promise<{bitmap: ImageBitmap, isCut: boolean}>}
 */
export async function decoded(file, name) {
  if (file.type.startsWith("video/"))
    throw new Sentence("films need the installed Tintype; this edition colors photographs");
  const read = (/** @type {Blob} */ blob) =>
    createImageBitmap(blob, { imageOrientation: "from-image" });
  let isCut = false;
  const bitmap = await read(file)
    .catch(() => {
      isCut = true;
      return read(new Blob([file, END_OF_JPEG]));
    })
    .catch(async () => {
      throw new Sentence(reasonOf(new Uint8Array(await file.slice(0, 8).arrayBuffer()), name));
    });
  if (bitmap.width * bitmap.height <= MAX_PIXELS) return { bitmap, isCut };
  bitmap.close();
  throw new Sentence(
    `it has more than ${MAX_PIXELS / 1e6} megapixels; the installed Tintype colors it`,
  );
}

/** Why a file cannot be read. @param {Uint8Array} head its first bytes @param {string} name */
function reasonOf(head, name) {
  if (!head.length) return "it is empty (0 bytes)";
  if (isJpeg(head) || isPng(head))
    return "it is damaged or cut off, and this browser cannot read what is there";
  if (/\.(tiff?|hei[cf]|jp2|jxl|pdf)$/i.test(name))
    return (
      "this browser does not read files of its kind; save it as JPEG or PNG first, or use the" +
      " installed Tintype"
    );
  return "it is no picture that this browser can read, or a damaged one";
}

/**
 * What is missing of a JPEG that is cut off: the rest of a sentence, and whether that is nothing.
 * @param {ImageData} picture in which it is gray @param {boolean} isProgressive
 */
export function missingOf({ data, width, height }, isProgressive) {
  if (isProgressive)
    return { text: "it is cut off: its finest details are missing", isWhole: false };
  const pixels = new Uint32Array(data.buffer);
  let end = pixels.length;
  while (end && pixels[end - 1] === FILLING) end--;
  const percent = Math.round(100 * (1 - Math.ceil(end / width) / height));
  return percent
    ? { text: `it is cut off: ${percent} % of the picture is missing at its end`, isWhole: false }
    : { text: "it lacks its end marker; the picture is complete", isWhole: true };
}

/**
 * A function that reads rows of a picture as RGBA. It lets the garbage of the rows before be
 * collected, which no engine does while one task runs.
 * @param {ImageBitmap} bitmap @param {boolean} isOpaque whether white lies behind it
 */
export function rowsOf(bitmap, isOpaque) {
  const { width } = bitmap;
  let { canvas, context } = canvasOf(width, 1);
  return async (/** @type {number} */ top, /** @type {number} */ rows) => {
    await new Promise((resolve) => setTimeout(resolve));
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
 * A copy on white. What shrinks much is halved in bands first: of the whole bitmap, a browser would
 * make a pyramid and keep it.
 * @param {ImageBitmap | OffscreenCanvas} picture @param {number} side that no side is longer than
 */
export function shrunk(picture, side) {
  const { width, height } = picture;
  const halvings = Math.floor(Math.log2(Math.max(width, height) / side));
  if (halvings < 1) return drawnAt(picture, side);
  const scale = 2 ** halvings;
  const stages = Array.from({ length: halvings }, (_, k) =>
    canvasOf(Math.ceil(width / 2 ** (k + 1)), (BAND_ROWS * scale) / 2 ** (k + 1)),
  );
  const { canvas, context } = canvasOf(Math.ceil(width / scale), Math.ceil(height / scale));
  for (let top = 0; top < height; top += BAND_ROWS * scale) {
    let from = { picture, top, rows: Math.min(BAND_ROWS * scale, height - top) };
    for (const stage of stages) {
      const rows = Math.ceil(from.rows / 2);
      const target = stage.canvas.width;
      stage.context.imageSmoothingQuality = "low"; // means of four pixels
      stage.context.fillStyle = "white";
      stage.context.fillRect(0, 0, target, rows);
      const { width: wide } = from.picture;
      stage.context.drawImage(from.picture, 0, from.top, wide, from.rows, 0, 0, target, rows);
      from = { picture: stage.canvas, top: 0, rows };
    }
    context.drawImage(from.picture, 0, top / scale);
  }
  return drawnAt(canvas, side);
}

/**
 * @param {ImageBitmap | OffscreenCanvas} picture @param {number} side that no side is longer than
 * @param {boolean} [isSmooth] else pixels are picked
 */
function drawnAt(picture, side, isSmooth = true) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const { canvas, context } = canvasOf(
    Math.round(picture.width * scale),
    Math.round(picture.height * scale),
  );
  const { width, height } = canvas;
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = isSmooth;
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** Some pixels of a picture, RGBA. @param {ImageBitmap} bitmap */
export const sampleOf = (bitmap) => drawnAt(bitmap, SAMPLE_SIDE, false).data;

/** @param {ImageData} picture */
function canvasFrom(picture) {
  const { canvas, context } = canvasOf(picture.width, picture.height);
  context.putImageData(picture, 0, 0);
  return canvas;
}

/** @param {ImageData} picture @param {number} quality 0..1 */
export const jpegOf = (picture, quality) =>
  canvasFrom(picture).convertToBlob({ type: "image/jpeg", quality });

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
 * @param {ImageData} picture
 */
export function isInColor(picture) {
  const { data } = shrunk(canvasFrom(picture), COLOR_SIDE);
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
