// The controls beside the picture: the tools, and what holds for the whole picture.

import { createArea } from "./area.js";
import { createColors } from "./colors.js";
import { DEFAULTS } from "./defaults.js";
import { by, button, input } from "./dom.js";
import { keysAsked } from "./guidance.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */
/** @typedef {import("./stage.js").Stage} Stage @typedef {import("./api.js").Model} Model */

const QUALITY = /** @type {Record<string, string>} */ ({ default: "Best", fast: "Fast" });

/**
 * @param {Stage} stage @param {() => Photograph | null} current
 * @param {(change: Partial<Settings>, group?: string) => void} apply
 */
export function createPanel(stage, current, apply) {
  const colors = createColors(stage, current, apply);
  const area = createArea(stage, apply);

  by("tool").addEventListener("change", (event) => {
    const tool = /** @type {import("./stage.js").Tool} */ (
      /** @type {HTMLInputElement} */ (event.target).value
    );
    stage.use(tool);
    document.body.dataset.tool = tool;
    colors.picking(false);
    for (const section of document.querySelectorAll("#tools [data-tool]")) {
      /** @type {HTMLElement} */ (section).hidden = section.getAttribute("data-tool") !== tool;
    }
  });

  for (const key of /** @type {const} */ (["warmth", "saturation"]))
    input(key).addEventListener("input", () => apply({ [key]: Number(input(key).value) }, key));

  const select = /** @type {HTMLSelectElement} */ (by("model"));
  select.addEventListener("change", () => apply({ model: select.value }));
  button("recolor").addEventListener("click", () =>
    apply({ recolor: true, keep_color: DEFAULTS.keep_color }),
  );
  button("keep-color").addEventListener("click", () => {
    const kept = current()?.settings.keep_color;
    apply({ keep_color: kept ? DEFAULTS.keep_color : true });
  });
  button("tone").addEventListener("click", () => {
    const isStretched = current()?.settings.tone === "auto";
    apply({ tone: isStretched ? DEFAULTS.tone : "auto" });
  });
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

  /** `[` and `]` @param {number} factor */
  function resizeBrush(factor) {
    const slider = stage.dataset.tool === "dab" ? input("dab-size") : input("brush-size");
    const was = slider.value;
    slider.value = String(Number(was) * factor);
    if (slider.value === was) slider[factor > 1 ? "stepUp" : "stepDown"]();
    slider.dispatchEvent(new Event("input"));
  }

  /** @type {Model[]} */
  let networks = [];
  /** @param {Model[]} models */
  function showModels(models) {
    networks = models;
    select.replaceChildren(
      ...models.map(({ name, system }) =>
        Object.assign(new Option(QUALITY[name] ?? name, name), { title: system }),
      ),
    );
    by("model-row").hidden = models.length < 2;
  }

  /** @param {Photograph} photo */
  function update(photo) {
    const { settings } = photo;
    const people = networks.find(({ name }) => name === settings.model)?.people ?? [];
    colors.update(photo, people);
    area.update(photo, people);
    input("saturation").value = String(settings.saturation);
    by("saturation-value").textContent = String(settings.saturation);
    input("warmth").value = String(settings.warmth);
    by("warmth-value").textContent = String(settings.warmth);
    button("tone").hidden = photo.isFilm;
    button("tone").ariaPressed = String(settings.tone === "auto");
    if (settings.model) select.value = settings.model;
    const carried = carriedBy(settings);
    by("carried").hidden = carried.length === 0;
    const keys = new Intl.ListFormat("en").format(carried);
    by("carried-value").textContent =
      `The guidance file also sets ${keys}, which the page uses and saves but cannot change.`;
    const keeps = Boolean(settings.keep_color);
    by("in-color").hidden = !photo.isLeft && !keeps;
    const isNegative = photo.opened.notices.some(({ code }) => code === "negative");
    const why = isNegative ? "looks like a negative" : "is in color already";
    by("in-color-help").textContent = keeps
      ? "Its own colors are kept; what has none is colored."
      : `It ${why} and is left as it is.`;
    button("keep-color").setAttribute("aria-pressed", String(keeps));
  }

  return { update, showModels, resizeBrush, picking: colors.picking };
}
