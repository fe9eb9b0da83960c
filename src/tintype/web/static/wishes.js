// What is wished for a photograph, as values that are never changed, only replaced; and the same as the service's JSON.

/** @typedef {import("./api.js").Hint} Hint @typedef {import("./api.js").Guidance} Guidance @typedef {[number, number]} Point */
/**
 * Positions are shares of width and height, widths shares of the shorter side.
 * @typedef {{points: Point[], width: number, erase: boolean}} Stroke
 * @typedef {{kind: "painted", base: string | null, strokes: Stroke[]} | {kind: "subject" | "background"}
 *   | {kind: "objects", keep: Point[], skip: Point[]} | {kind: "polygons", polygons: Point[][]}} Region
 * @typedef {{model: string | null, hints: Hint[], region: Region | null, saturation: number, warmth: number, palette: string[],
 *   reference: string | null, seed: number | null, bold: boolean, carried?: Partial<Guidance>}} Wishes
 *   carried: what a guidance file asks for that the page has no tools for
 */

/** @type {Wishes} */
export const NOTHING = Object.freeze({
  model: null, hints: [], region: null, saturation: 1, warmth: 0, palette: [], reference: null, seed: null, bold: false,
});
const REGION_SIDE = 1024;
const CARRIED = ["strokes", "mean_chroma", "line_art", "keep_color"];
const HINT = ["x", "y", "color", "radius", "confidence", "reach"];
const STROKE = ["points", "color", "width", "confidence", "reach"];
/** The keys of a region, by its kind. @type {Record<string, string[]>} */
const REGIONS = { mask: ["mask"], polygons: ["polygons"], subject: [], background: [], objects: ["keep", "skip"] };

/** @param {Wishes} one @param {Wishes} other */
export const sameWishes = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);

/** The service's JSON. @param {Wishes} wishes @param {{width: number, height: number}} size @returns {Promise<Guidance>} */
export async function toGuidance(wishes, size) {
  /** @type {Guidance} */
  const guidance = { tintype: 1, ...wishes.carried };
  if (wishes.hints.length) guidance.hints = wishes.hints;
  if (wishes.region) guidance.region = wishes.region.kind === "painted" ? { kind: "mask", mask: await paintedMask(wishes.region, size) } : wishes.region;
  if (wishes.saturation !== 1) guidance.saturation = wishes.saturation;
  if (wishes.warmth !== 0) guidance.warmth = wishes.warmth;
  if (wishes.palette.length) guidance.palette = wishes.palette;
  if (wishes.reference) guidance.reference = wishes.reference;
  if (wishes.seed !== null) guidance.seed = wishes.seed;
  if (wishes.bold) guidance.bold = true;
  return guidance;
}

/** Wishes from a guidance file. Throws an Error with one sentence. @param {string} text @param {Wishes} now @returns {Wishes} */
export function fromGuidance(text, now) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`the file is not JSON (${/** @type {Error} */ (error).message})`);
  }
  if (typeof value !== "object" || value === null || !("tintype" in value)) throw new Error("the file holds no guidance of Tintype");
  if (value.tintype !== 1) throw new Error(`the guidance is of version ${value.tintype}; this page reads version 1`);
  const { tintype, hints = [], region = null, saturation, warmth, palette, reference, seed, bold, ...carried } = value;
  refuseUnknown("the guidance", carried, CARRIED);
  refuseUnknownInMarks("hint", hints, HINT);
  refuseUnknownInMarks("stroke", carried.strokes ?? [], STROKE);
  if (region && !Object.hasOwn(REGIONS, region.kind)) throw new Error(`the region has an unknown kind "${region.kind}"`);
  if (region) refuseUnknown("the region", region, ["kind", ...REGIONS[region.kind]]);
  return Object.freeze({
    model: now.model,
    hints: hints.map((/** @type {Partial<Hint>} */ hint) => ({ radius: 0.01, reach: "thing", ...hint })),
    region: region?.kind === "mask" ? { kind: "painted", base: region.mask, strokes: [] } : region?.kind === "objects" ? { skip: [], ...region } : region,
    saturation: saturation ?? 1,
    warmth: warmth ?? 0,
    palette: palette ?? [],
    reference: reference ?? null,
    seed: seed ?? null,
    bold: bold ?? false,
    carried: Object.keys(carried).length ? carried : undefined,
  });
}

/** Throws an Error for a key that a part of the guidance does not have. @param {string} what @param {object} part @param {string[]} keys */
function refuseUnknown(what, part, keys) {
  const unknown = Object.keys(part).find((key) => !keys.includes(key));
  if (unknown) throw new Error(`${what} has an unknown key "${unknown}"`);
}

/** @param {"hint" | "stroke"} kind @param {unknown} marks @param {string[]} keys */
function refuseUnknownInMarks(kind, marks, keys) {
  if (!Array.isArray(marks)) throw new Error(`the ${kind}s must be a list`);
  marks.forEach((mark, i) => refuseUnknown(`${kind} ${i + 1}`, mark, keys));
}

/** @param {Extract<Region, {kind: "painted"}>} region @param {{width: number, height: number}} size */
async function paintedMask(region, size) {
  const scale = Math.min(1, REGION_SIDE / Math.max(size.width, size.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(size.width * scale));
  canvas.height = Math.max(1, Math.round(size.height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = startsErasing(region) ? "white" : "black";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (region.base) context.drawImage(await loaded(`data:image/png;base64,${region.base}`), 0, 0, canvas.width, canvas.height);
  drawStrokes(context, region.strokes, "white", "black");
  return canvas.toDataURL("image/png").split(",")[1];
}

/** Erasing before anything is painted takes color away from there and leaves the rest. @param {Extract<Region, {kind: "painted"}>} region */
export const startsErasing = (region) => !region.base && Boolean(region.strokes[0]?.erase);

/** @param {CanvasRenderingContext2D} context @param {Stroke[]} strokes @param {string} ink @param {string | null} eraser null: makes transparent */
export function drawStrokes(context, strokes, ink, eraser) {
  const { width, height } = context.canvas;
  for (const stroke of strokes) {
    context.globalCompositeOperation = stroke.erase && !eraser ? "destination-out" : "source-over";
    context.strokeStyle = stroke.erase ? eraser ?? ink : ink;
    context.lineWidth = stroke.width * Math.min(width, height);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    for (const [x, y] of stroke.points) context.lineTo(x * width, y * height);
    if (stroke.points.length === 1) context.lineTo(stroke.points[0][0] * width + 0.01, stroke.points[0][1] * height);
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
