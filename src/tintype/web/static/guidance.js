// The settings of a photograph on the page, as values that are never changed, only replaced; and
// the same as the service's JSON.

import { checkGuidance } from "./api.js";
import { DEFAULTS } from "./defaults.js";

/**
 * Positions are shares of width and height, sizes shares of the shorter side.
 * @typedef {[number, number]} Point
 * @typedef {import("./types.js").Guidance} Guidance
 * @typedef {import("./types.js").Hint & {radius: number, confidence: number,
 *   reach: "place" | "thing" | "alike"}} Hint
 * @typedef {import("./types.js").Stroke & {width: number, confidence: number,
 *   reach: "place" | "thing" | "alike"}} ColorStroke
 * @typedef {{points: Point[], width: number, erase: boolean}} Stroke  of the region's brush
 * @typedef {import("./types.js").Region["kind"]} Kind
 * @typedef {Exclude<Kind, "mask" | "polygons" | "objects">} NamedArea
 * @typedef {{kind: "painted", base: string | null, strokes: Stroke[]}
 *   | {kind: NamedArea} | {kind: "objects", keep: Point[], skip: Point[]}
 *   | {kind: "polygons", polygons: Point[][]}} Region
 * @typedef {Omit<typeof DEFAULTS, "hints" | "strokes" | "region"> & {hints: Hint[],
 *   strokes: ColorStroke[], region: Region | null, model: string | null,
 *   recolor: boolean}} Settings  a guidance, its region as the page draws it; model: the network;
 *   recolor: color it though it is in color already
 */

/** @type {Settings} */
export const NOTHING = Object.freeze({
  .../** @type {any} */ (DEFAULTS),
  model: null,
  recolor: false,
});
const REGION_SIDE = 1024;
const MARK_DEFAULTS = { confidence: 1, reach: "thing" };
const RADIUS = 0.01;

const same = (/** @type {unknown} */ one, /** @type {unknown} */ other) =>
  one === other || JSON.stringify(one) === JSON.stringify(other);

/** @param {Settings} one @param {Settings} other */
export const sameSettings = (one, other) => same(one, other);

/** Keys of a guidance that ask for something. @param {Settings} settings */
export const keysAsked = (settings) =>
  /** @type {(keyof typeof DEFAULTS)[]} */ (Object.keys(DEFAULTS)).filter(
    (key) => !same(settings[key], DEFAULTS[key]),
  );

/**
 * The service's JSON. @param {Settings} settings @param {{width: number, height: number}} size
 * @returns {Promise<Guidance>}
 */
export async function toGuidance(settings, size) {
  const { region } = settings;
  const asked = Object.fromEntries(keysAsked(settings).map((key) => [key, settings[key]]));
  if (region?.kind === "painted") {
    asked.region = /** @type {any} */ ({ kind: "mask", mask: await paintedMask(region, size) });
  }
  return { tintype: 1, ...asked };
}

/**
 * Settings from a guidance file. Throws a ServiceError with one sentence.
 * @param {string} text @param {Settings} now @returns {Promise<Settings>}
 */
export async function fromGuidance(text, now) {
  const { tintype, hints = [], strokes = [], region = null, ...others } = await checkGuidance(text);
  const { model, recolor } = now;
  return Object.freeze({
    .../** @type {any} */ (DEFAULTS),
    ...others,
    model,
    recolor,
    hints: hints.map((hint) => ({ radius: RADIUS, ...MARK_DEFAULTS, ...hint })),
    strokes: strokes.map((stroke) => ({ width: 2 * RADIUS, ...MARK_DEFAULTS, ...stroke })),
    region: region && drawable(region),
  });
}

/** @param {import("./types.js").Region} region @returns {Region} */
function drawable({ kind, mask = null, polygons = [], keep = [], skip = [] }) {
  if (kind === "mask") return { kind: "painted", base: mask, strokes: [] };
  if (kind === "polygons") return { kind, polygons };
  return kind === "objects" ? { kind, keep, skip } : { kind };
}

/**
 * @param {Extract<Region, {kind: "painted"}>} region @param {{width: number, height: number}} size
 */
async function paintedMask(region, size) {
  const scale = Math.min(1, REGION_SIDE / Math.max(size.width, size.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(size.width * scale));
  canvas.height = Math.max(1, Math.round(size.height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = startsErasing(region) ? "white" : "black";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (region.base) {
    const base = await loaded(`data:image/png;base64,${region.base}`);
    context.drawImage(base, 0, 0, canvas.width, canvas.height);
  }
  drawStrokes(context, region.strokes, "white", "black");
  return canvas.toDataURL("image/png").split(",")[1];
}

/**
 * Erasing before anything is painted takes color away from there and leaves the rest.
 * @param {Extract<Region, {kind: "painted"}>} region
 */
export const startsErasing = (region) => !region.base && Boolean(region.strokes[0]?.erase);

/**
 * @param {CanvasRenderingContext2D} context @param {Stroke[]} strokes @param {string} ink
 * @param {string | null} eraser null: makes transparent
 */
export function drawStrokes(context, strokes, ink, eraser) {
  const { width, height } = context.canvas;
  for (const stroke of strokes) {
    context.globalCompositeOperation = stroke.erase && !eraser ? "destination-out" : "source-over";
    context.strokeStyle = stroke.erase ? (eraser ?? ink) : ink;
    context.lineWidth = stroke.width * Math.min(width, height);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    for (const [x, y] of stroke.points) context.lineTo(x * width, y * height);
    const [[x, y]] = stroke.points;
    if (stroke.points.length === 1) context.lineTo(x * width + 0.01, y * height);
    context.stroke();
  }
  context.globalCompositeOperation = "source-over";
}

/** A picture that can be shown without a flicker. @param {string} url */
export async function loaded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
