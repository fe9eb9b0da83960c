// Photographs and guidance leave the page as files.

import { busily, button, by, download, input, tell } from "./dom.js";
import { toGuidance } from "./wishes.js";
import { Zip } from "./zip.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */

/** All pages of the same file. @param {Photograph} photo @param {Photograph[]} album */
export const pagesOf = (photo, album) => album.filter((each) => each.fileKey === photo.fileKey);

/** @param {Photograph} photo @param {Photograph[]} album */
export async function save(photo, album) {
  const label = /** @type {HTMLElement} */ (button("save").firstElementChild);
  if (button("save").ariaBusy === "true") return;
  button("save").ariaBusy = "true";
  label.textContent = "Saving…";
  try {
    const { blob, name } = await busily(() => photo.whole(pagesOf(photo, album)));
    download(blob, name);
  } catch (error) {
    tell(error);
  } finally {
    label.textContent = "Save";
    button("save").ariaBusy = "false";
  }
}

/** @param {Photograph[]} album */
export async function saveAll(album) {
  const files = album.filter((photo, i) => album.findIndex((each) => each.fileKey === photo.fileKey) === i);
  const dialog = /** @type {HTMLDialogElement} */ (by("saving"));
  const bar = /** @type {HTMLProgressElement} */ (by("saving-bar"));
  const stop = new AbortController();
  const zip = new Zip();
  button("saving-stop").onclick = () => dialog.close();
  dialog.onclose = () => stop.abort();
  bar.max = files.length;
  dialog.showModal();
  let failed = 0;
  for (const [i, photo] of files.entries()) {
    bar.value = i;
    by("saving-what").textContent = `Coloring ${i + 1} of ${files.length}: ${photo.opened.name}`;
    try {
      const { blob, name } = await photo.whole(pagesOf(photo, album), stop.signal);
      await zip.add(name, blob);
    } catch (error) {
      if (stop.signal.aborted) return tell("Nothing was saved: you stopped it");
      failed += 1;
      tell(`${photo.opened.name}: ${/** @type {Error} */ (error).message}`);
    }
  }
  dialog.onclose = null;
  dialog.close();
  if (failed < files.length) download(zip.blob(), "tintype.zip");
}

/** @param {Photograph} photo */
export async function saveGuidance(photo) {
  const text = JSON.stringify(await toGuidance(photo.wishes, photo), null, 1);
  const stem = photo.opened.name.replace(/\.[^.]*$/, "") + (photo.page ? `.page-${photo.page + 1}` : "");
  download(new Blob([text], { type: "application/json" }), `${stem}.tintype.json`);
}

/** Whether something that is not saved may go. @param {string} what @returns {Promise<boolean>} */
export function ask(what) {
  const dialog = /** @type {HTMLDialogElement} */ (by("ask"));
  by("ask-what").textContent = what;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/** The file chooser. @param {string} accept */
export function chooseFiles(accept = "image/*,.tif,.tiff,.heic,.heif,.json") {
  input("files").accept = accept;
  input("files").click();
}
