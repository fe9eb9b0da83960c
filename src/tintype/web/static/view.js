// Where the photograph lies in the window: its scale and what is in the middle.

const MAX_ZOOM = 8;
const MIN_SHOWN_PIXELS = 48;

/**
 * How far a point moves to be away from the edges of a window.
 * @param {number} at @param {number} room
 */
const inward = (at, room) =>
  Math.max(0, MIN_SHOWN_PIXELS - at) + Math.min(0, room - MIN_SHOWN_PIXELS - at);

/** @typedef {{width: number, height: number}} Size */

export class View {
  /** CSS pixels per pixel of the photograph */
  scale = 1;
  /** the place in the middle of the window, shares of width and height */
  middle = { x: 0.5, y: 0.5 };
  fitted = true;
  /** @type {Size} */
  room = { width: 1, height: 1 };
  /** @type {Size} */
  photo = { width: 1, height: 1 };

  get fitScale() {
    return Math.min(this.room.width / this.photo.width, this.room.height / this.photo.height);
  }
  /** one pixel of the photograph on one of the screen */
  get fullScale() {
    return 1 / devicePixelRatio;
  }
  get percent() {
    return Math.round(100 * this.scale * devicePixelRatio);
  }

  /** The photograph's rectangle, CSS pixels of the window. */
  get box() {
    const width = this.photo.width * this.scale;
    const height = this.photo.height * this.scale;
    return {
      left: this.room.width / 2 - this.middle.x * width,
      top: this.room.height / 2 - this.middle.y * height,
      width,
      height,
    };
  }

  /** @param {Size} room @param {Size} photo */
  resize(room, photo) {
    Object.assign(this, { room, photo });
    if (this.fitted) this.fit();
    else this.#keepInside();
  }

  fit() {
    this.fitted = true;
    this.scale = this.fitScale;
    this.middle = { x: 0.5, y: 0.5 };
  }

  /**
   * @param {number} scale
   * @param {{x: number, y: number}} [at] of the window, which stays where it is
   */
  zoomTo(scale, at = { x: this.room.width / 2, y: this.room.height / 2 }) {
    const held = this.place(at.x, at.y);
    const least = Math.min(this.fitScale, this.fullScale);
    this.scale = Math.min(
      Math.max(MAX_ZOOM * this.fullScale, this.fitScale),
      Math.max(least, scale),
    );
    this.fitted = Math.abs(this.scale - this.fitScale) < 1e-6;
    if (this.fitted) return this.fit();
    const moved = this.place(at.x, at.y);
    this.middle.x += held.x - moved.x;
    this.middle.y += held.y - moved.y;
    this.#keepInside();
  }

  /** @param {number} dx @param {number} dy CSS pixels */
  pan(dx, dy) {
    this.middle.x -= dx / (this.photo.width * this.scale);
    this.middle.y -= dy / (this.photo.height * this.scale);
    this.#keepInside();
  }

  /**
   * Pan only as far as needed to see a place of the photograph.
   * @param {number} x @param {number} y shares of width and height
   */
  reveal(x, y) {
    const { left, top, width, height } = this.box;
    this.pan(inward(left + x * width, this.room.width), inward(top + y * height, this.room.height));
  }

  /**
   * Shares of width and height at a point of the window; may lie outside of 0..1.
   * @param {number} x @param {number} y
   */
  place(x, y) {
    const { left, top, width, height } = this.box;
    return { x: (x - left) / width, y: (y - top) / height };
  }

  /** The part that is seen, pixels of the photograph. */
  get seen() {
    const from = this.place(0, 0);
    const to = this.place(this.room.width, this.room.height);
    return {
      left: Math.max(0, from.x) * this.photo.width,
      top: Math.max(0, from.y) * this.photo.height,
      right: Math.min(1, to.x) * this.photo.width,
      bottom: Math.min(1, to.y) * this.photo.height,
    };
  }

  #keepInside() {
    for (const [axis, side] of /** @type {["x" | "y", "width" | "height"][]} */ ([
      ["x", "width"],
      ["y", "height"],
    ])) {
      const size = this.photo[side] * this.scale;
      if (size <= this.room[side]) this.middle[axis] = 0.5;
      else {
        // so that every corner can come to the middle's side
        const margin = (this.room[side] / 2 - MIN_SHOWN_PIXELS) / size;
        this.middle[axis] = Math.min(
          1 - this.room[side] / 2 / size + margin,
          Math.max(this.room[side] / 2 / size - margin, this.middle[axis]),
        );
      }
    }
  }
}
