// A baseline JPEG encoder that takes a picture in strips: a browser's own takes whole canvases,
// which a picture of 50 megapixels makes too large. Color has half the resolution, as there.
// (ITU T.81; the cosine transform is that of Arai, Agui and Nakajima, 1988.)

import { ByteWriter, unpacked } from "./bytes.js";

/** @typedef {Uint8ClampedArray | Uint8Array} Pixels */

/** Rows of a strip are a multiple of this, but for the last one. */
export const STRIP_ROWS = 16;
/** The standard's quantization tables, luminance and chrominance, as a file holds them. */
const QUANTIZATION = unpacked(
  "ABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2MBERIS" +
    "GBUYLxoaL2NCOEJjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjYw==",
);
/** The standard's Huffman tables, as a file holds them: DC and AC of luminance, of chrominance. */
const HUFFMAN = unpacked(
  "AAABBQEBAQEBAQAAAAAAAAAAAQIDBAUGBwgJCgsQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGh" +
    "CCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SF" +
    "hoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5" +
    "+gEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoLEQACAQIEBAMEBwUEBAABAncAAQIDEQQFITEGEkFRB2FxEyIygQgU" +
    "QpGhscEJIzNS8BVictEKFiQ04SXxFxgZGiYnKCkqNTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqC" +
    "g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo6ery8/T19vf4" +
    "+fo=",
);
const SOI = [0xff, 0xd8];
const JFIF = [0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
const SCAN = [0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0];
const END_OF_BLOCK = 0x00;
const SIXTEEN_ZEROS = 0xf0;
/** Scale factors of the transform's outputs. */
const AAN = [1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.5411961, 0.275899379];
/** Index in a block of 8×8 by place in the file. */
const ZIGZAG = Uint8Array.from(
  Array.from({ length: 64 }, (_, i) => i).sort((one, other) => {
    const [diagonal, next] = [one, other].map((i) => (i >> 3) + (i & 7));
    if (diagonal !== next) return diagonal - next;
    return diagonal % 2 ? (one >> 3) - (other >> 3) : (other >> 3) - (one >> 3);
  }),
);

/** Code and length by symbol: `code << 5 | length`. @returns {Int32Array[]} as in `HUFFMAN` */
function codeTables() {
  const tables = [];
  for (let at = 0; at < HUFFMAN.length;) {
    const counts = HUFFMAN.subarray(at + 1, at + 17);
    const codes = new Int32Array(256);
    at += 17;
    for (let length = 1, code = 0; length <= 16; length++, code <<= 1)
      for (let k = 0; k < counts[length - 1]; k++) codes[HUFFMAN[at++]] = (code++ << 5) | length;
    tables.push(codes);
  }
  return tables;
}

const CODES = codeTables();

export class JpegEncoder {
  #out = new ByteWriter();
  #bits = 0;
  #bitCount = 0;
  /** the last DC of each component */
  #last = [0, 0, 0];
  #block = new Float32Array(64);

  /** @param {number} width @param {number} height @param {number} quality 1..100 */
  constructor(width, height, quality) {
    this.width = width;
    const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    const tables = QUANTIZATION.map((value, i) =>
      i % 65 ? Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100))) : value,
    );
    this.factors = [1, 66].map((start) => {
      const factors = new Float32Array(64);
      for (let k = 0; k < 64; k++) {
        const i = ZIGZAG[k];
        factors[i] = 1 / (tables[start + k] * AAN[i >> 3] * AAN[i & 7] * 8);
      }
      return factors;
    });
    const size = [height >> 8, height & 255, width >> 8, width & 255];
    const frame = [0xff, 0xc0, 0, 17, 8, ...size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
    const segment = (/** @type {number} */ marker, /** @type {Uint8Array} */ content) => [
      0xff,
      marker,
      (content.length + 2) >> 8,
      (content.length + 2) & 255,
      ...content,
    ];
    const head = [...SOI, ...JFIF, ...segment(0xdb, tables), ...frame, ...segment(0xc4, HUFFMAN)];
    for (const byte of [...head, ...SCAN]) this.#out.put(byte);
    this.#out.flush(); // so that the first piece is the head
    const side = Math.ceil(width / 16) * 16;
    this.planes = [side * STRIP_ROWS, (side / 2) * 8, (side / 2) * 8].map(
      (length) => new Float32Array(length),
    );
  }

  /** @param {Pixels} pixels RGBA, whole rows: a multiple of `STRIP_ROWS`, but for the last strip */
  add(pixels) {
    const rows = pixels.length / 4 / this.width;
    for (let top = 0; top < rows; top += STRIP_ROWS)
      this.#addBand(pixels.subarray(4 * top * this.width, 4 * (top + STRIP_ROWS) * this.width));
  }

  /** @param {Pixels} pixels up to 16 rows; the last one is repeated */
  #addBand(pixels) {
    const side = Math.ceil(this.width / 16) * 16;
    this.#convert(pixels, side);
    const [luminance, blue, red] = this.planes;
    for (let x = 0; x < side; x += 16) {
      for (const at of [x, x + 8, x + 8 * side, x + 8 * side + 8])
        this.#encode(luminance, at, side, 0);
      this.#encode(blue, x / 2, side / 2, 1);
      this.#encode(red, x / 2, side / 2, 2);
    }
  }

  /** RGBA to YCbCr, color at half the resolution. @param {Pixels} pixels @param {number} side */
  #convert(pixels, side) {
    const { width } = this;
    const [luminance, blue, red] = this.planes;
    const last = pixels.length / 4 / width - 1;
    blue.fill(0);
    red.fill(0);
    for (let y = 0; y < STRIP_ROWS; y++) {
      const row = 4 * Math.min(y, last) * width;
      for (let x = 0; x < side; x++) {
        const p = row + 4 * Math.min(x, width - 1);
        const r = pixels[p];
        const g = pixels[p + 1];
        const b = pixels[p + 2];
        const small = (y >> 1) * (side >> 1) + (x >> 1);
        luminance[y * side + x] = 0.299 * r + 0.587 * g + 0.114 * b - 128;
        blue[small] += (-0.168736 * r - 0.331264 * g + 0.5 * b) / 4;
        red[small] += (0.5 * r - 0.418688 * g - 0.081312 * b) / 4;
      }
    }
  }

  /**
   * @param {Float32Array} from @param {number} at @param {number} stride
   * @param {number} component
   */
  #encode(from, at, stride, component) {
    const block = this.#block;
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) block[8 * y + x] = from[at + y * stride + x];
    for (let i = 0; i < 64; i += 8) transform(block, i, 1);
    for (let i = 0; i < 8; i++) transform(block, i, 8);
    const factors = this.factors[component ? 1 : 0];
    const codes = component ? 2 : 0;
    const dc = Math.round(block[0] * factors[0]);
    this.#putValue(CODES[codes], 0, dc - this.#last[component]);
    this.#last[component] = dc;
    let zeros = 0;
    for (let k = 1; k < 64; k++) {
      const i = ZIGZAG[k];
      const value = Math.round(block[i] * factors[i]);
      if (value === 0) {
        zeros++;
        continue;
      }
      for (; zeros > 15; zeros -= 16) this.#putCode(CODES[codes + 1][SIXTEEN_ZEROS]);
      this.#putValue(CODES[codes + 1], zeros << 4, value);
      zeros = 0;
    }
    if (zeros) this.#putCode(CODES[codes + 1][END_OF_BLOCK]);
  }

  /**
   * The symbol of a value's size and `run`, then its bits.
   * @param {Int32Array} codes @param {number} run @param {number} value
   */
  #putValue(codes, run, value) {
    const size = 32 - Math.clz32(Math.abs(value));
    this.#putCode(codes[run | size]);
    if (size) this.#putBits(value < 0 ? value + (1 << size) - 1 : value, size);
  }

  /** @param {number} code of a table */
  #putCode(code) {
    this.#putBits(code >> 5, code & 31);
  }

  /** @param {number} value @param {number} count up to 16 */
  #putBits(value, count) {
    this.#bits = (this.#bits << count) | value;
    this.#bitCount += count;
    while (this.#bitCount >= 8) {
      this.#bitCount -= 8;
      const byte = (this.#bits >> this.#bitCount) & 255;
      this.#out.put(byte);
      if (byte === 255) this.#out.put(0);
    }
    this.#bits &= (1 << this.#bitCount) - 1;
  }

  /** The file in pieces, its head first. @returns {Promise<Uint8Array<ArrayBuffer>[]>} */
  async end() {
    this.#putBits(127, 7); // fills the last byte
    this.#out.put(0xff);
    this.#out.put(0xd9);
    this.#out.flush();
    return this.#out.pieces;
  }
}

/**
 * Eight values in place, scaled by `AAN`.
 * @param {Float32Array} v @param {number} at @param {number} step
 */
function transform(v, at, step) {
  const end = at + 7 * step;
  const s0 = v[at] + v[end];
  const d0 = v[at] - v[end];
  const s1 = v[at + step] + v[end - step];
  const d1 = v[at + step] - v[end - step];
  const s2 = v[at + 2 * step] + v[end - 2 * step];
  const d2 = v[at + 2 * step] - v[end - 2 * step];
  const s3 = v[at + 3 * step] + v[end - 3 * step];
  const d3 = v[at + 3 * step] - v[end - 3 * step];
  const even = s0 + s3;
  const other = s1 + s2;
  const z1 = (s1 - s2 + (s0 - s3)) * Math.SQRT1_2;
  v[at] = even + other;
  v[at + 4 * step] = even - other;
  v[at + 2 * step] = s0 - s3 + z1;
  v[at + 6 * step] = s0 - s3 - z1;
  const a = d3 + d2;
  const b = d2 + d1;
  const c = d1 + d0;
  const z5 = (a - c) * 0.382683433;
  const z2 = 0.5411961 * a + z5;
  const z4 = 1.306562965 * c + z5;
  const z3 = b * Math.SQRT1_2;
  const z11 = d0 + z3;
  const z13 = d0 - z3;
  v[at + 5 * step] = z13 + z2;
  v[at + 3 * step] = z13 - z2;
  v[at + step] = z11 + z4;
  v[at + 7 * step] = z11 - z4;
}
