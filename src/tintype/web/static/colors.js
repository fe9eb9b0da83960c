// The controls of the Color tool: which color, how large, how strong and how far.

import { by, button, input } from "./dom.js";
import { abOfColor, colorOf } from "./engine/color.js";
import { countMarks, markAt, radiusOf, withChange } from "./marks.js";
import { colorName } from "./words.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */
/** @typedef {import("./stage.js").Stage} Stage */

const SWATCHES = {
  "fair skin": "#e0ac90",
  "dark skin": "#8d5a3c",
  "blond hair": "#c9a86a",
  "brown hair": "#6b4a33",
  sky: "#7fb0dc",
  grass: "#7f9a4e",
  leaves: "#4f7340",
  wood: "#a3754a",
  brick: "#a8543f",
  sand: "#d3bd8f",
  sea: "#3f7f93",
  denim: "#4a6285",
  red: "#b3303a",
  rose: "#d98a9c",
  yellow: "#e0bb3f",
  violet: "#75538f",
  gray: "#808080",
};
/** @typedef {import("./types.js").PartColor["part"]} Part */
const PARTS = /** @type {Part[]} */ (["hair", "skin", "lips", "clothes", "sky"]);
const REACHES = /** @type {const} */ (["place", "thing", "alike"]);
const REACH_NAMES = { place: "this place", thing: "this thing", alike: "all alike" };
const MAX_RECENT = 6;

/**
 * @param {Stage} stage @param {() => Photograph | null} current
 * @param {(change: Partial<Settings>, group?: string) => void} apply
 */
export function createColors(stage, current, apply) {
  /** @type {string[]} */
  let recent = [];

  /**
   * @param {Parameters<typeof withChange>[2]} change of the mark that is selected
   * @param {number | null} [selected]
   */
  function changeSelected(change, selected = stage.selected) {
    const photo = current();
    if (!photo || selected === null) return;
    apply(withChange(photo.settings, selected, change), `${Object.keys(change)[0]} ${selected}`);
  }

  /** @param {string} color */
  function useColor(color) {
    stage.color = color;
    if (stage.fresh !== null) stage.select(null);
    showColor(color);
    changeSelected({ color });
  }

  /** @param {string} color */
  function showColor(color) {
    input("color").value = color;
    const swatches = /** @type {HTMLElement[]} */ ([...by("swatches").children]);
    const chosen = swatches.find((swatch) => swatch.dataset.color === color);
    for (const swatch of swatches) {
      swatch.setAttribute("aria-checked", String(swatch === chosen));
      swatch.tabIndex = swatch === (chosen ?? swatches[0]) ? 0 : -1; // one tab stop for all of them
    }
    by("color-name").textContent = chosen?.title ?? colorName(color);
  }

  /** @param {string} color */
  function remember(color) {
    recent = [color, ...recent.filter((each) => each !== color)].slice(0, MAX_RECENT);
    by("recent").replaceChildren(
      ...recent.map((each) => {
        const swatch = document.createElement("button");
        Object.assign(swatch, {
          type: "button",
          title: colorName(each),
          ariaLabel: `recent: ${colorName(each)}`,
        });
        swatch.style.background = each;
        swatch.addEventListener("click", () => useColor(each));
        return swatch;
      }),
    );
  }

  for (const [name, color] of Object.entries(SWATCHES)) {
    const swatch = document.createElement("button");
    Object.assign(swatch, { type: "button", title: name, role: "radio", ariaLabel: name });
    swatch.dataset.color = color;
    swatch.style.background = color;
    swatch.addEventListener("click", () => useColor(color));
    by("swatches").append(swatch);
  }
  by("swatches").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const swatches = /** @type {HTMLElement[]} */ ([...by("swatches").children]);
    const at = swatches.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = swatches[(at + step + swatches.length) % swatches.length];
    useColor(next.dataset.color ?? "");
    next.focus();
  });
  useColor(SWATCHES.red);

  /** The lower half of each swatch is its color at the lightness of what the mark lies on. */
  function showResults() {
    const photo = current();
    const mark = photo && stage.active !== null && markAt(photo.settings, stage.active);
    const thing = mark && photo.thingAt(mark);
    for (const swatch of /** @type {NodeListOf<HTMLElement>} */ (
      by("swatches").querySelectorAll("button")
    )) {
      const color = swatch.dataset.color ?? "";
      swatch.style.background = thing
        ? `linear-gradient(${color} 40%, ${colorOf(thing.lightness, ...abOfColor(color))} 40%)`
        : color;
    }
  }

  by("mark").addEventListener("change", (event) =>
    useMark(/** @type {HTMLInputElement} */ (event.target).value),
  );
  /** @param {string} kind "hints", "strokes" or "parts" */
  function useMark(kind) {
    stage.draws = kind === "strokes";
    stage.dataset.mark = stage.draws ? "stroke" : "dab";
    /** @type {HTMLElement} */ (by("parts").parentElement).dataset.mark = kind;
    by("parts").hidden = kind !== "parts";
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll(".marks-row")
    ))
      row.hidden = kind === "parts";
    stage.select(null);
    stage.sizeBrush();
  }

  for (const part of PARTS) {
    const choice = document.createElement("button");
    Object.assign(choice, { type: "button", textContent: part });
    choice.dataset.part = part;
    choice.addEventListener("click", () => usePart(part));
    by("parts").append(choice);
  }

  /** Give all that is called so the color, or take that away again. @param {Part} part */
  function usePart(part) {
    const photo = current();
    if (!photo) return;
    const { color } = stage;
    const had = photo.settings.parts.find((each) => each.part === part && !each.near);
    const others = photo.settings.parts.filter((each) => each !== had);
    apply({ parts: had?.color === color ? others : [...others, { part, color }] });
    stage.say(`${part}: ${had?.color === color ? "no color" : colorName(color)}`);
  }

  /** @param {Settings} settings @param {string[]} people the areas that can be found by name */
  function showParts({ parts }, people) {
    by("parts-choice").hidden = !PARTS.some((part) => people.includes(part));
    if (by("parts-choice").hidden && !by("parts").hidden) {
      input("mark-hints").checked = true;
      useMark("hints");
    }
    for (const choice of /** @type {NodeListOf<HTMLElement>} */ (
      by("parts").querySelectorAll("button")
    )) {
      const { part = "" } = choice.dataset;
      const given = parts.find((each) => each.part === part);
      choice.hidden = !people.includes(part);
      choice.ariaPressed = String(given !== undefined);
      choice.style.setProperty("--color", given?.color ?? "transparent");
    }
  }

  /** @param {boolean} on */
  function picking(on) {
    stage.picking = on;
    stage.classList.toggle("picking", on);
    document.body.classList.toggle("picks", on);
    button("pick").setAttribute("aria-pressed", String(on));
  }
  button("pick").addEventListener("click", () => picking(!stage.picking));
  stage.addEventListener("picked", (event) => {
    picking(false);
    const { color } = /** @type {CustomEvent} */ (event).detail;
    useColor(color);
    stage.say(`${colorName(color)} picked`);
  });

  input("color").addEventListener("input", () => useColor(input("color").value));
  input("dab-size").addEventListener("input", () => {
    stage.dabSize = Number(input("dab-size").value) / 100;
    stage.sizeBrush();
    changeSelected({ radius: stage.dabSize }, stage.active);
  });
  input("confidence").addEventListener("input", () => {
    stage.confidence = Number(input("confidence").value);
    changeSelected({ confidence: stage.confidence }, stage.active);
  });
  input("reach").addEventListener("input", () => {
    stage.reach = REACHES[Number(input("reach").value)];
    showReach();
    changeSelected({ reach: stage.reach }, stage.active);
  });
  function showReach() {
    input("reach").value = String(REACHES.indexOf(stage.reach));
    by("reach-value").textContent = REACH_NAMES[stage.reach];
    input("reach").setAttribute("aria-valuetext", REACH_NAMES[stage.reach]);
  }
  button("remove-dab").addEventListener("click", () => stage.removeActive());
  button("clear-dabs").addEventListener("click", () => {
    stage.select(null);
    apply({ hints: [], strokes: [], parts: [] });
  });

  stage.addEventListener("selected", () => {
    const photo = current();
    const mark = photo && stage.selected !== null && markAt(photo.settings, stage.selected);
    // the keyboard passes over marks on its way to the picture and keeps the color chosen for it
    if (!mark || document.activeElement?.matches("[data-index]:focus-visible")) return;
    stage.color = mark.color;
    stage.reach = mark.reach;
    stage.confidence = mark.confidence;
    stage.dabSize = radiusOf(mark);
    input("dab-size").value = String(100 * stage.dabSize);
    input("confidence").value = String(mark.confidence);
    showColor(mark.color);
    showReach();
  });

  /** @param {Photograph} photo @param {string[]} people the areas that can be found by name */
  function update({ settings }, people) {
    showParts(settings, people);
    button("clear-dabs").disabled = countMarks(settings) + settings.parts.length === 0;
    button("remove-dab").disabled = stage.active === null;
    for (const mark of [...settings.hints, ...settings.strokes].slice(-MAX_RECENT))
      if (!recent.includes(mark.color)) remember(mark.color);
    showResults();
  }

  return { update, picking };
}
