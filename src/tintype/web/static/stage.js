// The picture on the page: which photograph is shown, with which tool, and what is being tried.

import { listenToPointers } from "./gestures.js";
import { Layers } from "./layers.js";
import { listenToKeys } from "./stagekeys.js";
import { View } from "./view.js";
import { countMarks, joined, markAt, placeOfMark, without } from "./marks.js";
import { markName, placeName } from "./words.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */
/**
 * @typedef {import("./guidance.js").Point} Point @typedef {import("./guidance.js").Stroke} Stroke
 */
/** @typedef {"look" | "dab" | "region" | "looks"} Tool */
/** @typedef {import("./guidance.js").Region["kind"]} Where */

const NEAR = 300; // percent from which single pixels are shown as squares
const inside = (/** @type {number} */ share) => Math.min(1, Math.max(0, share));

/**
 * Fires "apply" with detail {change, group} when something is done, "trying" with detail {settings}
 * while it is being done,
 * "selected" when another mark is, "placed" with detail {index, done} when a mark was or is looked
 * at, "zoomed", "picked" with detail {color} of the eyedropper, and "say" with a text for screen
 * readers.
 */
export class Stage extends HTMLElement {
  /** @type {Photograph | null} */
  photo = null;
  view = new View();
  color = "#b3303a";
  /** @type {import("./guidance.js").Hint["reach"]} */
  reach = "thing";
  /** of a dab, or half the width of a stroke; as `brushSize` a share of the shorter side */
  dabSize = 0.01;
  /** how strongly a mark holds its color, 0 to 1 */
  confidence = 1;
  /** a drag in the Color tool draws a stroke */
  draws = false;
  brushSize = 0.06;
  erase = false;
  /** @type {Where} */
  where = "painted";
  /** the next click takes a color from the picture */
  picking = false;
  /** a pointer moves the picture, whatever the tool */
  panning = false;
  /** @type {number | null} */
  selected = null;
  /**
   * @type {number | null} the mark that was just placed: reach and size still belong to it, a
   * color to the next
   */
  fresh = null;
  /** @type {Settings | null} what is shown while something is being dragged */
  tried = null;
  /** @type {Tool} */
  tool = "look";
  /** where the line between before and after is, a share of the window */
  split = 0.5;
  layers = new Layers();
  #pointers = listenToPointers(this);

  connectedCallback() {
    this.layers.attach(this);
    this.tabIndex = 0;
    this.setAttribute("role", "application");
    this.dataset.tool = this.tool;
    listenToKeys(this);
    this.addEventListener(
      "dblclick",
      (event) =>
        this.tool === "look" &&
        event.target !== this.layers.grip &&
        this.zoom(this.view.fitted ? "full" : "fit"),
    );
    new ResizeObserver(() => this.layOut()).observe(this);
  }

  /** @param {Photograph | null} photo */
  show(photo) {
    if (photo !== this.photo) {
      this.#pointers.cancel();
      this.erase = false;
      this.photo = photo;
      this.tried = null;
      this.select(null);
      this.split = 0.5;
      this.view.fitted = true;
      this.layers.reach.hide();
      this.showHelpful([]);
    }
    this.update();
  }

  /** Draw the photograph and its settings as they are now. */
  update() {
    const photo = this.photo;
    if (!photo) return;
    if (this.active !== null && this.active >= countMarks(this.#settings)) this.select(null);
    if (this.layers.showPictures(photo)) this.layers.reach.show(photo, this.tried !== null);
    this.#drawMarks();
    this.#drawRegion();
    this.layOut();
    this.setAttribute(
      "aria-label",
      {
        look:
          `${photo.name}. Arrow keys move the picture, plus and minus enlarge it, ` +
          "hold space to see the original.",
        dab: `${photo.name}. Arrow keys move the crosshair, Enter places a dab of color.`,
        region: `${photo.name}. Arrow keys move the brush, Enter paints there.`,
        looks: photo.name,
      }[this.tool],
    );
  }

  /** @param {Tool} tool */
  use(tool) {
    this.tool = tool;
    this.dataset.tool = tool;
    this.layers.hideCursors();
    if (tool !== "dab") this.select(null);
    this.showHelpful([]);
    this.update();
  }

  /** Where a dab would help. @param {[number, number][]} places */
  showHelpful(places) {
    this.layers.showHelpful(places);
    if (places.length)
      this.say(
        `A dab would help at the ${places.map((place) => placeName(...place)).join(", the ")}`,
      );
  }

  /** @param {"fit" | "full" | number} how a factor, or one of the two */
  zoom(how) {
    if (how === "fit") this.view.fit();
    else this.view.zoomTo(how === "full" ? this.view.fullScale : this.view.scale * how);
    this.layOut();
  }

  /** Show the original, as long as something is held. @param {boolean} held */
  showBefore(held) {
    this.classList.toggle("held", held);
  }

  /**
   * The space bar: shows the original, and pans with a pointer.
   * @param {boolean} held
   */
  holdSpace(held) {
    this.panning = held;
    this.showBefore(held && !this.#pointers.isActive);
    this.classList.toggle("panning", held);
  }

  /** The mark that size, reach and removal are for. */
  get active() {
    return this.selected ?? this.fresh;
  }

  /** @param {number | null} index @param {number | null} fresh */
  select(index, fresh = null) {
    if (this.selected === index && this.fresh === fresh) return;
    this.selected = index;
    this.fresh = fresh;
    this.#drawMarks();
    this.dispatchEvent(new CustomEvent("selected"));
  }

  removeActive() {
    const { active, photo } = this;
    if (active === null || !photo) return;
    this.say(`${this.nameOf(active)}, removed`);
    const hadFocus = this.layers.hasMark(document.activeElement);
    this.selected = this.fresh = null;
    this.apply(without(photo.settings, active));
    this.dispatchEvent(new CustomEvent("selected"));
    if (hadFocus) this.focus();
  }

  // ---- what gestures and keys do

  /** @param {string} text for screen readers */
  say(text) {
    this.dispatchEvent(new CustomEvent("say", { detail: text }));
  }

  /** @param {Partial<Settings>} change @param {string} [group] */
  apply(change, group = "") {
    this.tried = null;
    this.dispatchEvent(new CustomEvent("apply", { detail: { change, group } }));
    this.update();
  }

  /** @param {Partial<Settings>} change */
  try(change) {
    this.tried = { .../** @type {Photograph} */ (this.photo).settings, ...change };
    this.dispatchEvent(new CustomEvent("trying", { detail: { settings: this.tried } }));
    this.#drawMarks();
  }

  /** What is tried is given up. */
  untry() {
    if (!this.tried) return;
    this.tried = null;
    this.dispatchEvent(
      new CustomEvent("trying", {
        detail: { settings: /** @type {Photograph} */ (this.photo).settings },
      }),
    );
    this.update();
  }

  /** @param {Point} place @returns {import("./guidance.js").Hint} */
  hintAt([x, y]) {
    const { color, dabSize: radius, confidence, reach } = this;
    return { x, y, color, radius, confidence, reach };
  }

  /** @param {Point[]} points @returns {import("./guidance.js").ColorStroke} */
  strokeAlong(points) {
    const { color, dabSize, confidence, reach } = this;
    return { points, color, width: 2 * dabSize, confidence, reach };
  }

  /**
   * Put a dab, or a stroke, on top of the others.
   * @param {Partial<import("./marks.js").Marks>} mark
   */
  place(mark) {
    const photo = /** @type {Photograph} */ (this.photo);
    this.layers.reach.ensure(photo);
    this.apply(joined(photo.settings, { hints: [], strokes: [], ...mark }));
    const [placed] = [...(mark.hints ?? []), ...(mark.strokes ?? [])].map(placeOfMark);
    this.layers.forgetHelpful(placed);
    if (this.layers.reach.isShown) this.layers.reach.release();
    const { hints } = photo.settings;
    this.chosen(mark.hints ? hints.length - 1 : countMarks(photo.settings) - 1, "placed");
  }

  /** A mark in words. @param {number} index */
  nameOf(index) {
    const mark = /** @type {import("./guidance.js").Hint} */ (markAt(this.#settings, index));
    return markName(mark, placeOfMark(mark), index, this.photo?.thingAt(mark));
  }

  /**
   * @param {number} index of a mark that was placed, moved or clicked
   * @param {string} [done] what happened to it
   */
  chosen(index, done = "") {
    if (done === "placed") this.select(null, index);
    if (done) this.say(`${this.nameOf(index)}, ${done}`);
    this.dispatchEvent(new CustomEvent("placed", { detail: { index, done } }));
  }

  /** @param {Stroke} stroke of the brush */
  paint(stroke) {
    this.apply(this.#withStroke(stroke));
  }

  /** @param {Stroke} stroke that is being drawn; it is colored when it is done */
  tryPainting(stroke) {
    this.tried = {
      .../** @type {Photograph} */ (this.photo).settings,
      ...this.#withStroke(stroke),
    };
    this.#drawRegion();
  }

  /** @param {Point[]} points of a stroke of color that is being drawn */
  tryStroke(points) {
    const shorter = Math.min(this.view.box.width, this.view.box.height);
    this.layers.drawWetStroke(points, this.color, 2 * this.dabSize * shorter);
  }

  /** A thing more that is in color, or one that is left out. @param {Point} place */
  choose(place) {
    if (this.where !== "objects") return;
    const region = /** @type {Photograph} */ (this.photo).settings.region;
    const { keep, skip } = region?.kind === "objects" ? region : { keep: [], skip: [] };
    if (this.erase && keep.length === 0)
      return this.say("click a thing that should be in color first");
    this.apply({
      region: {
        kind: "objects",
        keep: this.erase ? keep : [...keep, place],
        skip: this.erase ? [...skip, place] : skip,
      },
    });
    this.say(`the thing at the ${placeName(...place)} is ${this.erase ? "left out" : "in color"}`);
  }

  // ---- places and layout

  /** @param {number} split a share of the window */
  divideAt(split) {
    this.split = inside(split);
    this.layOut();
  }

  layOut() {
    const photo = this.photo;
    if (!photo) return;
    const { before, beforeTiles, afterTiles } = this.layers;
    this.view.resize({ width: this.clientWidth || 1, height: this.clientHeight || 1 }, photo);
    this.layers.layOut(this.view.box, this.split);
    this.sizeBrush();
    this.classList.toggle("near", this.view.percent >= NEAR);
    const shown = Math.max(before.naturalWidth, before.naturalHeight);
    const full = Math.max(photo.width, photo.height);
    const enlarged =
      shown > 0 && full > shown && (this.view.scale * devicePixelRatio * full) / shown > 1.1;
    const seen = enlarged ? this.view.seen : null;
    beforeTiles.show(photo, seen);
    afterTiles.show(photo, photo.after && !this.tried ? seen : null, photo.shows ?? photo.settings);
    this.dispatchEvent(new CustomEvent("zoomed"));
  }

  /** @param {MouseEvent} event the window's point */
  pointOf(event) {
    const box = this.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** Where a pointer is, shares of the photograph. @param {MouseEvent} event @returns {Point} */
  placeOf(event) {
    const { x, y } = this.pointOf(event);
    const place = this.view.place(x, y);
    return [inside(place.x), inside(place.y)];
  }

  /** @param {MouseEvent} event */
  isOnPhoto(event) {
    const { x, y } = this.pointOf(event);
    const place = this.view.place(x, y);
    return place.x >= 0 && place.x <= 1 && place.y >= 0 && place.y <= 1;
  }

  /** @param {PointerEvent} event */
  followBrush(event) {
    const seen = this.#paints && event.pointerType !== "touch" && !this.picking;
    if (seen) this.layers.showBrush(this.placeOf(event), this.erases);
    else this.layers.brush.hidden = true;
  }

  /** Move an enlarged picture so that a place is seen. @param {Point} place */
  reveal(place) {
    this.view.reveal(...place);
    this.layOut();
  }

  /** @param {Point} place of the keyboard's crosshair */
  showCross(place) {
    this.reveal(place);
    this.layers.showCross(place);
    if (this.#paints) this.layers.showBrush(place, this.erases);
  }

  /** The brush's circle is as large as what it paints. */
  sizeBrush() {
    const radius = this.tool === "dab" ? this.dabSize : this.brushSize;
    this.layers.sizeBrush(2 * radius * Math.min(this.view.box.width, this.view.box.height));
  }

  get #paints() {
    return this.tool === "dab" ? this.draws : this.tool === "region" && this.where === "painted";
  }

  /** The brush takes away. */
  get erases() {
    return this.tool === "region" && this.erase;
  }

  // ---- drawing

  get #settings() {
    return this.tried ?? /** @type {Photograph} */ (this.photo).settings;
  }

  /** @param {Stroke} stroke @returns {Partial<Settings>} */
  #withStroke(stroke) {
    const region = /** @type {Photograph} */ (this.photo).settings.region;
    const painted =
      region?.kind === "painted"
        ? region
        : { kind: /** @type {const} */ ("painted"), base: null, strokes: [] };
    return { region: { ...painted, strokes: [...painted.strokes, stroke] } };
  }

  #drawMarks() {
    if (!this.photo) return;
    this.layers.drawMarks(
      this.#settings,
      this.selected,
      (index) => this.nameOf(index),
      (index) => this.tool === "dab" && this.select(index),
    );
  }

  #drawRegion() {
    if (this.photo)
      this.layers.drawRegion(
        this.photo,
        this.tool === "region" ? this.#settings.region : null,
        this.tried !== null,
      );
  }
}

customElements.define("tt-stage", Stage);
