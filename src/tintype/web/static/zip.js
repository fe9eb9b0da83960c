// A ZIP file of files that are compressed already (APPNOTE 6.3.10, method 0 "stored", names in
// UTF-8).

import { download } from "./dom.js";
import { freeName } from "./folders.js";

const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255];
  return (crc ^ 0xffffffff) >>> 0;
}

/** Little-endian fields: [bytes, value] each. @param {[number, number][]} fields */
function record(fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return view.buffer;
}

/**
 * Writes files one after the other, each as soon as it is there; together less than 4 GB. A `Sink`.
 */
export class Zip {
  /** @type {BlobPart[]} */
  #directory = [];
  #offset = 0;
  #directorySize = 0;
  /** @type {Set<string>} */
  #names = new Set();

  /** @param {{write: (part: Blob) => Promise<void>, close: () => Promise<string>}} target */
  constructor(target) {
    this.target = target;
  }

  /** @param {string} name made another one if it is taken @param {Blob} blob */
  async add(name, blob) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const coded = new TextEncoder().encode(freeName(name, this.#names));
    const now = new Date();
    const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
    const date = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
    /** @type {[number, number][]} */
    const common = [
      [2, 20],
      [2, 0x800],
      [2, 0],
      [2, time],
      [2, date],
      [4, crc32(bytes)],
      [4, bytes.length],
      [4, bytes.length],
      [2, coded.length],
      [2, 0],
    ];
    const header = record([[4, 0x04034b50], ...common]);
    const entry = record([
      [4, 0x02014b50],
      [2, 20],
      ...common,
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, this.#offset],
    ]);
    await this.target.write(new Blob([header, coded, blob]));
    this.#directory.push(entry, coded);
    this.#offset += header.byteLength + coded.length + bytes.length;
    this.#directorySize += entry.byteLength + coded.length;
  }

  async close() {
    const count = this.#names.size;
    const end = record([
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, count],
      [2, count],
      [4, this.#directorySize],
      [4, this.#offset],
      [2, 0],
    ]);
    await this.target.write(new Blob([...this.#directory, end]));
    return this.target.close();
  }
}

/**
 * A ZIP file that becomes a download. Its parts are Blobs, which browsers keep on disk.
 * @param {string} name
 */
export function createZip(name) {
  /** @type {Blob[]} */
  const parts = [];
  return new Zip({
    write: async (part) => void parts.push(part),
    async close() {
      download(new Blob(parts, { type: "application/zip" }), name);
      return `in Downloads as ${name}`;
    },
  });
}
