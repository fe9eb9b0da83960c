// The service's requests, each a function.

/**
 * @typedef {{x: number, y: number, color: string, radius: number, reach: "place" | "thing" | "alike"}} Hint  shares of the upright photograph
 * @typedef {{kind: string, mask?: string, polygons?: [number, number][][], keep?: [number, number][], skip?: [number, number][]}} RegionJson
 * @typedef {{tintype: 1, hints?: Hint[], strokes?: object[], region?: RegionJson, reference?: string, palette?: string[], mean_chroma?: number,
 *   saturation?: number, warmth?: number, seed?: number, bold?: boolean, line_art?: boolean, keep_color?: boolean}} Guidance
 * @typedef {Guidance & {model?: string}} PageGuidance  model: the page's own network
 * @typedef {{id: string, name: string, width: number, height: number, pages: number, in_color: boolean, notes: string[], shots?: number[] | null}} Opened
 *   shots: times of a film's pages
 * @typedef {{left: number, top: number, right: number, bottom: number, share: number, lightness: number}} Thing  its box and area, shares; L*
 * @typedef {{name: string, system: string, size: number, listens_to: string[]}} Model
 */

const BASE = "/api/v1";
const token = () => sessionStorage.getItem("token");

/** What the service says went wrong, in one sentence. status 0: it does not answer. */
export class ServiceError extends Error {
  /** @param {string} message @param {number} status @param {number} [wait] seconds */
  constructor(message, status, wait = 0) {
    super(message);
    this.status = status;
    this.wait = wait;
  }
}

/** @param {string} path @param {RequestInit} [how] */
async function ask(path, how = {}) {
  const headers = new Headers(how.headers);
  if (token()) headers.set("Authorization", `Bearer ${token()}`);
  let response;
  try {
    response = await fetch(BASE + path, { ...how, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ServiceError("Tintype does not answer. Is it still running?", 0);
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new ServiceError(told.detail ?? `the service failed (${response.status})`, response.status, Number(response.headers.get("Retry-After") ?? 0));
}

/** @param {unknown} value @param {AbortSignal} [signal] @returns {RequestInit} */
const json = (value, signal) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value), signal });

/** @param {Record<string, string | number>} values */
const query = (values) => new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)]));

/** @returns {Promise<Model[]>} */
export const listModels = async () => (await ask("/models")).json();

/** @returns {Promise<{name: string, title: string, colors: string[]}[]>} */
export const listPalettes = async () => (await ask("/palettes")).json();

/** @param {Blob} file @param {string} name @returns {Promise<Opened>} */
export const openPhoto = async (file, name) =>
  (await ask(`/photos?${query({ name })}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file })).json();

/** @param {string} id @param {number} page @returns {Promise<Opened>} */
export const about = async (id, page) => (await ask(`/photos/${id}/about?${query({ page })}`)).json();

/** @param {string} id @param {number} page The page as it came. */
export const shown = async (id, page) => (await ask(`/photos/${id}?${query({ page })}`)).blob();

/** @param {string} id */
export const forget = async (id) => ask(`/photos/${id}`, { method: "DELETE" });

/** A screen's worth of it in color, and what is worth knowing about that. @param {string} id @param {number} page @param {string} model @param {Guidance} guidance */
export async function preview(id, page, model, guidance) {
  const response = await ask(`/photos/${id}/preview?${query({ page, model })}`, json(guidance));
  return { blob: await response.blob(), notes: /** @type {string[]} */ (JSON.parse(response.headers.get("Tintype-Notes") ?? "[]")) };
}

/**
 * A part of it at full size, as it came or in color.
 * @param {string} id @param {number} page @param {{x: number, y: number, width: number, height: number}} box
 * @param {AbortSignal} signal @param {string} [model] @param {Guidance} [guidance]
 */
export const tile = async (id, page, box, signal, model, guidance) =>
  (await ask(`/photos/${id}/tile?${query(model ? { page, model, ...box } : { page, ...box })}`, guidance ? json(guidance, signal) : { signal })).blob();

/**
 * The whole file in color, and the name to save it under.
 * @param {string} id @param {string} model of pages that name none @param {PageGuidance[]} pages each at its place; later pages are as the last
 * @param {AbortSignal} [signal]
 */
export async function wholeFile(id, model, pages, signal) {
  const response = await ask(`/photos/${id}/file?${query({ model })}`, json({ pages }, signal));
  const coded = /filename\*=UTF-8''(.+)$/.exec(response.headers.get("Content-Disposition") ?? "");
  return { blob: await response.blob(), name: coded ? decodeURIComponent(coded[1]) : "photo" };
}

/**
 * The likely colors of a place, and the thing that it lies on; without one: where a dab helps most.
 * @param {string} id @param {number} page @param {string} model @param {{x: number, y: number} | null} place @param {number} count
 * @returns {Promise<{colors: {color: string, share: number}[], thing: Thing | null, places: [number, number][]}>}
 */
export const suggest = async (id, page, model, place, count) => (await ask(`/photos/${id}/suggest?${query({ page, model, count, ...place })}`)).json();

/**
 * Plausible colorings, each with the guidance that gives it.
 * @param {string} id @param {number} page @param {string} model @param {Guidance} guidance @param {number} seed
 * @returns {Promise<{guidance: Guidance, picture: string}[]>}
 */
export const variations = async (id, page, model, guidance, seed) =>
  (await ask(`/photos/${id}/variations?${query({ page, model, seed, count: 4 })}`, json(guidance))).json();

/** @typedef {{id: string, status: "waiting" | "running" | "done" | "failed" | "canceled", progress: number, problem: string | null}} Job */

/** Color it in the background. @param {string} id @param {string} model @param {PageGuidance[]} pages @returns {Promise<Job>} */
export const startJob = async (id, model, pages) => (await ask(`/photos/${id}/jobs?${query({ model })}`, json({ pages }))).json();

/** @param {string} id @returns {Promise<Job>} */
export const jobStatus = async (id) => (await ask(`/jobs/${id}`)).json();

/** @param {string} id */
export const jobResult = async (id) => (await ask(`/jobs/${id}/result`)).blob();

/** @param {string} id */
export const cancelJob = async (id) => ask(`/jobs/${id}`, { method: "DELETE" });
