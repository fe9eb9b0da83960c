// The controls of the Area tool: what is in color and what stays gray.

import { by, button, input } from "./dom.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */
/** @typedef {import("./stage.js").Stage} Stage @typedef {import("./stage.js").Where} Where */

const HELP = /** @type {Record<Where, string>} */ ({
  painted: "Paint over what should be in color; all else stays gray.",
  objects: "Choose a thing that should be in color, and others after it.",
  subject: "The foreground is in color, the rest stays gray.",
  background: "All but the foreground is in color.",
  person: "People are in color, the rest stays gray.",
  hair: "Hair is in color, the rest stays gray.",
  skin: "Skin is in color, the rest stays gray.",
  lips: "Lips are in color, the rest stays gray.",
  clothes: "Clothes are in color, the rest stays gray.",
  polygons: "The area comes from the guidance file. Choose or paint another one to replace it.",
});

/**
 * @param {Stage} stage
 * @param {(change: Partial<Settings>, group?: string) => void} apply
 */
export function createArea(stage, apply) {
  /** @type {import("./guidance.js").Region | null} that was shown last */
  let region = null;

  input("brush-size").addEventListener("input", () => {
    stage.brushSize = Number(input("brush-size").value) / 100;
    stage.sizeBrush();
  });
  button("erase").addEventListener("click", () => {
    stage.erase = !stage.erase;
    showErase();
  });
  button("clear-region").addEventListener("click", () => apply({ region: null }));
  // a click, not a change: what is checked can be chosen again
  by("where").addEventListener("click", (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    if (!(value in HELP)) return;
    const where = /** @type {Where} */ (value);
    showWhere(where);
    if (where !== "painted" && where !== "objects" && where !== "polygons")
      apply({ region: { kind: where } });
  });

  function showErase() {
    button("erase").setAttribute("aria-pressed", String(stage.erase));
  }

  /** @param {Where} where */
  function showWhere(where) {
    stage.where = where;
    stage.dataset.where = where;
    for (const each of /** @type {NodeListOf<HTMLInputElement>} */ (
      by("where").querySelectorAll("input")
    ))
      each.checked = each.value === where;
    by("where-help").textContent = HELP[where];
    const isPainted = where === "painted";
    by("brush-row").hidden = !isPainted;
    button("erase").hidden = !isPainted && where !== "objects";
    button("erase").textContent = where === "objects" ? "Leave out" : "Erase";
  }
  showWhere("painted");

  /** @param {Photograph} photo @param {string[]} people the areas of people that can be found */
  function update({ settings }, people) {
    for (const label of /** @type {NodeListOf<HTMLLabelElement>} */ (
      by("where").querySelectorAll("[data-people]")
    ))
      label.hidden = !people.includes(/** @type {HTMLInputElement} */ (label.control).value);
    button("clear-region").disabled = settings.region === null;
    if (settings.region && settings.region !== region) showWhere(settings.region.kind);
    if (!settings.region && stage.where !== "painted" && stage.where !== "objects")
      showWhere("painted");
    region = settings.region;
    showErase();
  }

  return { update };
}
