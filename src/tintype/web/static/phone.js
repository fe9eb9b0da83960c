// "Continue on your phone": a link that is good once, shown as a QR code; and what the phone does
// with it.

import { openPhoto } from "./api.js";
import { by, made, tell } from "./dom.js";
import { ask, json } from "./http.js";
import { keepToken } from "./token.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */
/** @typedef {import("./types.js").SessionForm} Session */

/**
 * Take the token that the page's address brings, or what its code stands for.
 * @returns {Promise<Session | null>} with the photograph that another device hands over
 */
export async function join() {
  const { token: given, pair } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (given === undefined && pair === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  if (given !== undefined) keepToken(given);
  if (pair === undefined) return null;
  try {
    const session = await (await ask(`/pairings/${pair}`, { method: "POST" })).json();
    if (session.token !== null) keepToken(session.token);
    return session.photo === null ? null : session;
  } catch (error) {
    tell(error);
    return null;
  }
}

/** The file that is handed over. @param {Session} session */
export async function fetchHandover(session) {
  const response = await ask(`/photos/${session.photo}/source`, {});
  return new File([await response.blob()], session.name ?? "photo");
}

/**
 * Show the link. @param {Photograph | null} photo that the phone goes on with
 * @param {import("./types.js").Guidance | null} guidance of it
 */
export async function showLink(photo, guidance) {
  const dialog = /** @type {HTMLDialogElement} */ (by("phone"));
  try {
    // it may have been forgotten meanwhile
    const opened = photo && (await openPhoto(photo.file, photo.opened.name, photo.damaged));
    const { model = null, recolor = false } = photo?.settings ?? {};
    const page = photo?.page ?? 0;
    const handover = { photo: opened?.id ?? null, page, guidance, model, recolor };
    const pairing = await (await ask("/pairings", json(handover))).json();
    /** @type {HTMLImageElement} */ (by("phone-code")).src =
      `data:image/svg+xml,${encodeURIComponent(pairing.picture)}`;
    by("phone-link").replaceChildren(
      made("a", "", { href: pairing.link, textContent: pairing.link }),
    );
    by("phone-what").textContent =
      (photo ? `Goes on with ${photo.name}. ` : "") +
      `Good once, for ${Math.round(pairing.seconds / 60)} minutes, in the same network.`;
    dialog.showModal();
  } catch (error) {
    tell(error);
  }
}
