// The service's requests, each a function.

/**
 * @typedef {import("./types.js").Guidance} Guidance
 * @typedef {import("./types.js").PageGuidance} PageGuidance
 * @typedef {import("./types.js").Notice} Notice
 * @typedef {import("./types.js").PhotoForm} Opened
 * @typedef {import("./types.js").ThingForm} Thing
 * @typedef {import("./types.js").ModelForm} Model
 * @typedef {import("./types.js").JobForm} Job
 */

import { ask, json, posted, query } from "./http.js";

export { ServiceError } from "./http.js";

/** @returns {Promise<Model[]>} */
export const listModels = async () => (await ask("/models")).json();

/** @returns {Promise<import("./types.js").PaletteForm[]>} */
export const listPalettes = async () => (await ask("/palettes")).json();

/**
 * @param {Blob} file @param {string} name @param {boolean} [damaged] what is there of one that is
 * cut off @returns {Promise<Opened>}
 */
export const openPhoto = async (file, name, damaged = false) =>
  (
    await ask(
      `/photos?${query({ name, damaged: damaged ? "keep" : "refuse" })}`,
      posted(file, "application/octet-stream"),
    )
  ).json();

/**
 * A guidance file in, the same out if it is one.
 * @param {string} text @returns {Promise<Guidance>}
 */
export const checkGuidance = async (text) =>
  (await ask("/guidance", posted(text, "application/json"))).json();

/** @param {string} id @param {number} page @returns {Promise<Opened>} */
export const about = async (id, page) =>
  (await ask(`/photos/${id}/about?${query({ page })}`)).json();

/** The page as it came. @param {string} id @param {number} page */
export const shown = async (id, page) => (await ask(`/photos/${id}?${query({ page })}`)).blob();

/** @param {string} id */
export const forget = async (id) => ask(`/photos/${id}`, { method: "DELETE" });

/**
 * How a page is colored. recolor: though it is in color already.
 * @typedef {{model: string, recolor: boolean}} How
 */

/**
 * A screen's worth of it in color, and what is worth knowing about that.
 * @param {string} id @param {number} page @param {How} how @param {Guidance} guidance
 */
export async function preview(id, page, how, guidance) {
  const response = await ask(`/photos/${id}/preview?${query({ page, ...how })}`, json(guidance));
  const notices = JSON.parse(response.headers.get("Tintype-Notes") ?? "[]");
  return { blob: await response.blob(), notices: /** @type {Notice[]} */ (notices) };
}

/**
 * A part of it at full size, as it came or in color.
 * @param {string} id @param {number} page
 * @param {{x: number, y: number, width: number, height: number}} box
 * @param {AbortSignal} signal @param {How} [how] @param {Guidance} [guidance]
 */
export async function tile(id, page, box, signal, how, guidance) {
  const path = `/photos/${id}/tile?${query({ page, ...box, ...how })}`;
  return (await ask(path, guidance ? json(guidance, signal) : { signal })).blob();
}

/**
 * The whole file in color, and the name to save it under.
 * @param {string} id @param {How} how its model: of pages that name none
 * @param {PageGuidance[]} pages each at its place; later pages are as the last
 * @param {AbortSignal} [signal]
 */
export async function wholeFile(id, how, pages, signal) {
  const response = await ask(`/photos/${id}/file?${query(how)}`, json({ pages }, signal));
  const coded = /filename\*=UTF-8''(.+)$/.exec(response.headers.get("Content-Disposition") ?? "");
  return { blob: await response.blob(), name: coded ? decodeURIComponent(coded[1]) : "photo" };
}

/**
 * The likely colors of a place, and the object that it lies on; without one: where a dab helps
 * most.
 * @param {string} id @param {number} page @param {string} model
 * @param {{x: number, y: number} | null} place @param {number} count
 * @returns {Promise<import("./types.js").SuggestForm>}
 */
export const suggest = async (id, page, model, place, count) =>
  (await ask(`/photos/${id}/suggest?${query({ page, model, count, ...place })}`)).json();

/**
 * Color it in the background.
 * @param {string} id @param {How} how @param {PageGuidance[]} pages @returns {Promise<Job>}
 */
export const startJob = async (id, how, pages) =>
  (await ask(`/photos/${id}/jobs?${query(how)}`, json({ pages }))).json();

/** @param {string} id @returns {Promise<Job>} */
export const jobStatus = async (id) => (await ask(`/jobs/${id}`)).json();

/** @param {string} id */
export const jobResult = async (id) => (await ask(`/jobs/${id}/result`)).blob();

/** @param {string} id */
export const cancelJob = async (id) => ask(`/jobs/${id}`, { method: "DELETE" });

/**
 * Some seconds of a film's shot in color. @param {string} id @param {number} page that shows it
 * @param {How} how @param {PageGuidance[]} pages
 */
export const clip = async (id, page, how, pages) =>
  (await ask(`/photos/${id}/clip?${query({ page, ...how })}`, json({ pages }))).blob();
