// The photographs that are open in this page, and what is wished for each, with its history.

import * as api from "./api.js";

/**
 * @typedef {{points: [number, number][], radius: number, erase: boolean}} Stroke  pixels of the photograph
 * @typedef {{hints: api.Hint[], strokes: Stroke[], saturation: number}} Wishes  never changed, only replaced
 */

/** @type {Wishes} */
const NOTHING = Object.freeze({ hints: [], strokes: [], saturation: 1 });
const REGION_SIDE = 1024;

/** One photograph: the file it came from, what the service knows of it, its wishes and those before and after them. */
export class Photograph {
  /** @param {File} file @param {api.Opened} opened @param {string} before */
  constructor(file, opened, before) {
    this.file = file;
    this.opened = opened;
    this.before = before;
    /** @type {string | null} an object URL of the colored preview */
    this.after = null;
    this.wishes = NOTHING;
    /** @type {Wishes[]} */
    this.past = [];
    /** @type {Wishes[]} */
    this.future = [];
    /** @type {Wishes | null} those that were last saved in color */
    this.saved = null;
  }

  /** @param {File} file */
  static async open(file) {
    const opened = await api.openPhoto(file);
    return new Photograph(file, opened, URL.createObjectURL(await api.shown(opened.id)));
  }

  get width() { return this.opened.width; }
  get height() { return this.opened.height; }
  get side() { return Math.min(this.width, this.height); }
  get unsaved() { return this.wishes !== NOTHING && this.wishes !== this.saved; }

  /** @param {Partial<Wishes>} change */
  wish(change) {
    this.past.push(this.wishes);
    this.future = [];
    this.wishes = Object.freeze({ ...this.wishes, ...change });
  }

  undo() {
    const last = this.past.pop();
    if (!last) return;
    this.future.push(this.wishes);
    this.wishes = last;
  }

  redo() {
    const next = this.future.pop();
    if (!next) return;
    this.past.push(this.wishes);
    this.wishes = next;
  }

  /** The service forgets what it has not been asked about for long: it is told again. @template T @param {() => Promise<T>} work */
  async #known(work) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof api.ServiceError) || error.status !== 404) throw error;
      this.opened = await api.openPhoto(this.file);
      return work();
    }
  }

  /** @param {api.Model} model @param {Wishes} [wishes] */
  async color(model, wishes = this.wishes) {
    const blob = await this.#known(() => api.preview(this.opened.id, model.name, this.guidance(model, wishes)));
    if (this.after) URL.revokeObjectURL(this.after);
    this.after = URL.createObjectURL(blob);
    await decoded(this.after);
  }

  /** @param {api.Model} model */
  async whole(model) {
    const wishes = this.wishes;
    const found = await this.#known(() => api.wholeFile(this.opened.id, model.name, this.guidance(model, wishes)));
    this.saved = wishes;
    return found;
  }

  /** What of the wishes this network can be asked. @param {api.Model} model @param {Wishes} wishes @returns {api.Guidance} */
  guidance(model, wishes) {
    const region = wishes.strokes.length > 0 && model.listens_to.includes("region");
    return {
      hints: model.listens_to.includes("hint") ? wishes.hints : [],
      region: region ? this.#region(wishes.strokes) : null,
      saturation: wishes.saturation,
    };
  }

  /** @param {Stroke[]} strokes */
  #region(strokes) {
    const canvas = document.createElement("canvas");
    const scale = Math.min(1, REGION_SIDE / Math.max(this.width, this.height));
    canvas.width = Math.max(1, Math.round(this.width * scale));
    canvas.height = Math.max(1, Math.round(this.height * scale));
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.fillRect(0, 0, canvas.width, canvas.height);
    drawStrokes(context, strokes, canvas.width / this.width, "white", "source-over", "black");
    return canvas.toDataURL("image/png").split(",")[1];
  }
}

/**
 * @param {CanvasRenderingContext2D} context @param {Stroke[]} strokes @param {number} scale canvas pixels per pixel of the photograph
 * @param {string} ink @param {GlobalCompositeOperation} erasing @param {string} [eraser]
 */
export function drawStrokes(context, strokes, scale, ink, erasing = "destination-out", eraser = ink) {
  for (const { points, radius, erase } of strokes) {
    context.globalCompositeOperation = erase ? erasing : "source-over";
    context.strokeStyle = erase ? eraser : ink;
    context.lineWidth = 2 * radius * scale;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x * scale, y * scale);
    if (points.length === 1) context.lineTo(points[0][0] * scale + 0.01, points[0][1] * scale);
    context.stroke();
  }
  context.globalCompositeOperation = "source-over";
}

/** Waits until a picture can be shown without a flicker. @param {string} url */
async function decoded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
}
