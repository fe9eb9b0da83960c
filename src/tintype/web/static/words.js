// Colors and places in words, for those who do not see them.

/** @typedef {import("./guidance.js").Settings} Settings */

const NAMES = {
  black: "#000000",
  gray: "#808080",
  silver: "#c0c0c0",
  white: "#ffffff",
  maroon: "#800000",
  red: "#b3303a",
  brick: "#a8543f",
  blond: "#c9a86a",
  "bright red": "#e02020",
  rose: "#d98a9c",
  pink: "#f0b0c0",
  coral: "#e8795a",
  orange: "#e8862a",
  peach: "#e0ac90",
  brown: "#6b4a33",
  tan: "#a3754a",
  sand: "#d3bd8f",
  gold: "#c9a030",
  yellow: "#e0bb3f",
  olive: "#7a7a30",
  lime: "#a0cc40",
  green: "#3a8f3f",
  "grass green": "#7f9a4e",
  "dark green": "#2f5a35",
  teal: "#2f8080",
  turquoise: "#40b8b0",
  cyan: "#50c8e0",
  "sky blue": "#7fb0dc",
  blue: "#3060c0",
  navy: "#203060",
  "slate blue": "#4a6285",
  violet: "#75538f",
  purple: "#802080",
  magenta: "#c040a0",
  lilac: "#b8a0d0",
};

/** @param {string} color */
const parts = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/** The nearest name. @param {string} color "#rrggbb" */
export function colorName(color) {
  if (!/^#[0-9a-f]{6}$/i.test(color)) return color;
  const [r, g, b] = parts(color);
  let best = "gray",
    least = Infinity;
  for (const [name, value] of Object.entries(NAMES)) {
    const [nr, ng, nb] = parts(value);
    const mean = (r + nr) / 2; // "redmean", a cheap distance that follows the eye
    const apart =
      (2 + mean / 256) * (r - nr) ** 2 +
      4 * (g - ng) ** 2 +
      (2 + (255 - mean) / 256) * (b - nb) ** 2;
    if (apart < least) [best, least] = [name, apart];
  }
  return best;
}

/** @param {number} x @param {number} y shares of width and height */
export function placeName(x, y) {
  const row = y < 1 / 3 ? "top" : y < 2 / 3 ? "middle" : "bottom";
  const column = x < 1 / 3 ? "left" : x < 2 / 3 ? "center" : "right";
  return row === "middle" && column === "center" ? "center" : `${row} ${column}`;
}

/**
 * Where on its thing a place lies, and what can be said of a thing whose name nobody knows.
 * @param {number} x @param {number} y @param {import("./api.js").Thing} thing
 */
function thingName(x, y, { left, top, right, bottom, share, lightness }) {
  const side = placeName((x - left) / (right - left), (y - top) / (bottom - top)).replace(
    "middle ",
    "",
  );
  const size = share > 0.25 ? "large " : share < 0.03 ? "small " : "";
  const tone = lightness < 35 ? "dark" : lightness > 70 ? "light" : "gray";
  return `on the ${side} of a ${size}${tone} thing`;
}

/**
 * @param {{color: string}} mark @param {[number, number]} at @param {number} index
 * @param {import("./api.js").Thing | null} [thing] that it lies on
 */
export function markName(mark, [x, y], index, thing) {
  const on = thing ? `${thingName(x, y, thing)}, ` : "";
  const [across, down] = [x, y].map((share) => Math.round(100 * share));
  const place = `${placeName(x, y)} of the picture (${across} % across, ${down} % down)`;
  const name = `${"points" in mark ? "Stroke" : "Dab"} ${index + 1}`;
  return `${name}, ${colorName(mark.color)}, ${on}${place}`;
}

const AREAS = /** @type {Record<string, string>} */ ({ painted: "painted", objects: "thing" });
const STEPS = /** @type {Record<string, (before: Settings, after: Settings) => string>} */ ({
  hints: (before, after) => markStep("Dab", before.hints, after.hints),
  strokes: (before, after) => markStep("Stroke", before.strokes, after.strokes),
  parts: (before, after) => partStep(before.parts, after.parts),
  region: (_, { region }) =>
    region ? `Area: ${AREAS[region.kind] ?? region.kind}` : "Color everything",
  saturation: (_, { saturation }) => `Vividness ${saturation}`,
  warmth: (_, { warmth }) => `Warmth ${warmth}`,
  tone: (_, { tone }) => (tone === "auto" ? "Tones stretched" : "Tones kept"),
  palette: (_, { palette }) => (palette.length ? "Palette" : "No palette"),
  reference: (_, { reference }) => (reference ? "Colors like a picture" : "No other picture"),
  bold: (_, { bold }) => (bold ? "Other coloring" : "Plain coloring"),
  seed: () => "Other coloring",
  model: () => "Quality",
  recolor: () => "Color anyway",
  keep_color: (_, { keep_color }) => (keep_color ? "Own colors kept" : "Own colors replaced"),
});

/**
 * @param {string} name @param {{color: string}[]} before @param {{color: string}[]} after
 */
function markStep(name, before, after) {
  if (after.length < before.length) return `${name} removed`;
  const at = after.findIndex((mark, i) => JSON.stringify(mark) !== JSON.stringify(before[i]));
  if (after.length > before.length) return `${name}, ${colorName(after[at].color)}`;
  const recolored = after[at].color !== before[at].color;
  return `${name} ${recolored ? `now ${colorName(after[at].color)}` : "changed"}`;
}

/** @typedef {{part: string, color: string}} PartColor */
/** @param {PartColor[]} before @param {PartColor[]} after */
function partStep(before, after) {
  const given = after.find((each) => !before.includes(each));
  return given ? `${given.part}, ${colorName(given.color)}` : "Color of a part removed";
}

/** What was done between two settings. @param {Settings} before @param {Settings} after */
export function stepName(before, after) {
  const keys = /** @type {(keyof Settings)[]} */ (Object.keys(after));
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  const named = changed.find((key) => key in STEPS);
  return named ? STEPS[named](before, after) : "Guidance file";
}

/** @param {number} seconds */
export function lengthName(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}
