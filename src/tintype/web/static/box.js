// A box of scans: all photographs in a grid, with their names and states, to be looked through by
// keyboard, and to be set, accepted, redone and removed by several at once.

import { by, button, input, keyOf, made } from "./dom.js";
import { canChooseFolder } from "./folders.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */
/** @typedef {"waiting" | "failed" | "done" | "look at"} State */
/**
 * @typedef {{choose: (photo: Photograph) => void, remove: (photos: Photograph[]) => Promise<void>}}
 * Acts
 */

/** What of a photograph's settings belongs to places in it, and is its own. */
const PLACES = ["hints", "strokes", "region", "reference"];

/** @param {Photograph} photo @returns {State} */
export function stateOf(photo) {
  if (photo.failed) return "failed";
  if (photo.accepted) return "done";
  return photo.after && !photo.busy ? "look at" : "waiting";
}

/** @param {() => Photograph[]} album @param {Acts} acts */
export function createBox(album, acts) {
  const dialog = /** @type {HTMLDialogElement} */ (by("box"));
  const grid = by("box-grid");
  /** @type {Set<string>} keys of the photographs that are selected */
  const selected = new Set();
  /** the key of the one that the keyboard acts on */
  let active = "";
  let filter = "all";

  const shown = () => album().filter((each) => filter === "all" || stateOf(each) === filter);
  /** The selected ones, or else the active one. */
  const meant = () => {
    const chosen = shown().filter(({ key }) => selected.has(key));
    return chosen.length ? chosen : shown().filter(({ key }) => key === active);
  };

  /** @param {Photograph} photo */
  function cardOf(photo) {
    const card = made("div", "scan");
    const picture = made("button", "", { type: "button" });
    const name = made("span", "name");
    const check = made("input", "", { type: "checkbox" });
    picture.append(made("img", "", { alt: "" }), name, made("span", "state"));
    picture.addEventListener("focus", () => {
      active = photo.key;
      draw();
    });
    picture.addEventListener("click", () => picture.focus()); // Safari does not by itself
    picture.addEventListener("dblclick", () => open(photo));
    check.addEventListener("change", () => {
      if (check.checked) selected.add(photo.key);
      else selected.delete(photo.key);
      draw();
    });
    const box = made("label", "check");
    box.append(check);
    card.append(picture, box);
    card.dataset.key = photo.key;
    return card;
  }

  /** @param {Photograph} photo */
  function open(photo) {
    dialog.close();
    acts.choose(photo);
  }

  /** Bring the grid in line with the album. */
  function draw() {
    for (const id of ["box-open", "save-all"]) by(id).hidden = album().length < 2;
    by("save-folder").hidden = album().length < 2 || !canChooseFolder();
    if (!dialog.open) return;
    const photos = shown();
    const before = /** @type {HTMLElement[]} */ ([...grid.children]);
    const at = before.findIndex(({ dataset }) => dataset.key === active);
    if (!photos.some(({ key }) => key === active))
      // the next takes its place
      active = photos[Math.min(Math.max(0, at), photos.length - 1)]?.key ?? "";
    const hadFocus = grid.contains(document.activeElement);
    const cards = new Map(before.map((card) => [card.dataset.key, card]));
    photos.forEach((photo, i) => {
      const card = cards.get(photo.key) ?? cardOf(photo);
      cards.delete(photo.key);
      if (grid.children[i] !== card) grid.insertBefore(card, grid.children[i] ?? null);
      update(card, photo);
    });
    for (const [key, card] of cards) {
      card.remove();
      if (!album().some((photo) => photo.key === key)) selected.delete(key ?? "");
    }
    const count = (/** @type {string} */ state) =>
      album().filter((each) => stateOf(each) === state).length;
    if (hadFocus && !grid.contains(document.activeElement)) move(0);
    by("box-title").textContent = `${album().length} photographs`;
    for (const option of by("box-filter").querySelectorAll("option"))
      if (option.value !== "all")
        option.textContent = `${option.dataset.name} (${count(option.value)})`;
    const all = photos.length > 0 && photos.every(({ key }) => selected.has(key));
    button("box-all").textContent = all ? "Select none" : "Select all";
    const chosen = meant();
    by("box-count").textContent = selected.size ? `${selected.size} selected` : "";
    for (const id of ["box-accept", "box-redo", "box-enter", "box-remove"])
      button(id).disabled = chosen.length === 0;
    input("box-strength").disabled = chosen.length === 0;
    const from = album().find(({ key }) => key === active);
    button("box-share").disabled = !from || chosen.every((photo) => photo === from);
    button("box-share").textContent = from ? `Settings of ${from.name}` : "Same settings";
  }

  /** @param {Element} card @param {Photograph} photo */
  function update(card, photo) {
    const state = stateOf(photo);
    const picture = /** @type {HTMLElement} */ (card.firstElementChild);
    const check = /** @type {HTMLInputElement} */ (card.querySelector("input"));
    const image = /** @type {HTMLImageElement} */ (picture.firstElementChild);
    const url = photo.after ?? photo.before ?? "";
    if (image.getAttribute("src") !== url) image.src = url;
    image.hidden = !url;
    picture.children[1].textContent = photo.name;
    picture.children[2].textContent = state === "look at" ? "to look at" : state;
    picture.ariaLabel = `${photo.name}, ${picture.children[2].textContent}`;
    card.classList.toggle("active", photo.key === active);
    check.checked = selected.has(photo.key);
    check.ariaLabel = `Select ${photo.name}`;
    /** @type {HTMLElement} */ (card).dataset.state = state;
  }

  /** Go on with the next card. @param {number} step */
  function move(step) {
    const cards = /** @type {HTMLElement[]} */ ([...grid.children]);
    const at = cards.findIndex(({ dataset }) => dataset.key === active);
    const next = cards[Math.max(0, Math.min(cards.length - 1, at + step))];
    /** @type {HTMLElement | null} */ (next?.firstElementChild)?.focus();
  }

  const columns = () => getComputedStyle(grid).gridTemplateColumns.split(" ").length;

  /** @param {(photo: Photograph) => void} act @param {boolean} [moves] on to the next */
  function each(act, moves = false) {
    const photos = meant();
    for (const photo of photos) act(photo);
    draw();
    move(moves && photos.length === 1 && photos[0].key === active ? 1 : 0);
  }

  const accept = () => each((photo) => photo.accept(!photo.accepted), true);
  const redo = () =>
    each((photo) => {
      photo.accept(false);
      photo.apply({ bold: true, seed: (photo.settings.seed ?? 0) + 1 });
    });
  const skip = () => move(1);
  const enter = () => meant().length && open(meant()[0]);
  const remove = async () => {
    await acts.remove(meant());
    if (album().length) move(0);
    else dialog.close();
  };
  /** The settings of the active one for all that are selected. */
  const share = () => {
    const from = album().find(({ key }) => key === active);
    if (!from) return;
    const { recolor: _, ...settings } = from.settings;
    const shared = Object.fromEntries(
      Object.entries(settings).filter(([key]) => !PLACES.includes(key)),
    );
    shared.parts = settings.parts.filter(({ near }) => !near); // others are of one person
    for (const photo of meant()) photo.apply(shared);
  };

  const keys = /** @type {Record<string, () => unknown>} */ ({
    a: accept,
    r: redo,
    s: skip,
    Enter: enter,
    Delete: remove,
    ArrowRight: () => move(1),
    ArrowLeft: () => move(-1),
    ArrowDown: () => move(columns()),
    ArrowUp: () => move(-columns()),
    x: () => {
      if (!selected.delete(active)) selected.add(active);
      draw();
    },
  });
  grid.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[keyOf(event)];
    if (!act || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    act();
  });
  for (const [id, act] of /** @type {[string, () => unknown][]} */ ([
    ["box-accept", accept],
    ["box-redo", redo],
    ["box-enter", enter],
    ["box-share", share],
    ["box-remove", remove],
    ["box-close", () => dialog.close()],
    [
      "box-open",
      () => {
        dialog.showModal();
        draw();
        move(0);
      },
    ],
    [
      "box-all",
      () => {
        const photos = shown();
        const all = photos.every(({ key }) => selected.has(key));
        for (const { key } of photos) all ? selected.delete(key) : selected.add(key);
        draw();
      },
    ],
  ]))
    by(id).addEventListener("click", act);
  input("box-strength").addEventListener("input", () => {
    const saturation = Number(input("box-strength").value);
    for (const photo of meant()) photo.apply({ saturation }, "strength of several");
  });
  by("box-filter").addEventListener("change", (event) => {
    filter = /** @type {HTMLSelectElement} */ (event.target).value;
    draw();
  });
  return { draw };
}
