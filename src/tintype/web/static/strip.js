// The open photographs in a row: which one is chosen, what is saved, what is not.

import { by } from "./dom.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */

/** @param {Photograph} photo */
const stateOf = (photo) => (photo.isSaved ? "saved" : photo.unsaved ? "not saved" : "");

/**
 * @param {Photograph[]} album @param {Photograph | null} current @param {(photo: Photograph) =>
 * void} choose
 * @param {number} expected how many photographs are being opened: for several the row is there from
 * the first, so that nothing moves
 */
export function drawStrip(album, current, choose, expected) {
  const strip = by("strip");
  strip.hidden = Math.max(album.length, expected) < 2;
  while (strip.childElementCount > album.length) strip.lastElementChild?.remove();
  while (strip.childElementCount < album.length) {
    const item = document.createElement("button");
    item.type = "button";
    item.append(
      Object.assign(document.createElement("img"), { alt: "" }),
      document.createElement("span"),
    );
    strip.append(item);
  }
  album.forEach((photo, i) => {
    const item = /** @type {HTMLButtonElement} */ (strip.children[i]);
    const image = /** @type {HTMLImageElement} */ (item.firstElementChild);
    const url = photo.after ?? photo.before;
    if (!url) image.removeAttribute("src");
    else if (image.getAttribute("src") !== url) image.src = url;
    item.onclick = () => choose(photo);
    item.title = item.ariaLabel = [photo.name, stateOf(photo)].filter(Boolean).join(", ");
    item.dataset.state = stateOf(photo);
    if (photo !== current) item.removeAttribute("aria-current");
    else if (!item.hasAttribute("aria-current")) {
      item.setAttribute("aria-current", "true");
      item.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  });
}
