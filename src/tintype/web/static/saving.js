// Photographs and guidance leave the page as files.

import { busily, button, by, download, input, tell } from "./dom.js";
import { addFailure } from "./failures.js";
import { toGuidance } from "./guidance.js";
import { deliver } from "./sharing.js";
import { startWork } from "./progress.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */

const ACCEPTED = input("files").accept;

/** All pages of the same file. @param {Photograph} photo @param {Photograph[]} album */
export const pagesOf = (photo, album) => album.filter((each) => each.fileKey === photo.fileKey);

/** @param {Photograph} photo @param {Photograph[]} album */
export async function save(photo, album) {
  if (photo.isFilm) return saveFilm(photo, album);
  const label = /** @type {HTMLElement} */ (button("save").firstElementChild);
  if (button("save").ariaBusy === "true") return;
  button("save").ariaBusy = "true";
  label.textContent = "Saving…";
  try {
    const { blob, name } = await busily(() => photo.whole(pagesOf(photo, album)));
    deliver(photo, blob, name);
    photo.dispatchEvent(new CustomEvent("change"));
  } catch (error) {
    tell(error);
  } finally {
    label.textContent = "Save";
    button("save").ariaBusy = "false";
  }
}

/** Keys of the films that are being saved. @type {Set<string>} */
const underWay = new Set();

/** In the background. @param {Photograph} photo @param {Photograph[]} album */
async function saveFilm(photo, album) {
  if (underWay.has(photo.fileKey)) return;
  underWay.add(photo.fileKey);
  const { signal, show, end } = startWork("Coloring", 1);
  const { name: source } = photo.opened;
  show(0, source);
  try {
    const report = (/** @type {number} */ share) => show(share, source);
    const { blob, name } = await photo.film(pagesOf(photo, album), report, signal);
    deliver(photo, blob, name);
    photo.dispatchEvent(new CustomEvent("change"));
  } catch (error) {
    tell(signal.aborted ? "Nothing was saved: you stopped it" : error);
  } finally {
    underWay.delete(photo.fileKey);
    end();
  }
}

/**
 * Save the files of these photographs in the background. What is done when it is stopped stays.
 * @param {Photograph[]} album @param {import("./folders.js").Sink} sink
 */
export async function saveAll(album, sink) {
  const files = album.filter(
    (photo, i) => album.findIndex((each) => each.fileKey === photo.fileKey) === i,
  );
  const { signal, show, end } = startWork("Saving", files.length);
  let saved = 0;
  for (const [i, photo] of files.entries()) {
    if (signal.aborted) break;
    show(i, photo.opened.name);
    const pages = pagesOf(photo, album);
    try {
      const { blob, name } = await (photo.isFilm
        ? photo.film(pages, (share) => show(i + share, photo.opened.name), signal)
        : photo.whole(pages, signal));
      await sink.add(name, blob);
      saved += 1;
    } catch (error) {
      if (signal.aborted) break;
      const again = () => save(photo, album);
      addFailure(photo.opened.name, /** @type {Error} */ (error).message, { "Try again": again });
    }
  }
  end();
  if (saved === 0) return tell("Nothing was saved");
  const where = await sink.close();
  tell(`${signal.aborted ? "Stopped: " : ""}${saved} of ${files.length} files saved ${where}`);
}

/** @param {Photograph} photo */
export async function saveGuidance(photo) {
  const text = JSON.stringify(await toGuidance(photo.settings, photo), null, 1);
  download(
    new Blob([text], { type: "application/json" }),
    guidanceName(photo.opened.name, photo.page),
  );
}

/** What the guidance of a page is called. @param {string} name of the file @param {number} page */
export const guidanceName = (name, page) =>
  `${name.replace(/\.[^.]*$/, "")}${page ? `.page-${page + 1}` : ""}.tintype.json`;

/** Whether something that is not saved may go. @param {string} what @returns {Promise<boolean>} */
export function ask(what) {
  const dialog = /** @type {HTMLDialogElement} */ (by("ask"));
  by("ask-what").textContent = what;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }),
  );
}

/** The file chooser. @param {string} accept */
export function chooseFiles(accept = ACCEPTED) {
  input("files").accept = accept;
  input("files").click();
}
