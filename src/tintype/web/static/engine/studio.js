// The photographs that are open in the browser edition: files in, pictures in color out. Runs in a worker.

import { abOfColor, lightness } from "./color.js";
import { depthOf, isPng, withMetadata } from "./metadata.js";
import { plane } from "./planes.js";
import { factorOf, guideOf, Prepared, renderRows } from "./photograph.js";
import { processTable } from "./process.js";

/** @typedef {import("./planes.js").Plane} Plane @typedef {import("./planes.js").Ab} Ab @typedef {import("../api.js").Guidance} Json */
/** @typedef {{x: number, y: number, width: number, height: number}} Box  pixels of the photograph */
/** @typedef {{file: Blob, name: string, width: number, height: number, bitmap: ImageBitmap | null, prepared: Prepared | null, last: {key: string, ab: Ab} | null, about: import("../api.js").Opened | null}} Opened */
/** @typedef {{network: string, version: string, bins: [number, number][], cells: [number, number][], palettes: import("./process.js").Palette[]}} About */

const PREVIEW_SIDE = 1600;
const PREVIEW_QUALITY = 0.9,
  QUALITY = 0.95;
const MOST_PIXELS = 100e6,
  MOST_BITMAPS = 2;
const STRIP_PIXELS = 2 ** 20;
const HINT_SIDE = 160,
  COLORED = 8,
  SHARE = 0.97,
  CLASSES = 12;

const LEFT = { code: /** @type {const} */ ("in-color"), text: "it is in color already" };

/** A sentence for the person; code: for the page. */
export class Sentence extends Error {
  /** @param {string} message @param {string} [code] */
  constructor(message, code = "wrong-value") {
    super(message);
    this.code = code;
  }
}

/** @param {number} width @param {number} height */
function canvasOf(width, height) {
  const canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Sentence("There is not enough memory for a picture of this size");
  context.imageSmoothingQuality = "high";
  return { canvas, context };
}

export class Studio {
  /** @type {Map<string, Opened>} */
  #photos = new Map();
  #count = 0;

  /** @param {Promise<{network: import("./network.js").Network, about: About}>} loaded */
  constructor(loaded) {
    this.loaded = loaded;
  }

  /** @param {string} id */
  #photo(id) {
    const photo = this.#photos.get(id);
    if (!photo) throw new Sentence("the photograph is not open", "photo-not-open");
    return photo;
  }

  /** @param {Opened} photo */
  async #bitmap(photo) {
    photo.bitmap ??= await decoded(photo.file, photo.name);
    const open = [...this.#photos.values()].filter((each) => each.bitmap && each !== photo);
    for (const other of open.slice(0, Math.max(0, open.length - MOST_BITMAPS + 1))) {
      other.bitmap?.close();
      other.bitmap = null;
    }
    return photo.bitmap;
  }

  /** @param {Blob} file @param {string} name */
  async open(file, name) {
    const head = new Uint8Array(await file.slice(0, 32).arrayBuffer());
    const bitmap = await decoded(file, name);
    const { width, height } = bitmap;
    const id = `${Date.now().toString(36)}-${++this.#count}`; // another one than those of an earlier visit
    /** @type {Opened} */
    const photo = { file, name, width, height, bitmap, prepared: null, last: null, about: null };
    this.#photos.set(id, photo);
    await this.#bitmap(photo);
    const text = "it has 16 bits a channel; a browser reads and saves 8";
    const notices =
      depthOf(head) > 8 ? [{ code: /** @type {const} */ ("depth-reduced"), text }] : [];
    photo.about = {
      id,
      name,
      width,
      height,
      pages: 1,
      in_color: isInColor(bitmap),
      notices,
      shots: null,
      seconds: null,
    };
    return photo.about;
  }

  /** @param {string} id */
  about(id) {
    return this.#photo(id).about;
  }

  /** @param {string} id */
  forget(id) {
    this.#photos.get(id)?.bitmap?.close();
    this.#photos.delete(id);
  }

  /** @param {Opened} photo */
  async #prepared(photo) {
    const [{ network, about }, bitmap] = await Promise.all([this.loaded, this.#bitmap(photo)]);
    photo.prepared ??= new Prepared(
      network,
      guideOf(photo.width, photo.height, factorOf(photo.width, photo.height), rowsOf(bitmap)),
      about,
    );
    return photo.prepared;
  }

  /** @param {Opened} photo @param {Json} guidance */
  async #ab(photo, guidance) {
    const key = JSON.stringify(guidance);
    const prepared = await this.#prepared(photo);
    if (photo.last?.key === key) return photo.last.ab;
    const strokes = /** @type {import("./marks.js").Stroke[] | undefined} */ (guidance.strokes);
    const region = await regionOf(guidance.region, prepared.lightness);
    const { about } = await this.loaded;
    const process = guidance.palette ? processTable(guidance.palette, about.palettes) : null;
    const palette = process ? [] : guidance.palette?.map(abOfColor);
    const ab = await prepared.ab({
      .../** @type {any} */ (guidance),
      strokes,
      region,
      palette,
      process,
    });
    photo.last = { key, ab };
    return ab;
  }

  /** A screen's worth of it as it came. @param {string} id */
  async shown(id) {
    const bitmap = await this.#bitmap(this.#photo(id));
    return shrunk(bitmap, PREVIEW_SIDE).canvas.convertToBlob({
      type: "image/jpeg",
      quality: PREVIEW_QUALITY,
    });
  }

  /** @param {Opened} photo @param {Ab} ab @param {number} side @param {number} quality */
  async #small(photo, ab, side, quality) {
    const { canvas, context } = shrunk(await this.#bitmap(photo), side);
    render(
      context,
      canvas.width,
      canvas.height,
      ab,
      { left: 0, top: 0 },
      canvas.width / (photo.width / factorOf(photo.width, photo.height)),
    );
    return canvas.convertToBlob({ type: "image/jpeg", quality });
  }

  /** Whether a color photograph stays as it is: nothing asks for other colors. @param {Opened} photo @param {Json} guidance @param {boolean} [recolor] */
  #isLeft(photo, { hints, strokes, region, keep_color }, recolor) {
    return Boolean(
      photo.about?.in_color &&
      !recolor &&
      !hints?.length &&
      !strokes?.length &&
      !region &&
      !keep_color,
    );
  }

  /** A screen's worth of it in color. @param {string} id @param {Json} guidance @param {boolean} [recolor] */
  async preview(id, guidance, recolor) {
    const photo = this.#photo(id);
    if (this.#isLeft(photo, guidance, recolor))
      return { blob: await this.shown(id), notices: [LEFT] };
    const blob = await this.#small(
      photo,
      await this.#ab(photo, guidance),
      PREVIEW_SIDE,
      PREVIEW_QUALITY,
    );
    return { blob, notices: /** @type {import("../api.js").Notice[]} */ ([]) };
  }

  /** A part of it at full size, in color if there is guidance. @param {string} id @param {Box} box @param {Json} [guidance] @param {boolean} [recolor] */
  async tile(id, box, guidance, recolor) {
    const photo = this.#photo(id),
      bitmap = await this.#bitmap(photo);
    const { canvas, context } = canvasOf(box.width, box.height);
    context.drawImage(bitmap, -box.x, -box.y);
    if (guidance && !this.#isLeft(photo, guidance, recolor))
      render(
        context,
        box.width,
        box.height,
        await this.#ab(photo, guidance),
        { left: box.x, top: box.y },
        factorOf(photo.width, photo.height),
      );
    return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  }

  /** The whole file in color, with its EXIF and a label. @param {string} id @param {Json} guidance @param {boolean} [recolor] */
  async whole(id, guidance, recolor) {
    const photo = this.#photo(id);
    if (this.#isLeft(photo, guidance, recolor)) return { blob: photo.file, name: photo.name };
    const ab = await this.#ab(photo, guidance);
    const original = new Uint8Array(await photo.file.arrayBuffer());
    const type = isPng(original) ? "image/png" : "image/jpeg";
    const { canvas, context } = canvasOf(photo.width, photo.height);
    context.drawImage(await this.#bitmap(photo), 0, 0);
    photo.bitmap?.close(); // two of a large picture are more than a phone has room for
    photo.bitmap = null;
    render(
      context,
      photo.width,
      photo.height,
      ab,
      { left: 0, top: 0 },
      factorOf(photo.width, photo.height),
    );
    const encoded = new Uint8Array(
      await (await canvas.convertToBlob({ type, quality: QUALITY })).arrayBuffer(),
    );
    const { about } = await this.loaded;
    const hash = new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(guidance))),
    );
    const settings = [...hash.subarray(0, 6)]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
    const bytes = withMetadata(encoded, original, {
      network: about.network,
      version: about.version,
      settings,
    });
    return {
      blob: new Blob([/** @type {BlobPart} */ (bytes)], { type }),
      name: photo.name.replace(/(\.[^.]*)?$/, `.color.${type === "image/png" ? "png" : "jpg"}`),
    };
  }

  /** The likely colors of a place. @param {string} id @param {{x: number, y: number} | null} place @param {number} count */
  async suggest(id, place, count) {
    const prepared = await this.#prepared(this.#photo(id));
    return {
      colors: place ? await prepared.likely(place.x, place.y, count) : [],
      thing: null,
      places: [],
    };
  }
}

/** @param {Blob} file @param {string} name */
async function decoded(file, name) {
  const kind = file.type.split("/")[0];
  if (kind === "video")
    throw new Sentence("films need the installed Tintype; this edition colors photographs");
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Sentence(
      /\.(tiff?|hei[cf]|jp2|jxl|pdf)$/i.test(name)
        ? "this browser does not read files of its kind; save it as JPEG or PNG first, or use the installed Tintype"
        : "it is no picture that this browser can read, or a damaged one",
    );
  }
  if (bitmap.width * bitmap.height > MOST_PIXELS) {
    bitmap.close();
    throw new Sentence(
      `it has more than ${MOST_PIXELS / 1e6} megapixels; the installed Tintype colors it`,
    );
  }
  return bitmap;
}

/** Rows of a picture as RGBA. @param {ImageBitmap} bitmap */
function rowsOf(bitmap) {
  let { canvas, context } = canvasOf(bitmap.width, 1);
  return (/** @type {number} */ top, /** @type {number} */ rows) => {
    if (canvas.height < rows) ({ canvas, context } = canvasOf(bitmap.width, rows));
    context.clearRect(0, 0, bitmap.width, rows);
    context.fillStyle = "white"; // behind what is transparent
    context.fillRect(0, 0, bitmap.width, rows);
    context.drawImage(bitmap, 0, top, bitmap.width, rows, 0, 0, bitmap.width, rows);
    return context.getImageData(0, 0, bitmap.width, rows).data;
  };
}

/** @param {ImageBitmap} bitmap @param {number} side that no side is longer than */
function shrunk(bitmap, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const made = canvasOf(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  made.context.drawImage(bitmap, 0, 0, made.canvas.width, made.canvas.height);
  return made;
}

/** Color what a canvas holds, strip by strip. @param {OffscreenCanvasRenderingContext2D} context @param {number} width @param {number} height @param {Ab} ab @param {{left: number, top: number}} place @param {number} factor */
function render(context, width, height, ab, { left, top }, factor) {
  const rows = Math.max(1, Math.floor(STRIP_PIXELS / width));
  for (let y = 0; y < height; y += rows) {
    const strip = context.getImageData(0, y, width, Math.min(rows, height - y));
    renderRows(strip.data, ab, { left, top: top + y, width }, factor);
    context.putImageData(strip, 0, y);
  }
}

/** @param {Json["region"]} region @param {Plane} lightness @returns {Promise<Plane | "subject" | "background" | null>} */
async function regionOf(region, lightness) {
  if (!region) return null;
  if (region.kind === "subject" || region.kind === "background") return region.kind;
  const { width, height } = lightness,
    { context } = canvasOf(width, height);
  if (region.kind === "mask") {
    const bytes = Uint8Array.from(atob(region.mask ?? ""), (each) => each.charCodeAt(0));
    context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0, width, height);
  } else if (region.kind === "polygons") {
    context.fillStyle = "white";
    for (const polygon of region.polygons ?? []) {
      context.beginPath();
      for (const [x, y] of polygon) context.lineTo(x * width, y * height);
      context.fill("evenodd");
    }
  } else
    throw new Sentence(
      "to choose a thing by a click needs the installed Tintype; paint it with the brush here",
    );
  const { data } = context.getImageData(0, 0, width, height);
  return plane(
    width,
    height,
    Float32Array.from(
      { length: width * height },
      (_, i) => (data[4 * i] / 255) * (data[4 * i + 3] / 255),
    ),
  );
}

/** Whether a picture has colors that do not depend on lightness alone, as a tone's do. @param {ImageBitmap} bitmap */
function isInColor(bitmap) {
  const { canvas, context } = shrunk(bitmap, HINT_SIDE);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const places = Array.from({ length: canvas.width * canvas.height }, (_, i) => {
    const [r, g, b] = data.subarray(4 * i, 4 * i + 3);
    return { L: lightness(r, g, b), u: r - g, v: b - g };
  }).sort((one, other) => one.L - other.L);
  const size = Math.max(1, Math.ceil(places.length / CLASSES));
  const apart = [];
  for (let at = 0; at < places.length; at += size) {
    const part = places.slice(at, at + size);
    const middle = (/** @type {"u" | "v"} */ key) =>
      part.map((each) => each[key]).sort((a, b) => a - b)[part.length >> 1];
    const u = middle("u"),
      v = middle("v");
    for (const each of part) apart.push(Math.hypot(each.u - u, each.v - v));
  }
  return apart.sort((a, b) => a - b)[Math.floor(SHARE * (apart.length - 1))] > 2 * COLORED;
}
