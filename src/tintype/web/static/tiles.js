// Parts of the photograph at full size, laid over the preview where the preview would be enlarged.

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */

const SIDE = 768;
const MAX_TILES = 60;
const REST_MS = 160;

/** One layer of tiles. */
export class Tiles {
  /** @type {Map<string, HTMLImageElement>} */
  #held = new Map();
  #timer = 0;
  #asking = new AbortController();
  /** what the tiles show: another photograph or other settings make them worthless */
  #subject = "";

  /** @param {HTMLElement} layer in which positions are shares of the photograph */
  constructor(layer) {
    this.layer = layer;
  }

  /**
   * Show what is seen, soon.
   * @param {Photograph} photo @param {{left: number, top: number, right: number, bottom: number} |
   * null} seen null: none are needed
   * @param {Settings} [settings] in color
   */
  show(photo, seen, settings) {
    const subject = `${photo.key} ${settings ? JSON.stringify(settings) : ""}`;
    if (subject !== this.#subject) this.clear();
    this.#subject = subject;
    clearTimeout(this.#timer);
    this.layer.hidden = !seen;
    if (seen) this.#timer = setTimeout(() => this.#fetch(photo, seen, settings), REST_MS);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#asking = new AbortController();
    for (const image of this.#held.values()) URL.revokeObjectURL(image.src);
    this.#held.clear();
    this.layer.replaceChildren();
    this.#subject = "";
  }

  /**
   * @param {Photograph} photo
   * @param {{left: number, top: number, right: number, bottom: number}} seen
   * @param {Settings} [settings]
   */
  async #fetch(photo, seen, settings) {
    const { signal } = this.#asking;
    for (let y = SIDE * Math.floor(seen.top / SIDE); y < seen.bottom; y += SIDE) {
      for (let x = SIDE * Math.floor(seen.left / SIDE); x < seen.right; x += SIDE) {
        const key = `${x} ${y}`;
        if (this.#held.has(key) || signal.aborted) continue;
        const box = {
          x,
          y,
          width: Math.min(SIDE, photo.width - x),
          height: Math.min(SIDE, photo.height - y),
        };
        const image = Object.assign(new Image(), { alt: "", draggable: false });
        this.#held.set(key, image);
        try {
          const blob = await photo.tile(box, signal, settings);
          if (signal.aborted) return;
          image.src = URL.createObjectURL(blob);
          await image.decode();
          this.#place(image, box, photo);
        } catch {
          this.#held.delete(key); // the preview stays; the next move asks again
        }
      }
    }
    while (this.#held.size > MAX_TILES) {
      const [key, image] = /** @type {[string, HTMLImageElement]} */ (
        this.#held.entries().next().value
      );
      URL.revokeObjectURL(image.src);
      image.remove();
      this.#held.delete(key);
    }
  }

  /**
   * @param {HTMLImageElement} image
   * @param {{x: number, y: number, width: number, height: number}} box @param {Photograph} photo
   */
  #place(image, box, photo) {
    const share = (/** @type {number} */ part, /** @type {number} */ whole) =>
      `${(100 * part) / whole}%`;
    Object.assign(image.style, {
      left: share(box.x, photo.width),
      top: share(box.y, photo.height),
      width: share(box.width, photo.width),
      height: share(box.height, photo.height),
    });
    this.layer.append(image);
  }
}
