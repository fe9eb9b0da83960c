// What lies on the stage, one above the other: the picture before and after, the painted region,
// marks, dabs, the line between.

import { made } from "./dom.js";
import { Reach } from "./reach.js";
import { Strokes } from "./strokes.js";
import { Tiles } from "./tiles.js";
import { drawStrokes, startsErasing } from "./guidance.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Region} Region
 */
/** @typedef {import("./guidance.js").Point} Point @typedef {import("./guidance.js").Hint} Hint */

const MASK_SIDE = 1600;
const INK = "#2f8f83";
/** A dab so near, percent of width and height, is at the helpful place. */
const HELPFUL_PERCENT = 8;

const put = (
  /** @type {HTMLElement} */ element,
  /** @type {number} */ x,
  /** @type {number} */ y,
) => Object.assign(element.style, { left: `${100 * x}%`, top: `${100 * y}%` });

/**
 * The elements of a stage, and how values are drawn with them. Positions are shares of the
 * photograph.
 */
export class Layers {
  before = made("img", "", { alt: "The original", draggable: false });
  after = made("img", "after", { alt: "The photograph in color", draggable: false });
  beforeTiles = new Tiles(made("div", "tiles"));
  afterTiles = new Tiles(made("div", "tiles"));
  reach = new Reach();
  dabs = made("div", "dabs");
  #strokes = new Strokes();
  brush = made("div", "brush", { hidden: true });
  crosshair = made("div", "crosshair", { hidden: true });
  divider = made("div", "divider");
  grip = made("button", "grip", { type: "button" });
  #frames = [made("div", "frame"), made("div", "frame"), made("div", "frame")];
  #mask = made("canvas", "mask", { hidden: true });
  #points = made("div", "points");
  #helpful = made("div", "helpful");

  /** @param {HTMLElement} stage */
  attach(stage) {
    for (const [name, value] of Object.entries({
      role: "slider",
      "aria-label": "Before and after",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
    })) {
      this.grip.setAttribute(name, value);
    }
    const panes = [made("div", "pane"), made("div", "pane color"), made("div", "pane overlay")];
    this.#frames[0].append(this.before, this.beforeTiles.layer);
    this.#frames[1].append(this.after, this.afterTiles.layer);
    this.#frames[2].append(
      this.#mask,
      this.reach.canvas,
      this.#points,
      this.#helpful,
      this.brush,
      this.crosshair,
      this.dabs,
      this.#strokes.element,
    );
    panes.forEach((pane, i) => pane.append(this.#frames[i]));
    this.divider.append(this.grip);
    stage.append(...panes, this.divider);
  }

  /**
   * @param {{left: number, top: number, width: number, height: number}} box of the photograph
   * @param {number} split
   */
  layOut({ left, top, width, height }, split) {
    for (const frame of this.#frames)
      Object.assign(frame.style, {
        left: `${left}px`,
        top: `${top}px`,
        width: `${width}px`,
        height: `${height}px`,
      });
    this.divider.parentElement?.style.setProperty("--divider", `${100 * split}%`);
    this.grip.setAttribute("aria-valuenow", String(Math.round(100 * split)));
  }

  /** Returns whether the colored picture is another one now. @param {Photograph} photo */
  showPictures(photo) {
    let changed = false;
    for (const [image, url] of /** @type {[HTMLImageElement, string | null][]} */ ([
      [this.before, photo.before],
      [this.after, photo.after],
    ])) {
      if (!url) image.removeAttribute("src");
      else if (image.getAttribute("src") !== url) {
        image.src = url;
        changed ||= image === this.after;
      }
    }
    return changed;
  }

  /**
   * @param {import("./marks.js").Marks} marks @param {number | null} selected
   * @param {(index: number) => string} named @param {(index: number) => void} focused
   */
  drawMarks({ hints, strokes }, selected, named, focused) {
    this.#drawDabs(hints, selected, named, focused);
    this.#strokes.draw(strokes, hints.length, selected, named, focused);
  }

  /** @param {Point[]} points @param {string} color @param {number} width pixels */
  drawWetStroke(points, color, width) {
    this.#strokes.drawWet(points, color, width);
  }

  /** @param {Element | null} element */
  hasMark(element) {
    return this.dabs.contains(element) || this.#strokes.element.contains(element);
  }

  /**
   * @param {Hint[]} hints @param {number | null} selected
   * @param {(index: number) => string} named @param {(index: number) => void} focused
   */
  #drawDabs(hints, selected, named, focused) {
    while (this.dabs.childElementCount > hints.length) this.dabs.lastElementChild?.remove();
    while (this.dabs.childElementCount < hints.length) {
      const index = this.dabs.childElementCount;
      const dab = made("button", "dab", { type: "button" });
      dab.dataset.index = String(index);
      dab.addEventListener("focus", () => focused(index));
      this.dabs.append(dab);
    }
    hints.forEach((hint, i) => {
      const dab = /** @type {HTMLElement} */ (this.dabs.children[i]);
      put(dab, hint.x, hint.y);
      dab.style.setProperty("--color", hint.color);
      dab.classList.toggle("selected", i === selected);
      dab.setAttribute("aria-label", named(i));
    });
  }

  /**
   * The region as it is being made.
   * @param {Photograph} photo @param {Region | null} region
   * @param {boolean} wet while it is painted
   */
  drawRegion(photo, region, wet) {
    const chosen = region?.kind === "objects" ? region : { keep: [], skip: [] };
    this.#points.replaceChildren(
      ...["keep", "skip"].flatMap((kind) =>
        chosen[/** @type {"keep" | "skip"} */ (kind)].map(([x, y]) => {
          const point = made("i", kind);
          put(point, x, y);
          return point;
        }),
      ),
    );
    const covers = region?.kind === "painted" || region?.kind === "polygons";
    this.#mask.hidden = !covers;
    this.#mask.classList.toggle("wet", wet);
    if (!covers) return;
    const scale = Math.min(1, MASK_SIDE / Math.max(photo.width, photo.height));
    this.#mask.width = Math.max(1, Math.round(photo.width * scale));
    this.#mask.height = Math.max(1, Math.round(photo.height * scale));
    const context = /** @type {CanvasRenderingContext2D} */ (this.#mask.getContext("2d"));
    context.fillStyle = INK;
    if (region.kind === "polygons") return fillPolygons(context, region.polygons);
    if (startsErasing(region)) context.fillRect(0, 0, this.#mask.width, this.#mask.height);
    drawStrokes(context, region.strokes, INK, null);
  }

  /** Where a dab would help. @param {[number, number][]} places */
  showHelpful(places) {
    this.#helpful.replaceChildren(
      ...places.map(([x, y]) => {
        const mark = made("i", "");
        put(mark, x, y);
        return mark;
      }),
    );
  }

  /** A dab was placed there. @param {Point} place */
  forgetHelpful([x, y]) {
    for (const mark of /** @type {HTMLElement[]} */ ([...this.#helpful.children]))
      if (
        Math.hypot(parseFloat(mark.style.left) - 100 * x, parseFloat(mark.style.top) - 100 * y) <
        HELPFUL_PERCENT
      )
        mark.remove();
  }

  /** @param {Point} place @param {boolean} erases */
  showBrush([x, y], erases) {
    this.brush.hidden = false;
    put(this.brush, x, y);
    this.brush.classList.toggle("erase", erases);
  }

  /** @param {number} width pixels */
  sizeBrush(width) {
    Object.assign(this.brush.style, { width: `${width}px`, height: `${width}px` });
  }

  /** @param {Point} place */
  showCross([x, y]) {
    this.crosshair.hidden = false;
    put(this.crosshair, x, y);
  }

  hideCursors() {
    this.brush.hidden = this.crosshair.hidden = true;
  }
}

/** @param {CanvasRenderingContext2D} context @param {Point[][]} polygons */
function fillPolygons(context, polygons) {
  const { width, height } = context.canvas;
  for (const polygon of polygons) {
    context.beginPath();
    for (const [x, y] of polygon) context.lineTo(x * width, y * height);
    context.fill("evenodd");
  }
}
