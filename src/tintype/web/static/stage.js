// The picture on the page: before and after, dabs of color, the painted region.

import { drawStrokes } from "./album.js";

/** @typedef {import("./album.js").Photograph} Photograph @typedef {import("./album.js").Wishes} Wishes */
/** @typedef {"look" | "dab" | "region"} Tool */

const MOST_ZOOM = 6;
const MASK_SIDE = 1600;

/** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {string} className @returns {HTMLElementTagNameMap[K]} */
const made = (tag, className) => Object.assign(document.createElement(tag), { className });

/**
 * Fires "wish" with detail {change} when something is done, "trying" with detail {wishes} while it is being done, and
 * "selected" when another dab is.
 */
export class Stage extends HTMLElement {
  /** @type {Photograph | null} */
  #photo = null;
  /** @type {Wishes | null} what is shown while something is being dragged */
  #tried = null;
  /** @type {Tool} */
  #tool = "look";
  #split = 0.5;
  #zoom = 1;
  #pan = { x: 0, y: 0 };
  color = "#b03a48";
  /** shares of the photograph's shorter side */
  dabSize = 0.01;
  brushSize = 0.06;
  erase = false;
  /** @type {number | null} */
  selected = null;
  #frame = made("div", "frame");
  #before = made("img", "before");
  #after = made("img", "after");
  #mask = made("canvas", "mask");
  #dabs = made("div", "dabs");
  #divider = made("div", "divider");
  #grip = made("button", "grip");

  connectedCallback() {
    Object.assign(this.#before, { alt: "The photograph as it came", draggable: false });
    Object.assign(this.#after, { alt: "The photograph in color", draggable: false });
    Object.assign(this.#grip, { type: "button", role: "slider", ariaLabel: "Before and after", ariaValueMin: "0", ariaValueMax: "100" });
    this.#divider.append(this.#grip);
    this.#frame.append(this.#before, this.#after, this.#mask, this.#dabs, this.#divider);
    this.append(this.#frame);
    this.addEventListener("pointerdown", (event) => this.#press(event));
    this.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.addEventListener("dblclick", () => this.#tool === "look" && this.fit());
    this.#grip.addEventListener("keydown", (event) => this.#gripKey(event));
    new ResizeObserver(() => this.#layout()).observe(this);
  }

  /** @param {Photograph} photo */
  show(photo) {
    const another = photo !== this.#photo;
    this.#photo = photo;
    this.#tried = null;
    if (another) {
      this.selected = null;
      this.#split = 0.5;
      this.fit();
    }
    this.update();
  }

  /** Draw the photograph and its wishes as they are now. */
  update() {
    const photo = this.#photo;
    if (!photo) return;
    if (this.#before.getAttribute("src") !== photo.before) this.#before.src = photo.before;
    if (photo.after && this.#after.getAttribute("src") !== photo.after) this.#after.src = photo.after;
    if (!photo.after) this.#after.removeAttribute("src");
    this.#drawDabs();
    this.#drawMask();
    this.#layout();
  }

  /** @param {Tool} tool */
  use(tool) {
    this.#tool = tool;
    this.dataset.tool = tool;
    if (tool !== "dab") this.select(null);
    this.update();
  }

  fit() {
    this.#zoom = 1;
    this.#pan = { x: 0, y: 0 };
    this.#layout();
  }

  /** @param {boolean} held Show only the photograph as it came. */
  holdBefore(held) {
    this.classList.toggle("held", held);
  }

  /** @param {number | null} index */
  select(index) {
    if (this.selected === index) return;
    this.selected = index;
    this.#drawDabs();
    this.dispatchEvent(new CustomEvent("selected"));
  }

  removeSelected() {
    if (this.selected === null || !this.#photo) return;
    const hints = this.#photo.wishes.hints.filter((_, i) => i !== this.selected);
    this.selected = null;
    this.#wish({ hints });
    this.dispatchEvent(new CustomEvent("selected"));
  }

  get #wishes() { return this.#tried ?? /** @type {Photograph} */ (this.#photo).wishes; }

  /** @param {Partial<Wishes>} change */
  #wish(change) {
    this.#tried = null;
    this.dispatchEvent(new CustomEvent("wish", { detail: { change } }));
    this.update();
  }

  /** @param {Partial<Wishes>} change */
  #try(change) {
    this.#tried = { .../** @type {Photograph} */ (this.#photo).wishes, ...change };
    this.dispatchEvent(new CustomEvent("trying", { detail: { wishes: this.#tried } }));
    this.#drawDabs();
    this.#drawMask();
  }

  #layout() {
    const photo = this.#photo;
    if (!photo) return;
    const room = { w: this.clientWidth, h: this.clientHeight };
    const scale = Math.min(room.w / photo.width, room.h / photo.height);
    const size = { w: photo.width * scale, h: photo.height * scale };
    const most = { x: Math.max(0, (size.w * this.#zoom - room.w) / 2), y: Math.max(0, (size.h * this.#zoom - room.h) / 2) };
    this.#pan.x = Math.min(most.x, Math.max(-most.x, this.#pan.x));
    this.#pan.y = Math.min(most.y, Math.max(-most.y, this.#pan.y));
    Object.assign(this.#frame.style, {
      width: `${size.w}px`,
      height: `${size.h}px`,
      transform: `translate(-50%, -50%) translate(${this.#pan.x}px, ${this.#pan.y}px) scale(${this.#zoom})`,
    });
    this.#frame.style.setProperty("--zoom", String(this.#zoom));
    this.#frame.style.setProperty("--divider", `${100 * this.#split}%`);
    this.#grip.setAttribute("aria-valuenow", String(Math.round(100 * this.#split)));
  }

  /** Where a pointer is, in pixels of the photograph. @param {PointerEvent | WheelEvent} event @returns {[number, number]} */
  #place(event) {
    const photo = /** @type {Photograph} */ (this.#photo);
    const box = this.#frame.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * photo.width;
    const y = ((event.clientY - box.top) / box.height) * photo.height;
    return [Math.min(photo.width, Math.max(0, x)), Math.min(photo.height, Math.max(0, y))];
  }

  /** @param {PointerEvent} event */
  #inside(event) {
    const box = this.#frame.getBoundingClientRect();
    return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  }

  /** Follow one pointer until it is let go. @param {PointerEvent} event @param {(e: PointerEvent) => void} move @param {() => void} [end] */
  #follow(event, move, end) {
    event.preventDefault();
    this.setPointerCapture(event.pointerId);
    const stop = new AbortController();
    const done = () => { stop.abort(); end?.(); };
    this.addEventListener("pointermove", (e) => e.pointerId === event.pointerId && move(e), stop);
    this.addEventListener("pointerup", done, stop);
    this.addEventListener("pointercancel", done, stop);
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (!this.#photo || event.button > 0) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target === this.#grip) return this.#follow(event, (e) => this.#moveDivider(e));
    if (this.#tool === "dab") {
      const index = target.dataset.index;
      if (index !== undefined) return this.#dragDab(event, Number(index));
      if (this.#inside(event)) this.#addDab(event);
    } else if (this.#tool === "region") {
      this.#paint(event);
    } else if (this.#zoom > 1) {
      let last = event;
      this.#follow(event, (e) => {
        this.#pan.x += e.clientX - last.clientX;
        this.#pan.y += e.clientY - last.clientY;
        last = e;
        this.#layout();
      });
    } else {
      this.#moveDivider(event);
      this.#follow(event, (e) => this.#moveDivider(e));
    }
  }

  /** @param {PointerEvent} event */
  #moveDivider(event) {
    this.#split = this.#place(event)[0] / /** @type {Photograph} */ (this.#photo).width;
    this.#layout();
  }

  /** @param {KeyboardEvent} event */
  #gripKey(event) {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#split = Math.min(1, Math.max(0, this.#split + step));
    this.#layout();
  }

  /** @param {PointerEvent} event */
  #addDab(event) {
    const photo = /** @type {Photograph} */ (this.#photo);
    const [x, y] = this.#place(event);
    const hints = [...photo.wishes.hints, { x, y, color: this.color, radius: Math.max(1, this.dabSize * photo.side) }];
    this.select(null); // the next color that is chosen is for the next dab
    this.#wish({ hints });
  }

  /** @param {PointerEvent} event @param {number} index */
  #dragDab(event, index) {
    const photo = /** @type {Photograph} */ (this.#photo);
    this.select(index);
    let moved = false;
    this.#follow(
      event,
      (e) => {
        moved ||= Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY) > 3;
        if (moved) this.#try({ hints: this.#moved(photo, index, this.#place(e)) });
      },
      () => this.#tried && this.#wish({ hints: this.#tried.hints }),
    );
  }

  /** @param {Photograph} photo @param {number} index @param {[number, number]} place */
  #moved(photo, index, [x, y]) {
    return photo.wishes.hints.map((hint, i) => (i === index ? { ...hint, x, y } : hint));
  }

  /** @param {KeyboardEvent} event @param {number} index */
  #dabKey(event, index) {
    const photo = /** @type {Photograph} */ (this.#photo);
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const step = photo.side / 100;
    const { x, y } = photo.wishes.hints[index];
    const to = /** @type {[number, number]} */ ([
      Math.min(photo.width, Math.max(0, x + step * way[0])),
      Math.min(photo.height, Math.max(0, y + step * way[1])),
    ]);
    this.#wish({ hints: this.#moved(photo, index, to) });
  }

  /** @param {PointerEvent} event */
  #paint(event) {
    const photo = /** @type {Photograph} */ (this.#photo);
    const stroke = { points: [this.#place(event)], radius: this.brushSize * photo.side, erase: this.erase };
    const strokes = () => ({ strokes: [...photo.wishes.strokes, { ...stroke, points: [...stroke.points] }] });
    this.#tried = { ...photo.wishes, ...strokes() };
    this.#drawMask();
    this.#follow(
      event,
      (e) => {
        stroke.points.push(this.#place(e));
        this.#tried = { ...photo.wishes, ...strokes() };
        this.#drawMask();
      },
      () => this.#wish(strokes()),
    );
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (!this.#photo) return;
    event.preventDefault();
    const room = this.getBoundingClientRect();
    const at = { x: event.clientX - room.left - room.width / 2, y: event.clientY - room.top - room.height / 2 };
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.#zoom * Math.exp(-event.deltaY / 400)));
    const ratio = zoom / this.#zoom;
    this.#pan = { x: at.x - (at.x - this.#pan.x) * ratio, y: at.y - (at.y - this.#pan.y) * ratio };
    this.#zoom = zoom;
    this.#layout();
  }

  #drawDabs() {
    const photo = this.#photo;
    if (!photo) return;
    const hints = this.#wishes.hints;
    while (this.#dabs.childElementCount > hints.length) this.#dabs.lastElementChild?.remove();
    while (this.#dabs.childElementCount < hints.length) {
      const index = this.#dabs.childElementCount;
      const dab = document.createElement("button");
      dab.type = "button";
      dab.className = "dab";
      dab.dataset.index = String(index);
      dab.setAttribute("aria-label", `Dab ${index + 1}`);
      dab.addEventListener("focus", () => this.#tool === "dab" && this.select(index));
      dab.addEventListener("keydown", (event) => this.#dabKey(event, index));
      this.#dabs.append(dab);
    }
    hints.forEach((hint, i) => {
      const dab = /** @type {HTMLElement} */ (this.#dabs.children[i]);
      dab.style.left = `${(100 * hint.x) / photo.width}%`;
      dab.style.top = `${(100 * hint.y) / photo.height}%`;
      dab.style.setProperty("--color", hint.color);
      dab.classList.toggle("selected", i === this.selected);
    });
  }

  #drawMask() {
    const photo = this.#photo;
    if (!photo) return;
    const strokes = this.#wishes.strokes;
    const seen = this.#tool === "region" && strokes.length > 0;
    this.#mask.hidden = !seen;
    this.#mask.classList.toggle("wet", this.#tried !== null);
    if (!seen) return;
    const scale = Math.min(1, MASK_SIDE / Math.max(photo.width, photo.height));
    this.#mask.width = Math.max(1, Math.round(photo.width * scale));
    this.#mask.height = Math.max(1, Math.round(photo.height * scale));
    const context = /** @type {CanvasRenderingContext2D} */ (this.#mask.getContext("2d"));
    drawStrokes(context, strokes, scale, "#2f8f83");
  }
}

customElements.define("tt-stage", Stage);
