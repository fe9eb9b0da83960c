// The controls of the Area tool: what is in color and what stays gray.

import { by, button, capitalized, input, made } from "./dom.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */
/** @typedef {import("./stage.js").Stage} Stage @typedef {import("./stage.js").Where} Where */

const HELP = /** @type {Record<string, string>} */ ({
  painted: "Paint over what should be in color; all else stays gray.",
  objects: "Choose a thing that should be in color, and others after it.",
  subject: "The foreground is in color, the rest stays gray.",
  background: "All but the foreground is in color.",
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
    if (!value) return;
    const where = /** @type {Where} */ (value);
    if (where !== stage.where) stage.erase = false;
    showWhere(where);
    if (where !== "painted" && where !== "objects" && where !== "polygons")
      apply({ region: { kind: where } }, "area");
    showErase();
  });

  function showErase() {
    button("erase").setAttribute("aria-pressed", String(stage.erase));
    button("erase").disabled = stage.where === "objects" && region?.kind !== "objects";
  }

  /** @param {Where} where */
  function showWhere(where) {
    stage.where = where;
    stage.dataset.where = where;
    for (const each of /** @type {NodeListOf<HTMLInputElement>} */ (
      by("where").querySelectorAll("input")
    ))
      each.checked = each.value === where;
    by("where-help").textContent = HELP[where] ?? `In color: ${where}. The rest stays gray.`;
    const isPainted = where === "painted";
    by("brush-row").hidden = !isPainted;
    button("erase").hidden = !isPainted && where !== "objects";
    button("erase").textContent = where === "objects" ? "Leave out" : "Erase";
  }
  showWhere("painted");

  /** What the network finds by its name. @param {string[]} names */
  function showNames(names) {
    const shown = [...by("where").querySelectorAll("[data-name]")];
    if (shown.map((label) => label.getAttribute("data-name")).join() === names.join()) return;
    for (const label of shown) label.remove();
    for (const name of names) {
      const label = made("label", "");
      label.dataset.name = name;
      label.append(
        made("input", "", { type: "radio", name: "where", value: name }),
        made("span", "", { textContent: capitalized(name) }),
      );
      by("where").append(label);
    }
  }

  /** @param {Photograph} photo @param {string[]} names of the areas that can be found */
  function update({ settings }, names) {
    showNames(names);
    button("clear-region").disabled = settings.region === null;
    if (settings.region && settings.region !== region) showWhere(settings.region.kind);
    if (!settings.region && stage.where !== "painted" && stage.where !== "objects")
      showWhere("painted");
    region = settings.region;
    showErase();
  }

  return { update };
}
