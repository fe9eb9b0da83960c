// Files out of folders that are dropped, and files into a folder that is chosen.

const HIDDEN = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

/** Whether it is a photograph of a folder, not what a desktop leaves there. @param {File} file */
export const isWanted = (file) => !HIDDEN.test(file.name);

/**
 * All files of a drop, those in folders included. To be called within the event.
 * @param {DataTransfer | null} data @returns {Promise<File[]>}
 */
export async function filesOf(data) {
  const entries = [...(data?.items ?? [])].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return [...(data?.files ?? [])];
  const files = await Promise.all(entries.filter((entry) => entry !== null).map(filesIn));
  return files.flat().filter(isWanted);
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} in the order of their names */
async function filesIn(entry) {
  if (entry.isFile) {
    const { file } = /** @type {FileSystemFileEntry} */ (entry);
    return [await new Promise((resolve, reject) => file.call(entry, resolve, reject))];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break; // a browser gives a hundred at a time
    all.push(...some);
  }
  all.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
  const files = [];
  for (const each of all) files.push(await filesIn(each));
  return files.flat();
}

/**
 * A file of a name that is free in what was written before.
 * @param {string} name @param {Set<string>} taken gets the name
 */
export function freeName(name, taken) {
  const dot = name.lastIndexOf(".") < 0 ? name.length : name.lastIndexOf(".");
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name.slice(0, dot)} ${i}${name.slice(dot)}`;
  taken.add(free);
  return free;
}

/** @typedef {{add: (name: string, blob: Blob) => Promise<void>, close: () => Promise<string>}} Sink
 *   close: says where the files are */

/** A folder that is chosen (secure contexts of some browsers only). @returns {Promise<Sink>} */
export async function chooseFolder() {
  const folder = await /** @type {any} */ (window).showDirectoryPicker({ mode: "readwrite" });
  /** @type {Set<string>} */
  const taken = new Set();
  for await (const name of folder.keys()) taken.add(name);
  return {
    async add(name, blob) {
      const file = await folder.getFileHandle(freeName(name, taken), { create: true });
      const stream = await file.createWritable();
      await stream.write(blob);
      await stream.close();
    },
    close: async () => `in the folder “${folder.name}”`,
  };
}

export const canChooseFolder = () => "showDirectoryPicker" in window;
