// Bytes that are written one after the other, in pieces that need no copying.

const PIECE_BYTES = 2 ** 20;

export class ByteWriter {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  pieces = [];
  #piece = new Uint8Array(PIECE_BYTES);
  #at = 0;

  /** @param {number} byte */
  put(byte) {
    if (this.#at === PIECE_BYTES) this.flush();
    this.#piece[this.#at++] = byte;
  }

  /** End the piece that is being written. */
  flush() {
    if (this.#at) this.pieces.push(this.#piece.subarray(0, this.#at));
    this.#piece = new Uint8Array(PIECE_BYTES);
    this.#at = 0;
  }
}

/** @param {string} text of base64 */
export const unpacked = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
