// The page: opens photographs, keeps the controls and the picture in step, and asks the service for colors.

import { listModels, ServiceError } from "./api.js";
import { Photograph } from "./album.js";
import { Stage } from "./stage.js";

/** @typedef {import("./album.js").Wishes} Wishes @typedef {import("./api.js").Model} Model */

const SWATCHES = {
  "fair skin": "#e0ac90", "dark skin": "#8d5a3c", "blond hair": "#c9a86a", "brown hair": "#6b4a33", sky: "#7fb0dc", grass: "#7f9a4e",
  leaves: "#4f7340", wood: "#a3754a", brick: "#a8543f", sand: "#d3bd8f", sea: "#3f7f93", denim: "#4a6285", red: "#b3303a", rose: "#d98a9c",
  yellow: "#e0bb3f", violet: "#75538f", gray: "#808080",
};
const MESSAGE_MS = 9000;

/** @template {HTMLElement} T @param {string} id @returns {T} */
const by = (id) => /** @type {T} */ (document.getElementById(id));
/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (by(id));

const stage = /** @type {Stage} */ (by("stage"));
const modelSelect = /** @type {HTMLSelectElement} */ (by("model"));
/** @type {Model[]} */
let models = [];
/** @type {Photograph[]} */
const album = [];
/** @type {Photograph | null} */
let current = null;
const model = () => models[Math.max(0, modelSelect.selectedIndex)];

/** @param {unknown} problem */
function tell(problem) {
  const line = document.createElement("p");
  line.textContent = problem instanceof Error ? problem.message.replace(/^./, (first) => first.toUpperCase()) : String(problem);
  by("messages").append(line);
  setTimeout(() => line.remove(), MESSAGE_MS);
}

let trying = false; // the slider of strength is being moved
let working = 0;
/** Shows that something is going on. @template T @param {() => Promise<T>} work */
async function busily(work) {
  working += 1;
  by("busy").hidden = false;
  try {
    return await work();
  } finally {
    working -= 1;
    by("busy").hidden = working === 0;
  }
}

/** @param {Iterable<File>} files */
async function open(files) {
  const list = [...files];
  await busily(async () => {
    for (const file of list) {
      try {
        const photo = await Photograph.open(file);
        if (photo.opened.pages > 1) tell(`${file.name} has ${photo.opened.pages} pages; this page shows the first, the command colors all`);
        album.push(photo);
        addToStrip(photo);
        if (!current || list.length === 1 || file === list[0]) choose(photo);
        await photo.color(model());
        refresh();
      } catch (error) {
        tell(error instanceof ServiceError ? `${file.name}: ${error.message}` : error);
      }
    }
  });
}

/** @param {Photograph} photo */
function choose(photo) {
  current = photo;
  for (const id of ["stage", "tools"]) by(id).hidden = false;
  by("welcome").hidden = true;
  stage.show(photo);
  refresh();
  if (photo.after) recolor();
}

/** @type {Wishes | null} what is to be colored next, while a request is under way */
let next = null;
let coloring = false;
/** Color the photograph with its wishes; while one answer is awaited only the last of further wishes is kept. @param {Wishes} [wishes] */
async function recolor(wishes) {
  if (!current) return;
  next = wishes ?? current.wishes;
  if (coloring) return;
  coloring = true;
  await busily(async () => {
    while (next && current) {
      const photo = current;
      const asked = next;
      next = null;
      try {
        await photo.color(model(), asked);
      } catch (error) {
        tell(error);
      }
      refresh();
    }
  });
  coloring = false;
}

/** @param {Partial<Wishes>} change */
function wish(change) {
  if (!current) return;
  current.wish(change);
  recolor();
  refresh();
}

/** Bring everything on the page in line with the photograph that is chosen. */
function refresh() {
  if (!current) return;
  const { wishes, past, future } = current;
  stage.update();
  by("file-name").textContent = current.opened.name;
  input("save").disabled = !current.after;
  input("undo").disabled = past.length === 0;
  input("redo").disabled = future.length === 0;
  input("clear-dabs").disabled = wishes.hints.length === 0;
  input("clear-region").disabled = wishes.strokes.length === 0;
  input("remove-dab").disabled = stage.selected === null;
  if (!trying) input("saturation").value = String(wishes.saturation);
  by("saturation-told").textContent = Number(input("saturation").value).toFixed(2).replace(/\.?0+$/, "");
  refreshStrip();
}

/** @param {Photograph} photo */
function addToStrip(photo) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = photo.opened.name;
  button.append(Object.assign(document.createElement("img"), { alt: photo.opened.name }));
  button.addEventListener("click", () => choose(photo));
  by("strip").append(button);
}

function refreshStrip() {
  by("strip").hidden = album.length < 2;
  album.forEach((photo, i) => {
    const button = /** @type {HTMLElement} */ (by("strip").children[i]);
    const image = /** @type {HTMLImageElement} */ (button.firstElementChild);
    const url = photo.after ?? photo.before;
    if (image.getAttribute("src") !== url) image.src = url;
    if (photo === current) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}

async function save() {
  const photo = current;
  if (!photo) return;
  await busily(async () => {
    try {
      const { blob, name } = await photo.whole(model());
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      tell(error);
    }
  });
}

// ---- tools

/** @param {string} color */
function useColor(color) {
  stage.color = color;
  input("color").value = color;
  for (const swatch of by("swatches").children) swatch.setAttribute("aria-checked", String(swatch.getAttribute("data-color") === color));
  changeSelected({ color });
}

/** @param {Partial<import("./api.js").Hint>} change of the dab that is selected */
function changeSelected(change) {
  if (!current || stage.selected === null) return;
  const same = Object.entries(change).every(([key, value]) => Reflect.get(Object(current?.wishes.hints[stage.selected ?? 0]), key) === value);
  if (!same) wish({ hints: current.wishes.hints.map((hint, i) => (i === stage.selected ? { ...hint, ...change } : hint)) });
}

for (const [name, color] of Object.entries(SWATCHES)) {
  const swatch = document.createElement("button");
  Object.assign(swatch, { type: "button", title: name });
  swatch.setAttribute("role", "radio");
  swatch.setAttribute("aria-label", name);
  swatch.dataset.color = color;
  swatch.style.background = color;
  swatch.addEventListener("click", () => useColor(color));
  by("swatches").append(swatch);
}
useColor(SWATCHES.red);

by("tool").addEventListener("change", (event) => {
  const tool = /** @type {import("./stage.js").Tool} */ (/** @type {HTMLInputElement} */ (event.target).value);
  stage.use(tool);
  for (const section of document.querySelectorAll("#tools [data-tool]")) {
    /** @type {HTMLElement} */ (section).hidden = section.getAttribute("data-tool") !== tool;
  }
});

input("color").addEventListener("change", () => useColor(input("color").value));
input("dab-size").addEventListener("input", () => { stage.dabSize = Number(input("dab-size").value) / 100; });
input("dab-size").addEventListener("change", () => changeSelected({ radius: Math.max(1, stage.dabSize * (current?.side ?? 1)) }));
input("brush-size").addEventListener("input", () => { stage.brushSize = Number(input("brush-size").value) / 100; });
input("erase").addEventListener("change", () => { stage.erase = input("erase").checked; });
by("remove-dab").addEventListener("click", () => stage.removeSelected());
by("clear-dabs").addEventListener("click", () => { stage.select(null); wish({ hints: [] }); });
by("clear-region").addEventListener("click", () => wish({ strokes: [] }));

input("saturation").addEventListener("input", () => {
  trying = true;
  if (current) recolor({ ...current.wishes, saturation: Number(input("saturation").value) });
  refresh();
});
input("saturation").addEventListener("change", () => {
  trying = false;
  wish({ saturation: Number(input("saturation").value) });
});

stage.addEventListener("wish", (event) => wish(/** @type {CustomEvent} */ (event).detail.change));
stage.addEventListener("trying", (event) => recolor(/** @type {CustomEvent} */ (event).detail.wishes));
stage.addEventListener("selected", () => {
  const hint = stage.selected === null ? null : current?.wishes.hints[stage.selected];
  if (hint) {
    stage.color = hint.color;
    input("color").value = hint.color;
    for (const swatch of by("swatches").children) swatch.setAttribute("aria-checked", String(swatch.getAttribute("data-color") === hint.color));
  }
  refresh();
});

function undo() { stage.select(null); current?.undo(); recolor(); refresh(); }
function redo() { stage.select(null); current?.redo(); recolor(); refresh(); }
by("undo").addEventListener("click", undo);
by("redo").addEventListener("click", redo);

modelSelect.addEventListener("change", () => { showModel(); recolor(); });

function showModel() {
  const lacking = Object.entries({ hint: "dabs of color", region: "painted regions" }).filter(([wanted]) => !model().listens_to.includes(wanted));
  by("model-told").textContent = lacking.length ? `It does not listen to ${lacking.map(([, name]) => name).join(" or ")}.` : "";
  for (const [wanted, tool] of [["hint", "dab"], ["region", "region"]]) {
    const radio = /** @type {HTMLInputElement} */ (document.querySelector(`input[name=tool][value=${tool}]`));
    radio.disabled = !model().listens_to.includes(wanted);
    if (radio.disabled && radio.checked) /** @type {HTMLInputElement} */ (document.querySelector("input[name=tool][value=look]")).click();
  }
}

// ---- files in and out

by("save").addEventListener("click", save);
for (const id of ["open", "choose"]) by(id).addEventListener("click", () => input("files").click());
input("files").addEventListener("change", () => {
  open(input("files").files ?? []);
  input("files").value = "";
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => event.relatedTarget === null && document.body.classList.remove("dropping"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  open(event.dataTransfer?.files ?? []);
});
document.addEventListener("paste", (event) => open(event.clipboardData?.files ?? []));
window.addEventListener("beforeunload", (event) => {
  if (album.some((photo) => photo.unsaved)) event.preventDefault();
});

// ---- keys

/** @param {EventTarget | null} target */
const isTyping = (target) => target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type !== "radio");
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    if (event.shiftKey) redo();
    else undo();
  } else if (isTyping(event.target)) return;
  else if (event.key === "Delete" || event.key === "Backspace") stage.removeSelected();
  else if (event.key === " " && !(event.target instanceof HTMLButtonElement && !event.target.classList.contains("grip"))) {
    event.preventDefault();
    stage.holdBefore(true);
  }
});
document.addEventListener("keyup", (event) => event.key === " " && stage.holdBefore(false));
window.addEventListener("blur", () => stage.holdBefore(false));

try {
  models = await listModels();
  modelSelect.replaceChildren(...models.map(({ name, system }) => Object.assign(new Option(name, name), { title: system })));
  by("model-row").hidden = models.length < 2;
  showModel();
} catch (error) {
  tell(error);
}
