// A ZIP file of files that are compressed already (APPNOTE 6.3.10, method 0 "stored", names in
// UTF-8, ZIP64 where it is needed).

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
    else if (size === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  return view.buffer;
}

const MAX_16_BITS = 0xffff;
const MAX_32_BITS = 0xffffffff;

/** Writes files of less than 4 GB one after the other, each as soon as it is there. A `Sink`. */
export class Zip {
  /** @type {BlobPart[]} */
  #directory = [];
  #offset;
  #directorySize = 0;
  /** @type {Set<string>} */
  #names = new Set();

  /**
   * @param {{write: (part: Blob) => Promise<void>, close: () => Promise<string>}} target
   * @param {number} offset bytes that are before it in its file
   */
  constructor(target, offset = 0) {
    this.target = target;
    this.#offset = offset;
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
    ];
    const header = record([[4, 0x04034b50], ...common, [2, 0]]);
    const far = this.#offset >= MAX_32_BITS;
    const extra = record(
      far
        ? [
            [2, 1],
            [2, 8],
            [8, this.#offset],
          ]
        : [],
    );
    const entry = record([
      [4, 0x02014b50],
      [2, 45],
      ...common,
      [2, extra.byteLength],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, Math.min(this.#offset, MAX_32_BITS)],
    ]);
    await this.target.write(new Blob([header, coded, blob]));
    this.#directory.push(entry, coded, extra);
    this.#offset += header.byteLength + coded.length + bytes.length;
    this.#directorySize += entry.byteLength + coded.length + extra.byteLength;
  }

  async close() {
    const count = this.#names.size;
    const size = this.#directorySize;
    const large = count >= MAX_16_BITS || this.#offset >= MAX_32_BITS;
    const end64 = record([
      [4, 0x06064b50],
      [8, 44],
      [2, 45],
      [2, 45],
      [4, 0],
      [4, 0],
      [8, count],
      [8, count],
      [8, size],
      [8, this.#offset],
      [4, 0x07064b50],
      [4, 0],
      [8, this.#offset + size],
      [4, 1],
    ]);
    const end = record([
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, Math.min(count, MAX_16_BITS)],
      [2, Math.min(count, MAX_16_BITS)],
      [4, size],
      [4, Math.min(this.#offset, MAX_32_BITS)],
      [2, 0],
    ]);
    await this.target.write(new Blob([...this.#directory, ...(large ? [end64] : []), end]));
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
