// Photographs and settings kept in the browser (IndexedDB), so that a reload or a crash loses
// nothing.

/** @typedef {import("./photograph.js").Kept} Kept */

const DELAY_MS = 150;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @type {Promise<IDBDatabase> | null} */
let opened = null;
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("tintype", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("files");
      request.result.createObjectStore("photos", { keyPath: "key" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Changes that are not written yet, by the photograph's key. @type {Map<string, () => Kept>} */
const pending = new Map();
let timer = 0;
let writing = 0;
/** Whether everything is in the store. */
export let safe = true;

/** @param {"files" | "photos"} name @param {IDBTransactionMode} mode */
const objects = async (name, mode) => (await database()).transaction(name, mode).objectStore(name);

/** @param {string} key @param {File} file */
export async function keepFile(key, file) {
  try {
    await done((await objects("files", "readwrite")).put(file, key));
  } catch {
    safe = false;
  }
}

/** Write it soon. @param {string} key @param {() => Kept} kept */
export function keep(key, kept) {
  pending.set(key, kept);
  clearTimeout(timer);
  timer = setTimeout(flush, DELAY_MS);
}

/** Write all that is pending. */
export async function flush() {
  const changes = [...pending.values()].map((kept) => kept());
  pending.clear();
  writing += 1;
  try {
    const photos = await objects("photos", "readwrite");
    await Promise.all(changes.map((kept) => done(photos.put(kept))));
  } catch {
    safe = false;
  }
  writing -= 1;
}

export const unwritten = () => !safe || pending.size > 0 || writing > 0;

/** @param {string} key @param {string | null} fileKey of a file that no other page needs */
export async function drop(key, fileKey) {
  pending.delete(key);
  await done((await objects("photos", "readwrite")).delete(key));
  if (fileKey) await done((await objects("files", "readwrite")).delete(fileKey));
}

/**
 * All that is kept, in order; nothing where the browser keeps nothing.
 * @returns {Promise<{kept: Kept, file: File}[]>}
 */
export async function restore() {
  try {
    const all = /** @type {Kept[]} */ (await done((await objects("photos", "readonly")).getAll()));
    const result = [];
    for (const kept of all.sort((a, b) => a.order - b.order)) {
      const file = await done((await objects("files", "readonly")).get(kept.fileKey));
      if (file) result.push({ kept, file });
    }
    return result;
  } catch {
    safe = false;
    return [];
  }
}
