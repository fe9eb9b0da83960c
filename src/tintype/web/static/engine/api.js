// The requests of ../api.js, answered on this device by a worker: with it the page needs no
// service.

/**
 * @typedef {import("../api.js").Guidance} Guidance
 * @typedef {import("../api.js").PageGuidance} PageGuidance
 * @typedef {import("../api.js").Opened} Opened
 * @typedef {import("../api.js").How} How
 * @typedef {import("../api.js").Notice} Notice
 */

import { checked } from "./schema.js";
import { inference, worker } from "./start.js";

/** Keys of a guidance that this edition does not follow. */
const INSTALLED_ONLY = ["reference", "line_art", "keep_color"];

/** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
const waiting = new Map();
let count = 0;

export class ServiceError extends Error {
  wait = 0;
  /** @param {string} message @param {string} code */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

worker.addEventListener("message", ({ data: { id, answer, problem } }) => {
  const call = waiting.get(id);
  waiting.delete(id);
  if (problem) call?.reject(new ServiceError(problem.message, problem.code));
  else call?.resolve(answer);
});
/** @param {ErrorEvent} event */
function fail({ message }) {
  const reason = message || "its workers failed";
  const text = `this browser cannot color photographs (${reason}); use a newer one`;
  for (const { reject } of waiting.values()) reject(new ServiceError(text, "failed"));
  waiting.clear();
}
for (const each of [inference, worker]) each.addEventListener("error", fail);

/** @param {string} method of the studio @param {unknown[]} given @returns {Promise<any>} */
const ask = (method, ...given) =>
  new Promise((resolve, reject) => {
    waiting.set(++count, { resolve, reject });
    worker.postMessage({ id: count, method, given });
  });

const edition = fetch(new URL("../edition.json", import.meta.url)).then((answer) => answer.json());

export const listModels = async () => (await edition).models;
export const listPalettes = async () => (await edition).palettes;

/**
 * @param {Blob} file @param {string} name @param {boolean} [damaged] what is there of one that is
 * cut off @returns {Promise<Opened>}
 */
export const openPhoto = (file, name, damaged) => ask("open", file, name, damaged);
/** @param {string} text @returns {Promise<Guidance>} */
export async function checkGuidance(text) {
  const guidance = checked(parsed(text), await edition);
  const [missing] = INSTALLED_ONLY.filter((key) => guidance[key]);
  if (missing)
    throw new ServiceError(`${missing} of the guidance needs the installed Tintype`, "wrong-value");
  const { mask } = guidance.region ?? {};
  if (mask) await decoded(mask);
  return guidance;
}

/** @param {string} text */
function parsed(text) {
  try {
    const guidance = JSON.parse(text);
    if (guidance?.tintype === 1) return guidance;
  } catch {
    // the sentence below says so
  }
  throw new ServiceError("it is not guidance of this version of Tintype", "wrong-value");
}

/** Throws a ServiceError if it is not one. @param {string} png base64 */
async function decoded(png) {
  try {
    const answer = await fetch(`data:image/png;base64,${png}`);
    (await createImageBitmap(await answer.blob())).close();
  } catch {
    throw new ServiceError("mask of region of the guidance: not a PNG picture", "wrong-value");
  }
}

/** @param {string} id @param {number} page @returns {Promise<Opened>} */
export const about = async (id, page) => ask("about", id, page);
/** @param {string} id @returns {Promise<Blob>} */
export const shown = (id) => ask("shown", id);
/** @param {string} id */
export const forget = (id) => ask("forget", id);

/**
 * @param {string} id @param {number} page @param {How} how @param {Guidance} guidance
 * @returns {Promise<{blob: Blob, notices: Notice[]}>}
 */
export const preview = (id, page, { recolor }, guidance) => ask("preview", id, guidance, recolor);

/**
 * @param {string} id @param {number} page
 * @param {{x: number, y: number, width: number, height: number}} box @param {AbortSignal} signal
 * @param {How} [how] @param {Guidance} [guidance] @returns {Promise<Blob>}
 */
export async function tile(id, page, box, signal, how, guidance) {
  const blob = await ask("tile", id, box, guidance, how?.recolor);
  signal.throwIfAborted();
  return blob;
}

/**
 * @param {string} id @param {How} how @param {PageGuidance[]} pages @param {AbortSignal} [signal]
 * @returns {Promise<{blob: Blob, name: string}>}
 */
export async function wholeFile(id, { recolor }, pages, signal) {
  const { model, ...guidance } = pages[0];
  const whole = await ask("whole", id, guidance, recolor);
  signal?.throwIfAborted();
  return whole;
}

/**
 * @param {string} id @param {number} page @param {string} model
 * @param {{x: number, y: number} | null} place @param {number} count
 */
export const suggest = (id, page, model, place, count) => ask("suggest", id, place, count);

const noFilms = async () => {
  const text = "films need the installed Tintype; this edition colors photographs";
  throw new ServiceError(text, "films");
};
export {
  noFilms as startJob,
  noFilms as jobStatus,
  noFilms as jobResult,
  noFilms as cancelJob,
  noFilms as clip,
};
