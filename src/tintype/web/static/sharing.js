// Saved files: where they went, and the share sheet of telephones (secure contexts only).

import { by, button, download, tell } from "./dom.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */

/** @type {WeakMap<Photograph, File>} the last file of each that was saved */
const files = new WeakMap();

/** Save it as a download. @param {Photograph} photo @param {Blob} blob @param {string} name */
export function deliver(photo, blob, name) {
  download(blob, name);
  files.set(photo, new File([blob], name, { type: blob.type }));
}

/**
 * Where the photograph's file is; and the button that shares it, where the device can.
 * @param {Photograph} photo
 */
export function showSaved(photo) {
  const file = photo.isSaved ? files.get(photo) : undefined;
  button("share").hidden = !file || !navigator.canShare?.({ files: [file] });
  button("share").onclick = () =>
    file &&
    navigator.share({ files: [file] }).catch((error) => error.name === "AbortError" || tell(error));
  if (!photo.isSaved) return photo.unsaved ? "not saved yet" : "";
  return file ? `saved in Downloads as ${file.name}` : "saved";
}

/** Nothing is shown that could be shared. */
export const hideShare = () => (by("share").hidden = true);
