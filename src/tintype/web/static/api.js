// The service's requests, each a function.

/**
 * @typedef {{x: number, y: number, color: string, radius: number}} Hint  pixels of the upright photograph
 * @typedef {{hints: Hint[], region: string | null, saturation: number}} Guidance
 * @typedef {{id: string, name: string, width: number, height: number, pages: number}} Opened
 * @typedef {{name: string, system: string, size: number, listens_to: string[]}} Model
 */

/** What the service says went wrong, in one sentence. */
export class ServiceError extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** @param {string} path @param {RequestInit} [how] */
async function ask(path, how) {
  let response;
  try {
    response = await fetch(path, how);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ServiceError("Tintype does not answer; is it still running?", 0);
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new ServiceError(told.detail ?? `the service failed (${response.status})`, response.status);
}

/** @param {Guidance} guidance @returns {RequestInit} */
const asJson = (guidance) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(guidance),
});

/** @returns {Promise<Model[]>} */
export const listModels = async () => (await ask("/api/models")).json();

/** @param {File} file @returns {Promise<Opened>} */
export const openPhoto = async (file) =>
  (await ask(`/api/photos?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file })).json();

/** @param {string} id The photograph as it came. */
export const shown = async (id) => (await ask(`/api/photos/${id}`)).blob();

/** @param {string} id @param {string} model @param {Guidance} guidance A screen's worth of it in color. */
export const preview = async (id, model, guidance) =>
  (await ask(`/api/photos/${id}/preview?model=${encodeURIComponent(model)}`, asJson(guidance))).blob();

/**
 * The whole file in color, and the name to save it under.
 * @param {string} id @param {string} model @param {Guidance} guidance
 */
export async function wholeFile(id, model, guidance) {
  const response = await ask(`/api/photos/${id}/file?model=${encodeURIComponent(model)}`, asJson(guidance));
  const coded = /filename\*=UTF-8''(.+)$/.exec(response.headers.get("Content-Disposition") ?? "");
  return { blob: await response.blob(), name: coded ? decodeURIComponent(coded[1]) : "photo" };
}
