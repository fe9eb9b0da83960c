// The picture on the page: which photograph is shown, with which tool, and what is being tried.

import { listenToPointers } from "./gestures.js";
import { Layers } from "./layers.js";
import { listenToKeys } from "./stagekeys.js";
import { View } from "./view.js";
import { dabName, placeName } from "./words.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */
/**
 * @typedef {import("./guidance.js").Point} Point @typedef {import("./guidance.js").Stroke} Stroke
 */
/** @typedef {"look" | "dab" | "region" | "looks"} Tool */
/** @typedef {"painted" | "objects" | "subject" | "background" | "polygons"} Where */

const NEAR = 300; // percent from which single pixels are shown as squares
const inside = (/** @type {number} */ share) => Math.min(1, Math.max(0, share));

/**
 * Fires "apply" with detail {change, group} when something is done, "trying" with detail {settings}
 * while it is being done,
 * "selected" when another dab is, "placed" with detail {index, done} when a dab was or is looked
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
  /** shares of the photograph's shorter side */
  dabSize = 0.01;
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
   * @type {number | null} the dab that was just placed: reach and size still belong to it, a color
   * to the next
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
      this.photo = photo;
      this.tried = null;
      this.selected = this.fresh = null;
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
    if (this.active !== null && this.active >= this.#settings.hints.length) this.select(null);
    if (this.layers.showPictures(photo)) this.layers.reach.show(photo, this.tried !== null);
    this.#drawDabs();
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

  /**
   * Colors to choose from beside a dab. @param {number} index of the dab @param {{color: string,
   * share: number}[]} colors
   * @param {(color: string) => void} choose
   */
  showLikely(index, colors, choose) {
    const hint = this.photo?.settings.hints[index];
    if (hint && colors.length > 0 && this.tool === "dab")
      this.layers.showLikely(hint, colors, choose);
    else this.layers.likely.hidden = true;
  }

  /** Where a dab would help. @param {[number, number][]} places */
  showHelpful(places) {
    this.layers.likely.hidden = true;
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

  /**
   * The space bar: shows the original, and pans with a pointer.
   * @param {boolean} held
   */
  holdSpace(held) {
    this.panning = held;
    this.classList.toggle("held", held && !this.#pointers.isActive);
    this.classList.toggle("panning", held);
  }

  /** The dab that size, reach and removal are for. */
  get active() {
    return this.selected ?? this.fresh;
  }

  /** @param {number | null} index @param {number | null} fresh */
  select(index, fresh = null) {
    if (this.selected === index && this.fresh === fresh) return;
    this.selected = index;
    this.fresh = fresh;
    this.#drawDabs();
    this.dispatchEvent(new CustomEvent("selected"));
  }

  removeActive() {
    const { active, photo } = this;
    if (active === null || !photo) return;
    this.layers.likely.hidden = true;
    const hints = photo.settings.hints.filter((_, i) => i !== active);
    this.say(`${this.nameOf(active)}, removed`);
    const hadFocus = this.layers.dabs.contains(document.activeElement);
    this.selected = this.fresh = null;
    this.apply({ hints });
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
    this.#drawDabs();
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
    return { x, y, color: this.color, radius: this.dabSize, reach: this.reach };
  }

  /** A dab in words. @param {number} index */
  nameOf(index) {
    const hint = this.#settings.hints[index];
    return dabName(hint, index, this.photo?.thingAt(hint));
  }

  /**
   * @param {number} index of a dab that was placed, moved or clicked
   * @param {string} [done] what happened to it
   */
  chosen(index, done = "") {
    this.layers.likely.hidden = true;
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
    if (seen) this.layers.showBrush(this.placeOf(event), this.erase);
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
    if (this.#paints) this.layers.showBrush(place, this.erase);
  }

  /** The brush's circle is as large as what it paints. */
  sizeBrush() {
    this.layers.sizeBrush(2 * this.brushSize * Math.min(this.view.box.width, this.view.box.height));
  }

  get #paints() {
    return this.tool === "region" && this.where === "painted";
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

  #drawDabs() {
    if (!this.photo) return;
    this.layers.drawDabs(
      this.#settings.hints,
      this.selected,
      (_, index) => this.nameOf(index),
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
