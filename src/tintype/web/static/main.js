// The page: opens photographs, keeps the controls and the picture in step, and loses nothing.

import { listModels, ServiceError } from "./api.js";
import {
  busily,
  button,
  by,
  capitalized,
  closeMessage,
  input,
  isWorking,
  keyOf,
  say,
  showBar,
  state,
  tell,
} from "./dom.js";
import { addFailure } from "./failures.js";
import { chooseFolder, filesOf, isWanted } from "./folders.js";
import { EXAMPLE, firstColoring, offerColorings } from "./first.js";
import { closeGallery, keepGallery } from "./gallery.js";
import { pageVersion, register, takeShared } from "./installed.js";
import { createBox } from "./box.js";
import { createLikely } from "./likely.js";
import { countMarks, joined } from "./marks.js";
import { createHistory } from "./history.js";
import { createPanel } from "./panel.js";
import { fetchHandover, join, showLink } from "./phone.js";
import { patiently, Photograph } from "./photograph.js";
import { createPlayer } from "./player.js";
import { recall, remember } from "./remembered.js";
import { ask, chooseFiles, guidanceName, pagesOf, save, saveAll, saveGuidance } from "./saving.js";
import { hideShare, showSaved } from "./sharing.js";
import "./stage.js";
import * as store from "./store.js";
import { drawStrip } from "./strip.js";
import { createStyle } from "./style.js";
import { startWork } from "./progress.js";
import { createZip } from "./zip.js";
import { keepToken } from "./token.js";
import { lengthName } from "./words.js";
import { fromGuidance, toGuidance } from "./guidance.js";

/**
 * @typedef {import("./guidance.js").Settings} Settings @typedef {import("./stage.js").Stage} Stage
 */

const NO_ANSWER = "Tintype does not answer; trying again…";
const OFF = "Tintype is not running. Your photographs are kept here; start it to go on";
const HOW_TO_KEEP = "; damaged=keep reads what is there";
const MAX_PAGES = 50;
/** So many photographs opened at once are long work. */
const BOX_SIZE = 4;
const NARROW = matchMedia("(max-width: 430px)");
const stage = /** @type {Stage} */ (by("stage"));
/** @type {Photograph[]} */
let album = [];
/** @type {Photograph | null} */
let current = null;
/** how many photographs are being opened */
let opening = 0;
/** @type {string | null} the network of photographs to come */
let model = null;

/** what another device hands over */
const handover = await join();
const version = await pageVersion();
register();

const panel = createPanel(stage, () => current, apply);
const likely = createLikely(stage, apply);
const style = createStyle(() => current, apply);
const player = createPlayer(
  () => current,
  (photo) => photo.clip(pagesOf(photo, album)),
);
const history = createHistory(() => current, apply);
const box = createBox(() => album, { choose, remove: removeSeveral });
by("tool").addEventListener("change", () => {
  closeGallery();
  player.close();
  // so that the first dab is as quick as the next
  if (document.body.dataset.tool === "dab") current?.suggest({ x: 0.5, y: 0.5 }, 1).catch(() => {});
});

// ---- the album

/**
 * Photographs first, so that guidance finds those that it belongs to.
 * @param {Iterable<File>} files @param {boolean} [damaged] open what is there of files that are cut
 * @param {Partial<Settings>} [start] what they begin with
 */
async function open(files, damaged = false, start = {}) {
  const list = [...files];
  const photos = list.filter((file) => !file.name.endsWith(".json"));
  /** @type {File[]} */
  const failed = [];
  opening += photos.length;
  const work = photos.length >= BOX_SIZE ? startWork("Opening", photos.length) : null;
  await busily(async () => {
    for (const [i, file] of photos.entries()) {
      if (work?.signal.aborted) break;
      work?.show(i, file.name);
      try {
        const waits = (/** @type {boolean} */ waiting) => waiting && tell(NO_ANSWER);
        const pages = await Photograph.open(file, MAX_PAGES, damaged, waits);
        const [first] = pages;
        if (first.opened.pages > MAX_PAGES)
          tell(
            `${file.name} has ${first.opened.pages} ${first.isFilm ? "shots" : "pages"}; ` +
              `the first ${MAX_PAGES} are shown, all are saved`,
          );
        await store.keepFile(first.fileKey, file);
        for (const photo of pages) {
          photo.order = Math.max(0, ...album.map((each) => each.order)) + 1;
          photo.settings = Object.freeze({ ...photo.settings, model });
          photo.begin({ ...firstColoring(), ...start });
          add(photo);
        }
        if (i === failed.length) {
          choose(first);
          offerColorings(first, begin);
        }
        const colored = pages.map((photo) => photo.color());
        if (photos.length > 1) await Promise.all(colored);
      } catch (error) {
        failed.push(file);
        if (!(error instanceof ServiceError)) tell(error);
        else if (photos.length === 1 && !isDamaged(error)) tell(`${file.name}: ${error.message}`);
        else tellFailure(file, error);
      }
    }
    work?.end();
    for (const file of list) {
      const lost = failed.some(({ name }) => guidanceName(name, 0) === file.name);
      if (!file.name.endsWith(".json") || lost) continue;
      const photo = await openGuidance(file);
      if (photo && photo !== current && list.length === 1) choose(photo);
    }
  });
  opening -= photos.length;
  refresh();
}

/** @param {ServiceError} error */
const isDamaged = ({ code }) => code === "damaged-photo";

/** @param {File} file @param {ServiceError} error */
function tellFailure(file, error) {
  const remedy = isDamaged(error) ? { "Open what is there": () => open([file], true) } : null;
  addFailure(
    file.name,
    error.message.replace(HOW_TO_KEEP, ""),
    remedy ?? { "Try again": () => open([file]) },
  );
}

/** What was chosen for one new photograph holds for all. @param {Partial<Settings>} coloring */
function begin(coloring) {
  for (const photo of album.filter((each) => each.isUntouched)) {
    photo.begin(coloring);
    photo.color();
  }
}

/** @param {Photograph} photo */
function add(photo) {
  album.push(photo);
  photo.addEventListener("change", () => {
    share(photo);
    store.keep(photo.key, sourceOf(photo));
    refresh();
  });
  photo.addEventListener("problem", (event) => tell(/** @type {CustomEvent} */ (event).detail));
  store.keep(photo.key, sourceOf(photo));
}

/** What the store asks of it. @param {Photograph} photo */
const sourceOf = (photo) => ({
  kept: () => photo.kept(),
  preview: () => photo.keptPreview(version),
});

/**
 * A whole file is recolored or left, and one network colors a whole film: its other pages take what
 * this one says. @param {Photograph} photo
 */
function share(photo) {
  if (!album.includes(photo)) return; // it was removed while it was being colored
  const { model, recolor } = photo.settings;
  for (const other of pagesOf(photo, album)) {
    const network = photo.isFilm ? model : other.settings.model;
    if (other.settings.model !== network || other.settings.recolor !== recolor) {
      other.share({ model: network, recolor });
    }
  }
}

/** @param {Photograph} photo */
function choose(photo) {
  current = photo;
  remember("chosen", photo.key);
  closeMessage();
  photo.color();
  refresh();
}

async function remove() {
  const photo = current;
  if (!photo) return;
  const question = questionOf(photo);
  if (question && !(await ask(question))) return;
  await removePhoto(photo);
  say(`${photo.name} removed`);
}

/** @param {Photograph[]} photos */
async function removeSeveral(photos) {
  const unsaved = photos.filter((photo) => photo.unsaved || pagesOf(photo, album).length > 1);
  const question =
    photos.length === 1
      ? questionOf(photos[0])
      : `Remove ${photos.length} photographs` +
        (unsaved.length ? `? ${unsaved.length} of them are not saved in color.` : "?");
  if (question && !(await ask(question))) return;
  for (const photo of photos) await removePhoto(photo);
  say(`${photos.length} removed`);
}

/** What is asked before it is removed. @param {Photograph} photo */
function questionOf(photo) {
  const isPage = pagesOf(photo, album).length > 1;
  const staysGray = photo.isFilm || photo.opened.name.toLowerCase().endsWith(".pdf");
  if (isPage && staysGray) return `Remove ${photo.name}? The file will be saved with it in gray.`;
  if (isPage) return `Remove ${photo.name}? The file will be saved without it.`;
  if (!photo.unsaved) return "";
  return `What you did to ${photo.name} is not saved in color. Remove it all the same?`;
}

/** @param {Photograph} photo */
async function removePhoto(photo) {
  const at = album.indexOf(photo);
  album = album.filter((each) => each !== photo);
  const others = pagesOf(photo, album);
  const last = others.length === 0;
  for (const other of others) other.leaveOut(photo.page);
  photo.remove(last);
  await store.drop(photo.key, last ? photo.fileKey : null).catch(tell);
  if (photo === current) leave(at);
  else refresh();
}

/** Choose the one that is now at the place of one that was removed. @param {number} at */
function leave(at) {
  current = album[Math.min(at, album.length - 1)] ?? null;
  if (current) choose(current);
  refresh();
}

/**
 * Guidance for the photograph whose name the file bears, or else for the chosen one; returns that
 * photograph.
 * @param {File} file
 */
async function openGuidance(file) {
  try {
    const bears = (/** @type {Photograph} */ photo) =>
      guidanceName(photo.opened.name, photo.page) === file.name;
    const photo = current && bears(current) ? current : (album.findLast(bears) ?? current);
    if (!photo) throw new Error("open a photograph first");
    photo.apply(await fromGuidance(await file.text(), photo.settings));
    return photo;
  } catch (error) {
    tell(`${file.name}: ${/** @type {Error} */ (error).message}`);
  }
}

const continueOnPhone = async () =>
  showLink(current, current && (await toGuidance(current.settings, current)));

/** Go on with what another device hands over. @param {import("./types.js").SessionForm} session */
async function takeOver(session) {
  await open([await fetchHandover(session)], true); // the other device opened what is there
  const photo = album.find(({ file, page }) => file.name === session.name && page === session.page);
  if (!photo) return;
  const { guidance, recolor } = session;
  const now = { ...photo.settings, recolor, model: session.model ?? photo.settings.model };
  if (guidance) photo.apply(await fromGuidance(JSON.stringify(guidance), now));
  choose(photo);
}

/** @param {Partial<Settings>} change @param {string} [group] */
function apply(change, group) {
  if (change.model) model = change.model;
  current?.apply(change, group);
}

/** Bring everything on the page in line with the photograph that is chosen. */
function refresh() {
  for (const id of ["view", "tools"]) by(id).hidden = !current;
  keepGallery(current);
  player.update(current);
  showBar();
  by("welcome").hidden = current !== null;
  document.body.classList.toggle("empty", !current);
  stage.show(current);
  drawStrip(album, current, choose, opening);
  box.draw();
  button("save").disabled = !current?.after;
  button("more").disabled = !current;
  button("history").disabled = !current;
  button("copy-marks").disabled = !current || countMarks(current.settings) === 0;
  button("undo").disabled = !current?.past.length;
  button("redo").disabled = !current?.future.length;
  by("busy").hidden = !current?.busy && !isWorking();
  by("file-name").textContent = current?.name ?? "";
  const mark = current?.unsaved ? "• " : "";
  document.title = current ? `${mark}${current.name} – Tintype` : "Tintype";
  if (!current) {
    hideShare();
    return state("");
  }
  panel.update(current);
  style.update(current.settings);
  history.update(current);
  const place = album.length > 1 ? `${album.indexOf(current) + 1} of ${album.length}` : "";
  const was = current.isLeft ? "left as it is" : "";
  const saved = showSaved(current);
  const doing = current.waiting ? NO_ANSWER : saved;
  const size = NARROW.matches ? "" : `${current.width} × ${current.height}`;
  const { seconds } = current.opened;
  const length = seconds === null ? "" : lengthName(seconds);
  state([store.problem, place, size, length, was, doing].filter(Boolean).join(" · "));
  if (!current.hasNews) return;
  current.hasNews = false;
  tell(`${current.name}: ${current.notices.join("; ")}`);
}

// ---- what the picture and the buttons say

stage.addEventListener("apply", (event) =>
  apply(
    /** @type {CustomEvent} */ (event).detail.change,
    /** @type {CustomEvent} */ (event).detail.group,
  ),
);
stage.addEventListener("trying", (event) =>
  current?.color(/** @type {CustomEvent} */ (event).detail.settings),
);
stage.addEventListener("selected", () => {
  if (stage.active === null) likely.hide();
  if (current) panel.update(current);
});
stage.addEventListener("placed", (event) => {
  const { index, done } = /** @type {CustomEvent} */ (event).detail;
  likely.show(index, done);
});
async function showHelpful() {
  const photo = current;
  const result = await photo?.suggest(null, 3).catch(tell);
  if (result && photo === current) stage.showHelpful(result.places);
}
stage.addEventListener("say", (event) => say(/** @type {CustomEvent} */ (event).detail));
document.addEventListener("rested", refresh);
stage.addEventListener("zoomed", () => (by("percent").textContent = `${stage.view.percent} %`));

const undo = () => {
  stage.select(null);
  stage.untry();
  current?.undo();
};
const redo = () => {
  stage.select(null);
  stage.untry();
  current?.redo();
};
/** @type {import("./marks.js").Marks | null} */
let copied = null;
function copyMarks() {
  if (!current || !countMarks(current.settings)) return;
  const { hints, strokes } = current.settings;
  copied = { hints, strokes };
  button("paste-marks").disabled = false;
  say(`${countMarks(copied)} copied`);
}
const pasteMarks = () => copied && current && apply(joined(current.settings, copied));

const before = button("before");
before.addEventListener("pointerdown", (event) => {
  before.setPointerCapture(event.pointerId);
  stage.showBefore(true);
});
for (const type of ["pointerup", "pointercancel", "keyup", "blur"])
  before.addEventListener(type, () => stage.showBefore(false));
before.addEventListener("keydown", ({ key }) => key === "Enter" && stage.showBefore(true));
before.addEventListener("contextmenu", (event) => event.preventDefault());
const saveZip = () => saveAll(album, createZip("tintype.zip"));
function saveCurrent() {
  likely.hide(); // on a phone the word where the file went takes its place
  if (current?.after) save(current, album);
}
for (const [id, act] of /** @type {[string, () => unknown][]} */ ([
  ["undo", undo],
  ["redo", redo],
  ["save", saveCurrent],
  ["open", () => chooseFiles()],
  ["choose", () => chooseFiles()],
  ["save-all", saveZip],
  ["save-folder", async () => saveAll(album, await chooseFolder())],
  ["open-folder", () => input("folder").click()],
  ["folder-welcome", () => input("folder").click()],
  ["copy-marks", copyMarks],
  ["paste-marks", pasteMarks],
  ["save-guidance", () => current && saveGuidance(current)],
  ["open-guidance", () => chooseFiles(".json")],
  ["remove", remove],
  ["phone-open", continueOnPhone],
  ["phone-welcome", continueOnPhone],
  ["close-message", closeMessage],
  ["zoom-in", () => stage.zoom(1.5)],
  ["zoom-out", () => stage.zoom(1 / 1.5)],
  ["helpful", showHelpful],
  ["zoom-fit", () => stage.zoom("fit")],
  ["zoom-full", () => stage.zoom("full")],
  [
    "example",
    async () => {
      const answer = await fetch("example.jpg").catch(() => null);
      if (!answer?.ok) throw new Error("the example cannot be loaded now");
      const blob = await answer.blob();
      await open([new File([blob], "example.jpg", { type: "image/jpeg" })], false, EXAMPLE);
    },
  ],
])) {
  by(id).addEventListener("click", async () => {
    by("menu").hidePopover();
    try {
      await act();
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") tell(error); // a chooser was closed
    }
  });
}

// ---- files in

by("welcome").addEventListener("click", ({ target }) => {
  if (target instanceof Element && !target.closest("button")) chooseFiles();
});

for (const id of ["files", "folder"])
  input(id).addEventListener("change", () => {
    open([...(input(id).files ?? [])].filter(isWanted));
    input(id).value = "";
  });
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener(
  "dragleave",
  (event) => event.relatedTarget === null && document.body.classList.remove("dropping"),
);
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  filesOf(event.dataTransfer).then(open, tell);
});
document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files ?? [];
  if (files.length) open(files);
  else if (!isTyping(event.target)) pasteMarks();
});
document.addEventListener(
  "copy",
  ({ target }) => !isTyping(target) && !getSelection()?.toString() && copyMarks(),
);

// ---- keys

const isTyping = (/** @type {EventTarget | null} */ target) =>
  target instanceof HTMLInputElement && ["text", "search", "number"].includes(target.type);
/**
 * Keys that the control in focus needs itself. @param {EventTarget | null} target
 * @param {string} key
 */
function needsKey(target, key) {
  if (isTyping(target)) return key !== "Escape";
  if (target instanceof HTMLSelectElement) return /^([^ ]|Page.*)$/.test(key);
  return target instanceof HTMLInputElement && target.type === "range" && key.startsWith("Page");
}
const inDialog = (/** @type {EventTarget | null} */ target) =>
  target instanceof Element && target.closest("dialog, [popover]") !== null;
const WITH_CONTROL = /** @type {Record<string, () => unknown>} */ ({
  z: undo,
  "shift+z": redo,
  y: redo,
  s: saveCurrent,
  "shift+s": () => album.length && saveZip(),
  o: () => chooseFiles(),
});
const ALONE = /** @type {Record<string, () => unknown>} */ ({
  Delete: () => stage.removeActive(),
  Backspace: () => stage.removeActive(),
  Escape: () => {
    closeGallery();
    player.close();
    closeMessage();
    panel.picking(false);
    stage.select(null);
  },
  "+": () => stage.zoom(1.5),
  "=": () => stage.zoom(1.5),
  "-": () => stage.zoom(1 / 1.5),
  0: () => stage.zoom("fit"),
  1: () => stage.zoom("full"),
  "[": () => panel.resizeBrush(1 / 1.25),
  "]": () => panel.resizeBrush(1.25),
  g: () => by("box-open").click(),
  PageDown: () => step(1),
  PageUp: () => step(-1),
});
/** @param {number} by */
function step(by) {
  const next = current && album[album.indexOf(current) + by];
  if (next) choose(next);
}
// Space shows "before" whatever has the focus; Enter presses buttons
window.addEventListener(
  "keydown",
  (event) => {
    if (inDialog(event.target)) return;
    const key = keyOf(event);
    if (event.ctrlKey || event.metaKey) {
      const act = WITH_CONTROL[(event.shiftKey ? "shift+" : "") + key];
      if (!act || (isTyping(event.target) && "yz".includes(key))) return;
      event.preventDefault();
      act();
    } else if (needsKey(event.target, key) || event.altKey || !current) return;
    else if (key === " ") {
      event.preventDefault();
      stage.holdSpace(true);
    } else ALONE[key]?.();
  },
  true,
);
window.addEventListener(
  "keyup",
  (event) => {
    if (event.key !== " " || inDialog(event.target)) return;
    if (current) event.preventDefault();
    stage.holdSpace(false);
  },
  true,
);
window.addEventListener("blur", () => stage.holdSpace(false));

// ---- nothing is lost

window.addEventListener("beforeunload", (event) => {
  if (store.unwritten() && album.some((photo) => photo.unsaved)) event.preventDefault();
});
document.addEventListener("visibilitychange", () => document.hidden && store.flush());

store.events.addEventListener("problem", () => {
  tell(store.problem);
  refresh();
});
store.events.addEventListener("changed", (event) => {
  const restored = /** @type {CustomEvent<store.Restored>} */ (event).detail;
  const photo = album.find(({ key }) => key === restored.kept.key);
  if (photo) return photo.adopt(restored);
  add(Photograph.restored(restored));
  if (!current) choose(album[0]);
  refresh();
});
store.events.addEventListener("removed", (event) => {
  const at = album.findIndex(({ key }) => key === /** @type {CustomEvent} */ (event).detail);
  if (at < 0) return;
  const [photo] = album.splice(at, 1);
  photo.remove(false);
  if (photo === current) leave(at);
  else refresh();
});

async function start() {
  try {
    for (const restored of await store.restore(version)) add(Photograph.restored(restored));
    const chosen = album.find((photo) => photo.key === recall("chosen")) ?? album[0];
    if (chosen) choose(chosen);
    const models = await authorized(() => patiently(listModels, (waits) => waits && tell(OFF)));
    closeMessage();
    model = models[0].name;
    panel.showModels(models);
    refresh();
    await style.load();
    if (handover) await takeOver(handover);
    await open(await takeShared());
    for (const photo of album) await photo.color();
  } catch (error) {
    tell(error);
  }
}

/**
 * Ask for the service's token until it is right. @template T @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function authorized(work) {
  try {
    return await work();
  } catch (error) {
    const needsToken = error instanceof ServiceError && error.code === "token-needed";
    const given = needsToken && prompt(capitalized(error.message));
    if (!given) throw error;
    keepToken(given);
    return authorized(work);
  }
}
document.body.dataset.tool = "look";
document.body.dataset.ready = "";
await start();
document.body.dataset.ready = "true";
