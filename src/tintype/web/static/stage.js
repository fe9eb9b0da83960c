// The picture on the page: before and after, dabs of color, the painted region; and what pointers and keys do to them.

import { Tiles } from "./tiles.js";
import { View } from "./view.js";
import { colorName, dabName, placeName } from "./words.js";
import { drawStrokes, startsErasing } from "./wishes.js";

/** @typedef {import("./photograph.js").Photograph} Photograph @typedef {import("./wishes.js").Wishes} Wishes */
/** @typedef {import("./wishes.js").Point} Point @typedef {import("./wishes.js").Stroke} Stroke */
/** @typedef {"look" | "dab" | "region" | "looks"} Tool */
/** @typedef {"painted" | "objects" | "subject" | "background"} Where */
/** @typedef {{move?: (event: PointerEvent) => void, end?: () => void, cancel?: () => void}} Gesture  cancel: as if it had never begun */

const MASK_SIDE = 1600;
const REACH_SIDE = 256;
const REACH_MS = 1200;
const CLICK_PX = 4;
const ARROWS = /** @type {Record<string, Point>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

/** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {string} className @param {object} [more] @returns {HTMLElementTagNameMap[K]} */
const made = (tag, className, more = {}) => Object.assign(document.createElement(tag), { className }, more);
const inside = (/** @type {number} */ share) => Math.min(1, Math.max(0, share));

/**
 * Fires "wish" with detail {change, group} when something is done, "trying" with detail {wishes} while it is being done,
 * "selected" when another dab is, "placed" with detail {index} when a dab was, "zoomed", "picked" with detail {color} of the eyedropper, and "say" with a text for screen readers.
 */
export class Stage extends HTMLElement {
  /** @type {Photograph | null} */
  photo = null;
  view = new View();
  color = "#b3303a";
  /** @type {import("./api.js").Hint["reach"]} */
  reach = "thing";
  /** shares of the photograph's shorter side */
  dabSize = 0.01;
  brushSize = 0.06;
  erase = false;
  /** @type {Where} */
  where = "painted";
  /** the next click takes a color from the picture */
  picking = false;
  /** @type {number | null} */
  selected = null;
  /** @type {Wishes | null} what is shown while something is being dragged */
  #tried = null;
  /** @type {Tool} */
  #tool = "look";
  #split = 0.5;
  #space = false;
  /** @type {Map<number, PointerEvent>} */
  #pointers = new Map();
  /** @type {Gesture | null} */
  #gesture = null;
  #cross = { x: 0.5, y: 0.5 };
  /** @type {string | null} the picture before the dab that is being placed */
  #baseline = null;
  #reachTimer = 0;
  #before = made("img", "", { alt: "The photograph as it came", draggable: false });
  #after = made("img", "after", { alt: "The photograph in color", draggable: false });
  #beforeTiles = new Tiles(made("div", "tiles"));
  #afterTiles = new Tiles(made("div", "tiles"));
  #frames = [made("div", "frame"), made("div", "frame"), made("div", "frame")];
  #afterPane = made("div", "pane color");
  #mask = made("canvas", "mask", { hidden: true });
  #reachShown = made("canvas", "reach", { hidden: true });
  #dabs = made("div", "dabs");
  #points = made("div", "points");
  #likely = made("div", "likely", { hidden: true });
  #helpful = made("div", "helpful");
  #brush = made("div", "brush", { hidden: true });
  #crosshair = made("div", "crosshair", { hidden: true });
  #divider = made("div", "divider");
  #grip = made("button", "grip", { type: "button" });

  connectedCallback() {
    for (const [name, value] of Object.entries({ role: "slider", "aria-label": "Before and after", "aria-valuemin": "0", "aria-valuemax": "100" })) {
      this.#grip.setAttribute(name, value);
    }
    const beforePane = made("div", "pane");
    const overlay = made("div", "pane overlay");
    this.#frames[0].append(this.#before, this.#beforeTiles.layer);
    this.#frames[1].append(this.#after, this.#afterTiles.layer);
    this.#frames[2].append(this.#mask, this.#reachShown, this.#points, this.#helpful, this.#brush, this.#crosshair, this.#dabs, this.#likely);
    [beforePane, this.#afterPane, overlay].forEach((pane, i) => pane.append(this.#frames[i]));
    this.#divider.append(this.#grip);
    this.append(beforePane, this.#afterPane, overlay, this.#divider);
    this.tabIndex = 0;
    this.setAttribute("role", "application");
    this.dataset.tool = this.#tool;
    this.addEventListener("pointerdown", (event) => this.#press(event));
    this.addEventListener("pointermove", (event) => this.#move(event));
    this.addEventListener("pointerup", (event) => this.#lift(event, false));
    this.addEventListener("pointercancel", (event) => this.#lift(event, true));
    this.addEventListener("pointerleave", () => (this.#brush.hidden = true));
    this.addEventListener("contextmenu", (event) => this.#pointers.size > 0 && event.preventDefault());
    this.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.addEventListener("dblclick", (event) => this.#tool === "look" && event.target !== this.#grip && this.zoom(this.view.fitted ? "full" : "fit"));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("blur", () => (this.#crosshair.hidden = true));
    this.#grip.addEventListener("keydown", (event) => this.#gripKey(event));
    new ResizeObserver(() => this.#layout()).observe(this);
  }

  /** @param {Photograph | null} photo */
  show(photo) {
    if (photo !== this.photo) {
      this.#gesture?.cancel?.();
      this.#gesture = null;
      this.photo = photo;
      this.#tried = null;
      this.selected = null;
      this.#split = 0.5;
      this.view.fitted = true;
      this.#hideReach();
      this.showHelpful([]);
    }
    this.update();
  }

  /** Draw the photograph and its wishes as they are now. */
  update() {
    const photo = this.photo;
    if (!photo) return;
    if (this.selected !== null && this.selected >= this.#wishes.hints.length) this.select(null);
    for (const [image, url] of /** @type {[HTMLImageElement, string | null][]} */ ([[this.#before, photo.before], [this.#after, photo.after]])) {
      if (!url) image.removeAttribute("src");
      else if (image.getAttribute("src") !== url) {
        image.src = url;
        if (image === this.#after) this.#showReach();
      }
    }
    this.#drawDabs();
    this.#drawMask();
    this.#layout();
    this.setAttribute("aria-label", {
      look: `${photo.name}. Arrow keys move the picture, plus and minus enlarge it, hold space to see it as it came.`,
      dab: `${photo.name}. Arrow keys move the crosshair, Enter places a dab of color.`,
      region: `${photo.name}. Arrow keys move the brush, Enter paints there.`,
      looks: photo.name,
    }[this.#tool]);
  }

  /** @param {Tool} tool */
  use(tool) {
    this.#tool = tool;
    this.dataset.tool = tool;
    this.#brush.hidden = this.#crosshair.hidden = true;
    if (tool !== "dab") this.select(null);
    this.showHelpful([]);
    this.update();
  }

  /**
   * Colors to choose from beside a dab. @param {number} index of the dab @param {{color: string, share: number}[]} colors
   * @param {(color: string) => void} choose
   */
  showLikely(index, colors, choose) {
    const hint = this.photo?.wishes.hints[index];
    this.#likely.hidden = !hint || colors.length === 0 || this.#tool !== "dab";
    if (!hint || this.#likely.hidden) return;
    this.#likely.dataset.side = hint.y > 0.2 ? "above" : "below";
    Object.assign(this.#likely.style, { left: `clamp(90px, ${100 * hint.x}%, 100% - 90px)`, top: `${100 * hint.y}%` });
    this.#likely.replaceChildren(...colors.map(({ color, share }) => {
      const label = `likely here: ${colorName(color)}, ${Math.round(100 * share)} %`;
      const swatch = made("button", "", { type: "button", title: label, ariaLabel: label });
      swatch.style.background = color;
      swatch.addEventListener("click", () => choose(color));
      return swatch;
    }));
  }

  /** Where a dab would help. @param {[number, number][]} places */
  showHelpful(places) {
    this.#likely.hidden = true;
    this.#helpful.replaceChildren(...places.map(([x, y]) => made("i", "", { style: `left: ${100 * x}%; top: ${100 * y}%` })));
    if (places.length) this.#say(`A dab would help at the ${places.map((place) => placeName(...place)).join(", the ")}`);
  }

  /** @param {number} index of a dab that was placed or chosen */
  #placed(index) {
    this.#likely.hidden = true;
    this.dispatchEvent(new CustomEvent("placed", { detail: { index } }));
  }

  /** @param {"fit" | "full" | number} how a factor, or one of the two */
  zoom(how) {
    if (how === "fit") this.view.fit();
    else this.view.zoomTo(how === "full" ? this.view.fullScale : this.view.scale * how);
    this.#layout();
  }

  /** The space bar: shows the photograph as it came, and pans with a pointer. @param {boolean} held */
  holdSpace(held) {
    this.#space = held;
    this.classList.toggle("held", held && !(this.#gesture && this.#pointers.size > 0));
    this.classList.toggle("panning", held);
  }

  /** @param {number | null} index */
  select(index) {
    if (this.selected === index) return;
    this.selected = index;
    this.#drawDabs();
    this.dispatchEvent(new CustomEvent("selected"));
  }

  removeSelected() {
    if (this.selected === null || !this.photo) return;
    this.#likely.hidden = true;
    const hints = this.photo.wishes.hints.filter((_, i) => i !== this.selected);
    this.#say(`${dabName(this.photo.wishes.hints[this.selected], this.selected)}, removed`);
    const hadFocus = this.#dabs.contains(document.activeElement);
    this.selected = null;
    this.#wish({ hints });
    this.dispatchEvent(new CustomEvent("selected"));
    if (hadFocus) this.focus();
  }

  get #wishes() { return this.#tried ?? /** @type {Photograph} */ (this.photo).wishes; }

  /** @param {string} text */
  #say(text) { this.dispatchEvent(new CustomEvent("say", { detail: text })); }

  /** @param {Partial<Wishes>} change @param {string} [group] */
  #wish(change, group = "") {
    this.#tried = null;
    this.dispatchEvent(new CustomEvent("wish", { detail: { change, group } }));
    this.update();
  }

  /** @param {Partial<Wishes>} change */
  #try(change) {
    this.#tried = { .../** @type {Photograph} */ (this.photo).wishes, ...change };
    this.dispatchEvent(new CustomEvent("trying", { detail: { wishes: this.#tried } }));
    this.#drawDabs();
  }

  #untry() {
    if (!this.#tried) return;
    this.#tried = null;
    this.dispatchEvent(new CustomEvent("trying", { detail: { wishes: /** @type {Photograph} */ (this.photo).wishes } }));
    this.update();
  }

  // ---- layout

  #layout() {
    const photo = this.photo;
    if (!photo) return;
    this.view.resize({ width: this.clientWidth || 1, height: this.clientHeight || 1 }, photo);
    const { left, top, width, height } = this.view.box;
    for (const frame of this.#frames) Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    this.style.setProperty("--divider", `${100 * this.#split}%`);
    this.#grip.setAttribute("aria-valuenow", String(Math.round(100 * this.#split)));
    this.classList.toggle("near", this.view.percent >= 300);
    const shown = Math.max(this.#before.naturalWidth, this.#before.naturalHeight);
    const full = Math.max(photo.width, photo.height);
    const enlarged = shown > 0 && full > shown && (this.view.scale * devicePixelRatio * full) / shown > 1.1;
    const seen = enlarged ? this.view.seen : null;
    this.#beforeTiles.show(photo, seen);
    this.#afterTiles.show(photo, photo.after && !this.#tried ? seen : null, photo.shows ?? photo.wishes);
    this.dispatchEvent(new CustomEvent("zoomed"));
  }

  /** @param {MouseEvent} event the window's point */
  #point(event) {
    const box = this.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** Where a pointer is, shares of the photograph. @param {MouseEvent} event @returns {Point} */
  #place(event) {
    const { x, y } = this.#point(event);
    const place = this.view.place(x, y);
    return [inside(place.x), inside(place.y)];
  }

  /** @param {MouseEvent} event */
  #isOnPhoto(event) {
    const { x, y } = this.#point(event);
    const place = this.view.place(x, y);
    return place.x >= 0 && place.x <= 1 && place.y >= 0 && place.y <= 1;
  }

  // ---- pointers

  /** @param {PointerEvent} event */
  #press(event) {
    if (!this.photo || event.button > 1) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (this.#likely.contains(target)) return;
    this.#likely.hidden = true;
    if (event.button === 1) event.preventDefault();
    this.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, event);
    this.classList.remove("held");
    if (this.#pointers.size > 1) {
      this.#gesture?.cancel?.(); // a second finger: the first one did not mean to dab or paint
      this.#gesture = this.#pointers.size === 2 ? this.#pinch() : null;
    } else if (this.#space || event.button === 1) this.#gesture = this.#panning(event);
    else if (target === this.#grip || target === this.#divider) this.#gesture = this.#dividing();
    else if (this.picking) this.#gesture = { end: () => this.#pick(event) };
    else if (this.#tool === "dab") this.#gesture = target.dataset.index !== undefined ? this.#draggingDab(event, Number(target.dataset.index)) : this.#placingDab(event);
    else if (this.#tool === "region") this.#gesture = this.where === "painted" ? this.#painting(event) : this.#pointing(event);
    else if (this.view.fitted && this.#tool === "look") {
      this.#gesture = this.#dividing();
      this.#gesture.move?.(event);
    } else this.#gesture = this.#panning(event);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    this.#moveBrush(event);
    if (!this.#pointers.has(event.pointerId)) return;
    this.#pointers.set(event.pointerId, event);
    this.#gesture?.move?.(event);
  }

  /** @param {PointerEvent} event @param {boolean} canceled */
  #lift(event, canceled) {
    if (!this.#pointers.delete(event.pointerId)) return;
    const gesture = this.#gesture;
    this.#gesture = null;
    if (canceled) gesture?.cancel?.();
    else gesture?.end?.();
  }

  /** @returns {Gesture} */
  #dividing() {
    return {
      move: (event) => {
        this.#split = inside(this.#point(event).x / this.clientWidth);
        this.#layout();
      },
    };
  }

  /** @param {PointerEvent} start @returns {Gesture} */
  #panning(start) {
    let last = start;
    return {
      move: (event) => {
        this.view.pan(event.clientX - last.clientX, event.clientY - last.clientY);
        last = event;
        this.#layout();
      },
    };
  }

  /** @returns {Gesture} */
  #pinch() {
    const measured = () => {
      const [one, two] = [...this.#pointers.values()].map((event) => this.#point(event));
      return { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2, apart: Math.max(10, Math.hypot(one.x - two.x, one.y - two.y)) };
    };
    let last = measured();
    return {
      move: () => {
        const now = measured();
        this.view.pan(now.x - last.x, now.y - last.y);
        this.view.zoomTo((this.view.scale * now.apart) / last.apart, now);
        last = now;
        this.#layout();
      },
    };
  }

  /** A dab can be moved until it is let go, and shows its reach meanwhile. @param {PointerEvent} start @returns {Gesture} */
  #placingDab(start) {
    if (!this.#isOnPhoto(start)) return this.#panning(start);
    const photo = /** @type {Photograph} */ (this.photo);
    const hints = (/** @type {Point} */ place) => [...photo.wishes.hints, this.#hintAt(place)];
    let place = this.#place(start);
    this.select(null); // the next color that is chosen is for the next dab
    const wait = setTimeout(() => this.#begin({ hints: hints(place) }), start.pointerType === "touch" ? 150 : 0); // a second finger may follow
    return {
      move: (event) => {
        place = this.#place(event);
        if (this.#tried) this.#try({ hints: hints(place) });
      },
      end: () => {
        clearTimeout(wait);
        this.#baseline ??= photo.after;
        this.#wish({ hints: hints(place) });
        if (!this.#reachShown.hidden) this.#reachTimer = setTimeout(() => this.#hideReach(), REACH_MS);
        this.#say(`${dabName(this.#hintAt(place), photo.wishes.hints.length - 1)}, placed`);
        this.#placed(photo.wishes.hints.length - 1);
      },
      cancel: () => {
        clearTimeout(wait);
        this.#hideReach();
        this.#untry();
      },
    };
  }

  /** @param {Point} place @returns {import("./api.js").Hint} */
  #hintAt([x, y]) {
    return { x, y, color: this.color, radius: this.dabSize, reach: this.reach };
  }

  /** @param {Partial<Wishes>} change */
  #begin(change) {
    this.#hideReach();
    this.#baseline = this.photo?.after ?? null;
    this.#try(change);
  }

  /** @param {PointerEvent} start @param {number} index @returns {Gesture} */
  #draggingDab(start, index) {
    const photo = /** @type {Photograph} */ (this.photo);
    this.select(index);
    let moved = false;
    return {
      move: (event) => {
        moved ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > CLICK_PX;
        if (moved) this.#try({ hints: this.#moved(photo, index, this.#place(event)) });
      },
      end: () => {
        if (this.#tried) this.#wish({ hints: this.#tried.hints });
        this.#placed(index);
      },
      cancel: () => this.#untry(),
    };
  }

  /** @param {Photograph} photo @param {number} index @param {Point} place */
  #moved(photo, index, [x, y]) {
    return photo.wishes.hints.map((hint, i) => (i === index ? { ...hint, x, y } : hint));
  }

  /** @param {PointerEvent} start @returns {Gesture} */
  #painting(start) {
    const stroke = { points: [this.#place(start)], width: 2 * this.brushSize, erase: this.erase };
    const draw = () => {
      this.#tried = { .../** @type {Photograph} */ (this.photo).wishes, ...this.#withStroke({ ...stroke, points: [...stroke.points] }) };
      this.#drawMask();
    };
    draw();
    return {
      move: (event) => {
        stroke.points.push(this.#place(event));
        draw();
      },
      end: () => this.#wish(this.#withStroke(stroke)),
      cancel: () => this.#untry(),
    };
  }

  /** A click on a thing; a drag moves the picture. @param {PointerEvent} start @returns {Gesture} */
  #pointing(start) {
    const panning = this.#panning(start);
    let moved = false;
    return {
      move: (event) => {
        moved ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > CLICK_PX;
        if (moved) panning.move?.(event);
      },
      end: () => !moved && this.where === "objects" && this.#isOnPhoto(start) && this.#choose(this.#place(start)),
    };
  }

  /** A thing more, or one that is left out. @param {Point} place */
  #choose(place) {
    const region = /** @type {Photograph} */ (this.photo).wishes.region;
    const { keep, skip } = region?.kind === "objects" ? region : { keep: [], skip: [] };
    if (this.erase && keep.length === 0) return this.#say("click a thing that should be in color first");
    this.#wish({ region: { kind: "objects", keep: this.erase ? keep : [...keep, place], skip: this.erase ? [...skip, place] : skip } });
    this.#say(`the thing at the ${placeName(...place)} is ${this.erase ? "left out" : "in color"}`);
  }

  /** @param {Stroke} stroke @returns {Partial<Wishes>} */
  #withStroke(stroke) {
    const region = /** @type {Photograph} */ (this.photo).wishes.region;
    const painted = region?.kind === "painted" ? region : { kind: /** @type {const} */ ("painted"), base: null, strokes: [] };
    return { region: { ...painted, strokes: [...painted.strokes, stroke] } };
  }

  /** @param {PointerEvent} event */
  #moveBrush(event) {
    const seen = this.#tool === "region" && this.where === "painted" && event.pointerType !== "touch" && !this.picking;
    this.#brush.hidden = !seen;
    if (seen) this.#putBrush(...this.#place(event));
  }

  /** @param {number} x @param {number} y */
  #putBrush(x, y) {
    const side = `${2 * this.brushSize * Math.min(this.view.box.width, this.view.box.height)}px`;
    Object.assign(this.#brush.style, { left: `${100 * x}%`, top: `${100 * y}%`, width: side, height: side });
    this.#brush.classList.toggle("erase", this.erase);
  }

  /** Takes a color from the colored picture. @param {MouseEvent} event */
  #pick(event) {
    if (!this.#isOnPhoto(event) || !this.#after.naturalWidth) return;
    const [x, y] = this.#place(event);
    const canvas = made("canvas", "", { width: 1, height: 1 });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const side = Math.max(3, this.#after.naturalWidth / 200);
    context.drawImage(this.#after, x * this.#after.naturalWidth - side / 2, y * this.#after.naturalHeight - side / 2, side, side, 0, 0, 1, 1);
    const color = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value.toString(16).padStart(2, "0")).join("");
    this.dispatchEvent(new CustomEvent("picked", { detail: { color: `#${color}` } }));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (!this.photo) return;
    event.preventDefault();
    if (event.shiftKey || (event.deltaX !== 0 && !event.ctrlKey)) this.view.pan(-(event.deltaX || event.deltaY), event.deltaX ? -event.deltaY : 0);
    else this.view.zoomTo(this.view.scale * Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), this.#point(event));
    this.#layout();
  }

  // ---- keys

  /** @param {KeyboardEvent} event */
  #key(event) {
    const photo = this.photo;
    const way = ARROWS[event.key];
    if (!photo || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.dataset.index !== undefined) return way && this.#moveDab(event, Number(target.dataset.index), way);
    if (target !== this) return;
    if (way) {
      event.preventDefault();
      if (this.#tool === "look" || this.#tool === "looks") {
        this.view.pan(-60 * way[0], -60 * way[1]);
        return this.#layout();
      }
      const step = event.shiftKey ? 0.1 : 0.02;
      this.#cross = { x: inside(this.#cross.x + step * way[0]), y: inside(this.#cross.y + step * way[1]) };
      this.#showCross();
      this.#say(placeName(this.#cross.x, this.#cross.y));
    } else if (event.key === "Enter" && this.#tool === "dab") {
      this.#baseline = photo.after;
      this.#showCross();
      this.#wish({ hints: [...photo.wishes.hints, this.#hintAt([this.#cross.x, this.#cross.y])] });
      this.#say(`${dabName(photo.wishes.hints[photo.wishes.hints.length - 1], photo.wishes.hints.length - 1)}, placed`);
      this.#placed(photo.wishes.hints.length - 1);
    } else if (event.key === "Enter" && this.#tool === "region") {
      this.#showCross();
      if (this.where !== "painted") return this.where === "objects" && this.#choose([this.#cross.x, this.#cross.y]);
      this.#wish(this.#withStroke({ points: [[this.#cross.x, this.#cross.y]], width: 2 * this.brushSize, erase: this.erase }));
      this.#say(`${this.erase ? "erased" : "painted"} at the ${placeName(this.#cross.x, this.#cross.y)}`);
    }
  }

  #showCross() {
    this.#crosshair.hidden = false;
    Object.assign(this.#crosshair.style, { left: `${100 * this.#cross.x}%`, top: `${100 * this.#cross.y}%` });
    if (this.#tool === "region" && this.where === "painted") {
      this.#brush.hidden = false;
      this.#putBrush(this.#cross.x, this.#cross.y);
    }
  }

  /** @param {KeyboardEvent} event @param {number} index @param {Point} way */
  #moveDab(event, index, way) {
    event.preventDefault();
    const photo = /** @type {Photograph} */ (this.photo);
    const step = (event.shiftKey ? 0.05 : 0.01) * Math.min(photo.width, photo.height);
    const { x, y } = photo.wishes.hints[index];
    const to = /** @type {Point} */ ([inside(x + (step * way[0]) / photo.width), inside(y + (step * way[1]) / photo.height)]);
    this.#wish({ hints: this.#moved(photo, index, to) }, `move ${index}`);
    this.#say(dabName(photo.wishes.hints[index], index));
  }

  /** @param {KeyboardEvent} event */
  #gripKey(event) {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#split = inside(this.#split + step);
    this.#layout();
  }

  // ---- drawing

  #drawDabs() {
    if (!this.photo) return;
    const { hints } = this.#wishes;
    while (this.#dabs.childElementCount > hints.length) this.#dabs.lastElementChild?.remove();
    while (this.#dabs.childElementCount < hints.length) {
      const index = this.#dabs.childElementCount;
      const dab = made("button", "dab", { type: "button" });
      dab.dataset.index = String(index);
      dab.addEventListener("focus", () => this.#tool === "dab" && this.select(index));
      this.#dabs.append(dab);
    }
    hints.forEach((hint, i) => {
      const dab = /** @type {HTMLElement} */ (this.#dabs.children[i]);
      Object.assign(dab.style, { left: `${100 * hint.x}%`, top: `${100 * hint.y}%` });
      dab.style.setProperty("--color", hint.color);
      dab.classList.toggle("selected", i === this.selected);
      dab.setAttribute("aria-label", dabName(hint, i));
    });
  }

  #drawMask() {
    const photo = this.photo;
    if (!photo) return;
    const { region } = this.#wishes;
    const chosen = region?.kind === "objects" && this.#tool === "region" ? region : { keep: [], skip: [] };
    this.#points.replaceChildren(...[...chosen.keep.map((place) => ({ place, kind: "keep" })), ...chosen.skip.map((place) => ({ place, kind: "skip" }))].map(
      ({ place: [x, y], kind }) => made("i", kind, { style: `left: ${100 * x}%; top: ${100 * y}%` })));
    const seen = this.#tool === "region" && region?.kind === "painted";
    this.#mask.hidden = !seen;
    this.#mask.classList.toggle("wet", this.#tried !== null);
    if (!seen || region?.kind !== "painted") return;
    const scale = Math.min(1, MASK_SIDE / Math.max(photo.width, photo.height));
    this.#mask.width = Math.max(1, Math.round(photo.width * scale));
    this.#mask.height = Math.max(1, Math.round(photo.height * scale));
    const context = /** @type {CanvasRenderingContext2D} */ (this.#mask.getContext("2d"));
    if (startsErasing(region)) {
      context.fillStyle = "#2f8f83";
      context.fillRect(0, 0, this.#mask.width, this.#mask.height);
    }
    drawStrokes(context, region.strokes, "#2f8f83", null);
  }

  /** Mark what the dab changed: the difference of the picture now and before it. */
  async #showReach() {
    const from = this.#baseline;
    const to = this.photo?.after;
    if (!from || !to || from === to) return;
    const scale = REACH_SIDE / Math.max(this.photo?.width ?? 1, this.photo?.height ?? 1);
    const [width, height] = [this.photo?.width ?? 1, this.photo?.height ?? 1].map((side) => Math.max(1, Math.round(side * scale)));
    const pixels = await Promise.all([from, to].map(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const context = /** @type {CanvasRenderingContext2D} */ (made("canvas", "", { width, height }).getContext("2d"));
      context.drawImage(image, 0, 0, width, height);
      return context.getImageData(0, 0, width, height).data;
    })).catch(() => null);
    if (!pixels || this.#baseline !== from) return;
    Object.assign(this.#reachShown, { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (this.#reachShown.getContext("2d"));
    const marked = context.createImageData(width, height);
    for (let i = 0; i < marked.data.length; i += 4) {
      const apart = [0, 1, 2].reduce((sum, part) => sum + Math.abs(pixels[0][i + part] - pixels[1][i + part]), 0);
      marked.data.set([47, 143, 131, Math.max(0, Math.min(120, 3 * (apart - 12)))], i);
    }
    context.putImageData(marked, 0, 0);
    this.#reachShown.hidden = false;
    clearTimeout(this.#reachTimer);
    if (!this.#tried) this.#reachTimer = setTimeout(() => this.#hideReach(), REACH_MS);
  }

  #hideReach() {
    clearTimeout(this.#reachTimer);
    this.#reachShown.hidden = true;
    this.#baseline = null;
  }
}

customElements.define("tt-stage", Stage);
