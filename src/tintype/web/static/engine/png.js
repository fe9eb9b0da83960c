// A PNG encoder that takes a picture in strips, as jpeg.js does, and the format's chunks.

/** @typedef {Uint8ClampedArray | Uint8Array} Pixels */

export const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const EIGHT_BITS = 8;
const RGBA = 6;
const PAETH = 4;
const CRC = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @param {string} kind @param {ArrayLike<number>} content */
export function chunk(kind, content) {
  const out = new Uint8Array(content.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) out[4 + i] = kind.charCodeAt(i);
  out.set(content, 8);
  let crc = 0xffffffff;
  for (let i = 4; i < out.length - 4; i++) crc = (crc >>> 8) ^ CRC[(crc ^ out[i]) & 255];
  view.setUint32(out.length - 4, ~crc >>> 0);
  return out;
}

export class PngEncoder {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    const header = new DataView(new ArrayBuffer(13));
    header.setUint32(0, width);
    header.setUint32(4, height);
    header.setUint8(8, EIGHT_BITS);
    header.setUint8(9, RGBA);
    const head = chunk("IHDR", new Uint8Array(header.buffer));
    this.above = new Uint8Array(4 * width);
    const stream = new CompressionStream("deflate");
    this.writer = stream.writable.getWriter();
    this.pieces = this.#collected(stream.readable, Uint8Array.of(...SIGNATURE, ...head));
  }

  /** @param {ReadableStream<Uint8Array>} readable @param {Uint8Array<ArrayBuffer>} head */
  async #collected(readable, head) {
    const pieces = [head];
    const reader = readable.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read())
      pieces.push(chunk("IDAT", part.value));
    pieces.push(chunk("IEND", []));
    return pieces;
  }

  /** @param {Pixels} pixels RGBA, whole rows */
  async add(pixels) {
    const stride = this.above.length;
    const rows = pixels.length / stride;
    const filtered = new Uint8Array(pixels.length + rows);
    for (let y = 0; y < rows; y++) {
      const row = pixels.subarray(y * stride, (y + 1) * stride);
      const at = y * (stride + 1);
      filtered[at] = PAETH;
      for (let i = 0; i < stride; i++) {
        const left = i < 4 ? 0 : row[i - 4];
        const up = this.above[i];
        const corner = i < 4 ? 0 : this.above[i - 4];
        const toLeft = Math.abs(up - corner);
        const toUp = Math.abs(left - corner);
        const toCorner = Math.abs(left + up - 2 * corner);
        const isLeft = toLeft <= toUp && toLeft <= toCorner;
        filtered[at + 1 + i] = row[i] - (isLeft ? left : toUp <= toCorner ? up : corner);
      }
      this.above.set(row);
    }
    await this.writer.write(filtered);
  }

  /** The file in pieces, its head first. */
  async end() {
    await this.writer.close();
    return this.pieces;
  }
}
