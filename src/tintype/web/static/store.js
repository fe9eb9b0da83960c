// Photographs, settings and previews kept in the browser (IndexedDB), so that a reload or a crash
// loses nothing, and several tabs work on the same album.

import { sameSettings } from "./guidance.js";

/**
 * @typedef {import("./photograph.js").Kept} Kept
 * @typedef {import("./photograph.js").KeptPreview} KeptPreview
 * @typedef {Kept & {revision?: number}} Stored
 * @typedef {{kept: Kept, file: File, preview: KeptPreview | null}} Restored
 * @typedef {{kept: () => Kept, preview: () => KeptPreview | null}} Source
 */

const DELAY_MS = 150;
const MAX_HISTORY = 200;
const STORES = /** @type {const} */ ({ files: null, photos: "key", previews: "key" });
const NO_ROOM = "This browser has no room left for your work: save it, or remove photographs";
const NOT_KEPT = "This browser does not keep your work: save it before you leave";

/**
 * Fires "problem" when there is one; "changed" with a `Restored` that another tab has written, or
 * that it had changed meanwhile; "removed" with the key of a photograph that another tab removed.
 */
export const events = new EventTarget();
const fire = (/** @type {string} */ name, /** @type {unknown} */ detail) =>
  events.dispatchEvent(new CustomEvent(name, { detail }));

/** @type {Promise<IDBDatabase> | null} */
let opened = null;
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("tintype", 2);
    request.onupgradeneeded = () => {
      const { result } = request;
      for (const [name, keyPath] of Object.entries(STORES))
        if (!result.objectStoreNames.contains(name))
          result.createObjectStore(name, keyPath ? { keyPath } : {});
    };
    request.onsuccess = () => {
      const close = () => {
        request.result.close();
        opened = null;
      };
      request.result.onversionchange = close;
      request.result.onclose = close;
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/**
 * What act returns, once the transaction is complete: a request's success is not the end of it.
 * @template T @param {(keyof typeof STORES)[]} names @param {IDBTransactionMode} mode
 * @param {(...stores: IDBObjectStore[]) => T} act
 * @returns {Promise<T extends IDBRequest<infer R> ? R : T>}
 */
async function transact(names, mode, act) {
  const transaction = (await database()).transaction(names, mode, { durability: "strict" });
  return new Promise((resolve, reject) => {
    const made = act(...names.map((name) => transaction.objectStore(name)));
    transaction.oncomplete = () =>
      resolve(/** @type {any} */ (made instanceof IDBRequest ? made.result : made));
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

// ---- what is written

/** Files that are not written yet. @type {Map<string, File>} */
const files = new Map();
/** Photographs that may have changed. @type {Map<string, Source>} */
const pending = new Map();
/** The revision of each record that this tab knows, and it as JSON. */
const known = /** @type {Map<string, {revision: number, text: string}>} */ (new Map());
/** The previews that are written. @type {Map<string, Blob>} */
const previews = new Map();
let timer = 0;
/** Why not all is written, in one sentence. */
export let problem = "";
/** @type {Promise<void> | null} */
let writing = null;

/** Whether something would be lost now. */
export const unwritten = () => files.size > 0 || pending.size > 0 || writing !== null;

/** @param {string} key @param {File} file */
export async function keepFile(key, file) {
  files.set(key, file);
  await flush();
  navigator.storage?.persist?.().catch(() => {}); // else browsers may drop it to make room
}

/** Write it soon. @param {string} key @param {Source} source */
export function keep(key, source) {
  pending.set(key, source);
  clearTimeout(timer);
  timer = setTimeout(flush, DELAY_MS);
}

/** Write all that is pending. What fails stays pending. */
export async function flush() {
  while (writing) await writing;
  writing = write().finally(() => (writing = null));
  await writing;
}

async function write() {
  try {
    for (const [key, file] of files) {
      await transact(["files"], "readwrite", (store) => store.put(file, key));
      files.delete(key);
    }
    const changes = [...pending];
    await writeRecords(changes);
    for (const [key, source] of changes) if (pending.get(key) === source) pending.delete(key);
    problem = "";
    await writePreviews(changes);
  } catch (error) {
    const full = /** @type {DOMException | null} */ (error)?.name === "QuotaExceededError";
    problem = full ? NO_ROOM : NOT_KEPT;
    fire("problem", null);
  }
}

/** @param {[string, Source][]} changes */
async function writeRecords(changes) {
  const records = changes.map(([, source]) => source.kept());
  const due = records.filter((record) => known.get(record.key)?.text !== JSON.stringify(record));
  if (!due.length) return;
  /** @type {Stored[]} */
  const written = [];
  /** @type {string[]} */
  const merged = [];
  await transact(["photos"], "readwrite", (photos) => {
    for (const record of due) {
      const request = photos.get(record.key);
      request.onsuccess = () => {
        const stored = /** @type {Stored | undefined} */ (request.result);
        const seen = known.get(record.key)?.revision;
        if (!stored && seen !== undefined) return; // another tab has removed it
        const isOlder = stored !== undefined && stored.revision !== seen;
        const next = isOlder ? { ...merge(stored, record) } : { ...record };
        if (isOlder) merged.push(record.key);
        written.push(Object.assign(next, { revision: (stored?.revision ?? 0) + 1 }));
        photos.put(next);
      };
    }
  });
  written.forEach(learn);
  if (written.length) channel?.postMessage({ changed: written.map(({ key }) => key) });
  for (const key of merged) await tellChanged(key);
}

/** Ours on top of what another tab wrote meanwhile: undo brings that back.
 * @param {Kept} theirs @param {Kept} ours @returns {Kept} */
function merge(theirs, ours) {
  const isNew = (/** @type {Kept["versions"][0]} */ { settings }) =>
    !theirs.versions.some((each) => sameSettings(each.settings, settings));
  const versions = [...theirs.versions, ...ours.versions.filter(isNew)];
  const leftOut = [...new Set([...theirs.leftOut, ...ours.leftOut])];
  if (sameSettings(theirs.settings, ours.settings)) return { ...theirs, versions, leftOut };
  const past = [...theirs.past, theirs.settings].slice(-MAX_HISTORY);
  const saved = ours.saved ?? theirs.saved;
  return { ...ours, past, future: [], saved, versions, leftOut };
}

/** @param {Stored} stored */
function learn({ revision = 0, ...kept }) {
  known.set(kept.key, { revision, text: JSON.stringify(kept) });
}

/** Previews spare a reload the coloring; without room for them nothing is lost.
 * @param {[string, Source][]} changes */
async function writePreviews(changes) {
  const made = changes.map(([, source]) => source.preview());
  const due = made.filter((each) => each !== null && previews.get(each.key) !== each.after);
  if (!due.length) return;
  const put = (/** @type {IDBObjectStore} */ store) => due.forEach((each) => store.put(each));
  await transact(["previews"], "readwrite", put).then(
    () => due.forEach((each) => each && previews.set(each.key, each.after)),
    () => {},
  );
}

/** @param {string} key @param {string | null} fileKey of a file that no other page needs */
export async function drop(key, fileKey) {
  pending.delete(key);
  if (fileKey) files.delete(fileKey);
  await transact(["photos", "previews", "files"], "readwrite", (photos, shown, sources) => {
    photos.delete(key);
    shown.delete(key);
    if (fileKey) sources.delete(fileKey);
  });
  channel?.postMessage({ removed: [key] });
  if (problem) await flush(); // there may be room now
}

// ---- what is read

/**
 * All that is kept, in order; nothing where the browser keeps nothing.
 * @param {string} version of the program: previews of another one are made again
 * @returns {Promise<Restored[]>}
 */
export async function restore(version) {
  try {
    const all = await transact(["photos"], "readonly", (photos) => photos.getAll());
    const read = await Promise.all(all.map(({ key }) => load(key, version)));
    return read
      .filter((each) => each !== null)
      .sort((one, other) => one.kept.order - other.kept.order);
  } catch {
    problem = NOT_KEPT;
    fire("problem", null);
    return [];
  }
}

/** @param {string} key @param {string} [version] @returns {Promise<Restored | null>} */
async function load(key, version) {
  const [record, shown] = await transact(["photos", "previews"], "readonly", (photos, previews) => [
    photos.get(key),
    previews.get(key),
  ]);
  const stored = /** @type {Stored | undefined} */ (record.result);
  if (!stored) return null;
  const file = await transact(["files"], "readonly", (sources) => sources.get(stored.fileKey));
  if (!file) return null;
  learn(stored);
  const preview = /** @type {KeptPreview | undefined} */ (shown.result);
  const isCurrent = preview && (version === undefined || preview.version === version);
  if (isCurrent) previews.set(key, preview.after);
  const { revision: _, ...kept } = stored;
  return { kept, file, preview: isCurrent ? preview : null };
}

// ---- other tabs

const channel = "BroadcastChannel" in window ? new BroadcastChannel("tintype") : null;
channel?.addEventListener("message", async ({ data: { changed = [], removed = [] } }) => {
  for (const key of removed) {
    pending.delete(key);
    fire("removed", key);
  }
  // what changed here too is merged when it is written
  for (const key of changed) if (!pending.has(key)) await tellChanged(key).catch(() => {});
});

/** @param {string} key */
async function tellChanged(key) {
  const restored = await load(key);
  if (restored) fire("changed", restored);
}
