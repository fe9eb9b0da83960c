// The controls beside the picture: tools, colors, sizes, strength, networks.

import { DEFAULTS } from "./defaults.js";
import { by, button, input } from "./dom.js";
import { keysAsked } from "./guidance.js";
import { colorName } from "./words.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */
/** @typedef {import("./stage.js").Stage} Stage @typedef {import("./api.js").Model} Model */

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
const REACHES = /** @type {const} */ (["place", "thing", "alike"]);
const REACH_NAMES = { place: "this place", thing: "this thing", alike: "all alike" };
const QUALITY = /** @type {Record<string, string>} */ ({ default: "Best", fast: "Fast" });
const MAX_RECENT = 6;

/**
 * @param {Stage} stage @param {() => Photograph | null} current
 * @param {(change: Partial<Settings>, group?: string) => void} apply
 */
export function createPanel(stage, current, apply) {
  /** @type {string[]} */
  let recent = [];
  /** @type {import("./guidance.js").Region | null} that was shown last */
  let region = null;

  /**
   * @param {Partial<import("./guidance.js").Hint>} change of the dab that is selected
   * @param {number | null} [selected]
   */
  function changeSelected(change, selected = stage.selected) {
    const photo = current();
    if (!photo || selected === null) return;
    apply(
      {
        hints: photo.settings.hints.map((hint, i) =>
          i === selected ? { ...hint, ...change } : hint,
        ),
      },
      `${Object.keys(change)[0]} ${selected}`,
    );
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
    const next =
      swatches[
        (swatches.indexOf(/** @type {HTMLElement} */ (document.activeElement)) +
          step +
          swatches.length) %
          swatches.length
      ];
    useColor(next.dataset.color ?? "");
    next.focus();
  });
  useColor(SWATCHES.red);

  by("tool").addEventListener("change", (event) => {
    const tool = /** @type {import("./stage.js").Tool} */ (
      /** @type {HTMLInputElement} */ (event.target).value
    );
    stage.use(tool);
    document.body.dataset.tool = tool;
    picking(false);
    for (const section of document.querySelectorAll("#tools [data-tool]")) {
      /** @type {HTMLElement} */ (section).hidden = section.getAttribute("data-tool") !== tool;
    }
  });

  /** @param {boolean} on */
  function picking(on) {
    stage.picking = on;
    stage.classList.toggle("picking", on);
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
    changeSelected({ radius: stage.dabSize }, stage.active);
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
    apply({ hints: [] });
  });

  input("brush-size").addEventListener("input", () => {
    stage.brushSize = Number(input("brush-size").value) / 100;
    stage.sizeBrush();
  });
  button("erase").addEventListener("click", () => {
    stage.erase = !stage.erase;
    button("erase").setAttribute("aria-pressed", String(stage.erase));
  });
  button("clear-region").addEventListener("click", () => apply({ region: null }));
  const WHERE_HELP = {
    painted: "Paint over what should be in color; all else stays gray.",
    objects: "Click a thing that should be in color; click again for more.",
    subject: "The foreground is in color, the rest stays gray.",
    background: "All but the foreground is in color.",
    polygons: "The region comes from the guidance file. Choose or paint another one to replace it.",
  };
  by("where").addEventListener("change", (event) => {
    const where = /** @type {import("./stage.js").Where} */ (
      /** @type {HTMLInputElement} */ (event.target).value
    );
    showWhere(where);
    if (where === "subject" || where === "background") apply({ region: { kind: where } });
  });
  /** @param {import("./stage.js").Where} where */
  function showWhere(where) {
    stage.where = where;
    stage.dataset.where = where;
    for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (
      by("where").querySelectorAll("input")
    ))
      radio.checked = radio.value === where;
    by("where-help").textContent = WHERE_HELP[where];
    by("brush-row").hidden = where !== "painted";
    button("erase").hidden = where !== "painted" && where !== "objects";
    button("erase").textContent = where === "objects" ? "Leave out" : "Erase";
  }
  showWhere("painted");
  input("warmth").addEventListener("input", () =>
    apply({ warmth: Number(input("warmth").value) }, "warmth"),
  );
  input("saturation").addEventListener("input", () =>
    apply({ saturation: Number(input("saturation").value) }, "saturation"),
  );

  const select = /** @type {HTMLSelectElement} */ (by("model"));
  select.addEventListener("change", () => apply({ model: select.value }));
  button("recolor").addEventListener("click", () => apply({ recolor: true }));
  /** Keys of a guidance that a control of the page changes. */
  const controlled = new Set(
    Array.from(document.querySelectorAll("[data-keys]"), (each) =>
      each.getAttribute("data-keys"),
    ).flatMap((keys) => keys?.split(" ")),
  );
  const carriedBy = (/** @type {Settings} */ settings) =>
    keysAsked(settings).filter((key) => !controlled.has(key));
  button("remove-carried").addEventListener("click", () => {
    const carried = carriedBy(/** @type {Photograph} */ (current()).settings);
    apply(Object.fromEntries(carried.map((key) => [key, DEFAULTS[key]])));
  });

  stage.addEventListener("selected", () => {
    const hint = stage.selected === null ? null : current()?.settings.hints[stage.selected];
    if (hint) {
      stage.color = hint.color;
      stage.reach = hint.reach;
      stage.dabSize = hint.radius;
      input("dab-size").value = String(100 * hint.radius);
      showColor(hint.color);
      showReach();
    }
  });

  /** `[` and `]` @param {number} factor */
  function resizeBrush(factor) {
    const slider = stage.dataset.tool === "dab" ? input("dab-size") : input("brush-size");
    const was = slider.value;
    slider.value = String(Number(was) * factor);
    if (slider.value === was) slider[factor > 1 ? "stepUp" : "stepDown"]();
    slider.dispatchEvent(new Event("input"));
  }

  /** @param {Model[]} models */
  function showModels(models) {
    select.replaceChildren(
      ...models.map(({ name, system }) =>
        Object.assign(new Option(QUALITY[name] ?? name, name), { title: system }),
      ),
    );
    by("model-row").hidden = models.length < 2;
  }

  /** @param {Photograph} photo */
  function update({ settings, isLeft }) {
    for (const [id, disabled] of Object.entries({
      "clear-dabs": settings.hints.length === 0,
      "clear-region": settings.region === null,
      "remove-dab": stage.active === null,
    }))
      button(id).disabled = disabled;
    input("saturation").value = String(settings.saturation);
    by("saturation-value").textContent = String(settings.saturation);
    input("warmth").value = String(settings.warmth);
    by("warmth-value").textContent = String(settings.warmth);
    if (settings.region && settings.region !== region) showWhere(settings.region.kind);
    if (!settings.region && stage.where === "polygons") showWhere("painted");
    region = settings.region;
    if (settings.model) select.value = settings.model;
    const carried = carriedBy(settings);
    by("carried").hidden = carried.length === 0;
    const keys = new Intl.ListFormat("en").format(carried);
    by("carried-value").textContent =
      `The guidance file also sets ${keys}, which the page uses and saves but cannot change.`;
    by("in-color").hidden = !isLeft;
    for (const hint of settings.hints.slice(-MAX_RECENT))
      if (!recent.includes(hint.color)) remember(hint.color);
  }

  return { update, showModels, resizeBrush, picking };
}
