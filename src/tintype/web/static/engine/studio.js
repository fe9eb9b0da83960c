// The photographs that are open in the browser edition: files in, pictures in color out. Runs in a
// worker.

import { abOfColor } from "./color.js";
import { JpegEncoder, STRIP_ROWS } from "./jpeg.js";
import {
  depthOf,
  isAnimated,
  isPng,
  isProgressive,
  settingsOf,
  withMetadata,
} from "./metadata.js";
import { Prepared } from "./photograph.js";
import {
  decoded,
  drawnRegion,
  isInColor,
  jpegOf,
  missingOf,
  rowsOf,
  sampleOf,
  shrunk,
} from "./pixels.js";
import { PngEncoder } from "./png.js";
import { processTable } from "./process.js";
import { factorOf, guideOf, renderRows } from "./render.js";
import { Sentence } from "./sentence.js";
import { isDark, stretchedTones } from "./tone.js";

/**
 * stretched: what each byte becomes where the tones are stretched. guides: L* at the guided size by
 * what bytes become.
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("./planes.js").Ab} Ab
 * @typedef {import("../api.js").Guidance} Guidance
 * @typedef {import("../api.js").Notice} Notice
 * @typedef {{x: number, y: number, width: number, height: number}} Box  pixels of the photograph
 * @typedef {{ab: Ab, share: Plane | null}} Coloring  share: as of `renderRows`
 * @typedef {{isDark: boolean, stretched: Uint8Array | null}} Tones
 * @typedef {{file: Blob, name: string, width: number, height: number, bitmap: ImageBitmap | null,
 *   isCut: boolean, small: ImageData | null, tones: Tones, guides: Map<Uint8Array | null, Plane>,
 *   prepared: Map<Uint8Array | null, Prepared>, last: Coloring & {key: string} | null,
 *   about: import("../api.js").Opened}} Photo
 * @typedef {import("./network.js").About & {network: string, version: string, sha256: string,
 *   bins: [number, number][], cells: [number, number][],
 *   palettes: import("./process.js").Palette[]}} About
 */

const PREVIEW_SIDE = 1600;
const PREVIEW_QUALITY = 0.9;
const QUALITY = 0.95;
/** Pixels that stay decoded while nothing reads them. */
const MAX_IDLE_PIXELS = 16e6;
const STRIP_PIXELS = 2 ** 20;
/** Of a file, in which a second frame is looked for. */
const HEAD_BYTES = 2 ** 20;
const NAMED_AREAS = ["person", "hair", "skin", "lips", "clothes", "sky"];

const LEFT = { code: /** @type {const} */ ("in-color"), text: "it is in color already" };
const DARK = { code: /** @type {const} */ ("dark"), text: "it is dark, and its lightness is kept" };
const DEEP = {
  code: /** @type {const} */ ("depth-reduced"),
  text: "it has 16 bits a channel; a browser reads and saves 8",
};
const FRAMES = {
  code: /** @type {const} */ ("first-frame-only"),
  text: "it has several frames; the first is colored",
};

export class Studio {
  /** @type {Map<string, Photo>} */
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

  /** @param {Photo} photo */
  async #bitmap(photo) {
    if (photo.bitmap) return photo.bitmap;
    let room = MAX_IDLE_PIXELS;
    for (const other of [...this.#photos.values()].reverse()) {
      for (const held of [other.bitmap, other.small]) room -= held ? held.width * held.height : 0;
      if (room < 0) close(other);
    }
    const { bitmap, isCut } = await decoded(photo.file, photo.name);
    Object.assign(photo, { bitmap, isCut });
    return bitmap;
  }

  /**
   * @param {Blob} file @param {string} name
   * @param {boolean} [keepsDamaged] opens what is there of one that is cut off
   */
  async open(file, name, keepsDamaged) {
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    const id = `${Date.now().toString(36)}-${++this.#count}`; // new for each visit
    const notices = [...(depthOf(head) > 8 ? [DEEP] : []), ...(isAnimated(head) ? [FRAMES] : [])];
    const about = { id, name, pages: 1, shots: null, seconds: null, in_color: false };
    /** @type {Photo} */
    const photo = {
      ...{ file, name, width: 0, height: 0, bitmap: null, isCut: false },
      ...{ small: null, last: null },
      tones: { isDark: false, stretched: null },
      guides: new Map(),
      prepared: new Map(),
      about: { ...about, width: 0, height: 0, notices },
    };
    const bitmap = await this.#bitmap(photo);
    const { width, height } = bitmap;
    Object.assign(photo, { width, height });
    const picture = await this.#small(photo);
    if (photo.isCut) await this.#checkCut(photo, picture, keepsDamaged);
    Object.assign(photo.about, { width, height, in_color: isInColor(picture) });
    const sample = sampleOf(bitmap);
    photo.tones = { isDark: isDark(sample), stretched: stretchedTones(sample) };
    await this.#guide(photo, null);
    this.#photos.set(id, photo);
    return photo.about;
  }

  /** @param {Photo} photo @param {ImageData} picture @param {boolean} [keepsDamaged] */
  async #checkCut(photo, picture, keepsDamaged) {
    const bytes = new Uint8Array(await photo.file.arrayBuffer());
    const { text, isWhole } = missingOf(picture, isProgressive(bytes));
    photo.about.notices.push({ code: "damaged", text });
    if (isWhole || keepsDamaged) return;
    close(photo);
    throw new Sentence(text, "damaged-photo");
  }

  /** @param {string} id */
  about(id) {
    return this.#photo(id).about;
  }

  /** @param {string} id */
  forget(id) {
    const photo = this.#photos.get(id);
    if (photo) close(photo);
    this.#photos.delete(id);
  }

  /** L* at the guided size. @param {Photo} photo @param {Uint8Array | null} curve */
  async #guide(photo, curve) {
    const known = photo.guides.get(curve);
    if (known) return known;
    const { width, height } = photo;
    const read = rowsOf(await this.#bitmap(photo), true);
    const toned = async (/** @type {number} */ top, /** @type {number} */ rows) =>
      throughCurve(await read(top, rows), curve);
    const guide = await guideOf(width, height, factor(photo), toned);
    photo.guides.set(curve, guide);
    rest(photo);
    return guide;
  }

  /** @param {Photo} photo @param {Uint8Array | null} curve */
  async #prepared(photo, curve) {
    const known = photo.prepared.get(curve);
    if (known) return known;
    const guide = await this.#guide(photo, curve);
    const { network, about } = await this.loaded;
    const prepared = new Prepared(network, guide, about);
    photo.prepared.set(curve, prepared);
    return prepared;
  }

  /**
   * @param {Photo} photo @param {Guidance} guidance @param {boolean} [recolor]
   * @returns {Promise<Coloring>}
   */
  async #coloring(photo, guidance, recolor) {
    const key = JSON.stringify([guidance, recolor]);
    if (photo.last?.key === key) return photo.last;
    const prepared = await this.#prepared(photo, curveOf(photo, guidance));
    const { region: given, palette: colors } = guidance;
    const isDrawn = given?.kind === "mask" || given?.kind === "polygons";
    const { width, height } = prepared.lightness;
    const region = isDrawn ? prepared.feathered(await drawnRegion(given, width, height)) : given;
    const process = colors ? processTable(colors, (await this.loaded).about.palettes) : null;
    const palette = process ? [] : colors?.map(abOfColor);
    const followed = { .../** @type {any} */ (guidance), region, palette, process };
    const ab = await prepared.ab(followed);
    const share = photo.about.in_color && !recolor ? await prepared.newShare(followed) : null;
    photo.last = { key, ab, share };
    return photo.last;
  }

  /** A screen's worth of it, uncolored. @param {Photo} photo */
  async #small(photo) {
    photo.small ??= shrunk(await this.#bitmap(photo), PREVIEW_SIDE);
    const { data, width, height } = photo.small;
    return new ImageData(data.slice(), width, height);
  }

  /** A screen's worth of it as it came. @param {string} id */
  async shown(id) {
    return jpegOf(await this.#small(this.#photo(id)), PREVIEW_QUALITY);
  }

  /**
   * Whether a color photograph stays as it is: nothing asks for other colors.
   * @param {Photo} photo @param {Guidance} guidance @param {boolean} [recolor]
   */
  #isLeft(photo, { hints, strokes, region, parts }, recolor) {
    const isGuided = hints?.length || strokes?.length || region || parts?.length;
    return Boolean(photo.about.in_color && !recolor && !isGuided);
  }

  /**
   * A screen's worth of it in color.
   * @param {string} id @param {Guidance} guidance @param {boolean} [recolor]
   */
  async preview(id, guidance, recolor) {
    const photo = this.#photo(id);
    if (this.#isLeft(photo, guidance, recolor))
      return { blob: await this.shown(id), notices: [LEFT] };
    const picture = await this.#small(photo);
    const { ab, share } = await this.#coloring(photo, guidance, recolor);
    const { data, width } = picture;
    const shrink = width * (factor(photo) / photo.width);
    throughCurve(data, curveOf(photo, guidance));
    renderRows(data, ab, { left: 0, top: 0, width }, shrink, share);
    const notices = await this.#notices(photo, guidance);
    return { blob: await jpegOf(picture, PREVIEW_QUALITY), notices };
  }

  /** @param {Photo} photo @param {Guidance} guidance */
  async #notices(photo, guidance) {
    const { parts, region, tone } = guidance;
    /** @type {Notice[]} */
    const notices = tone !== "auto" && photo.tones.isDark ? [DARK] : [];
    /** @type {Set<string | undefined>} */
    const named = new Set([...(parts ?? []).map(({ part }) => part), region?.kind]);
    const wanted = NAMED_AREAS.filter((name) => named.has(name));
    if (!wanted.length) return notices;
    const prepared = await this.#prepared(photo, curveOf(photo, guidance));
    const segments = await prepared.segments();
    const missing = wanted.filter((name) => !segments.has(name));
    const text = `no ${missing.join(" and no ")} can be found in it`;
    return missing.length ? [...notices, { code: "part-not-found", text }] : notices;
  }

  /**
   * A part of it at full size, in color if there is guidance.
   * @param {string} id @param {Box} box @param {Guidance} [guidance] @param {boolean} [recolor]
   */
  async tile(id, { x, y, width, height }, guidance, recolor) {
    const photo = this.#photo(id);
    const part = await createImageBitmap(await this.#bitmap(photo), x, y, width, height);
    const picture = shrunk(part, Math.max(width, height));
    part.close();
    if (guidance && !this.#isLeft(photo, guidance, recolor)) {
      const { ab, share } = await this.#coloring(photo, guidance, recolor);
      throughCurve(picture.data, curveOf(photo, guidance));
      renderRows(picture.data, ab, { left: x, top: y, width }, factor(photo), share);
    }
    return jpegOf(picture, QUALITY);
  }

  /**
   * The whole file in color, strip by strip, with its EXIF and a label.
   * @param {string} id @param {Guidance} guidance @param {boolean} [recolor]
   */
  async whole(id, guidance, recolor) {
    const photo = this.#photo(id);
    if (this.#isLeft(photo, guidance, recolor)) return { blob: photo.file, name: photo.name };
    const { width, height } = photo;
    const { ab, share } = await this.#coloring(photo, guidance, recolor);
    const curve = curveOf(photo, guidance);
    const isLossless = isPng(new Uint8Array(await photo.file.slice(0, 8).arrayBuffer()));
    const encoder = isLossless
      ? new PngEncoder(width, height)
      : new JpegEncoder(width, height, 100 * QUALITY);
    const read = rowsOf(await this.#bitmap(photo), !isLossless);
    const rows = STRIP_ROWS * Math.max(1, Math.floor(STRIP_PIXELS / width / STRIP_ROWS));
    for (let top = 0; top < height; top += rows) {
      const pixels = throughCurve(await read(top, Math.min(rows, height - top)), curve);
      renderRows(pixels, ab, { left: 0, top, width }, factor(photo), share);
      await encoder.add(pixels);
    }
    rest(photo);
    const [head, ...pieces] = await encoder.end();
    const original = new Uint8Array(await photo.file.arrayBuffer());
    const bytes = withMetadata(head, original, await this.#label(guidance));
    const type = isLossless ? "image/png" : "image/jpeg";
    const name = photo.name.replace(/(\.[^.]*)?$/, `.color.${isLossless ? "png" : "jpg"}`);
    return { blob: new Blob([/** @type {BlobPart} */ (bytes), ...pieces], { type }), name };
  }

  /** @param {Guidance} guidance */
  async #label(guidance) {
    const { network, version, sha256 } = (await this.loaded).about;
    return { network, version, settings: settingsOf(guidance), sha256 };
  }

  /**
   * The likely colors of a place, and the thing that it lies on.
   * @param {string} id @param {{x: number, y: number} | null} place @param {number} count
   */
  async suggest(id, place, count) {
    const prepared = await this.#prepared(this.#photo(id), null);
    const colors = place ? await prepared.likely(place, count) : [];
    return { colors, thing: place && (await prepared.thing(place)), places: [] };
  }
}

/** @param {Photo} photo */
const factor = ({ width, height }) => factorOf(width, height);

/** What each byte becomes. @param {Photo} photo @param {Guidance} guidance */
const curveOf = ({ tones }, { tone }) => (tone === "auto" ? tones.stretched : null);

/** Free the pixels of a photograph. @param {Photo} photo */
function close(photo) {
  photo.bitmap?.close();
  photo.bitmap = null;
  photo.small = null;
}

/** Free the bitmap of a large photograph, which is decoded again. @param {Photo} photo */
function rest(photo) {
  if (photo.width * photo.height <= MAX_IDLE_PIXELS) return;
  photo.bitmap?.close();
  photo.bitmap = null;
}

/**
 * RGBA with other tones, in place.
 * @param {Uint8ClampedArray} pixels @param {Uint8Array | null} curve
 */
function throughCurve(pixels, curve) {
  if (curve)
    for (let i = 0; i < pixels.length; i += 4)
      for (let c = 0; c < 3; c++) pixels[i + c] = curve[pixels[i + c]];
  return pixels;
}
