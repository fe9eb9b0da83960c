// What pointers do to the picture: each gesture is what moving, lifting and giving up mean once a
// pointer has gone down.

import { made, preventFling } from "./dom.js";
import { markAt, moved } from "./marks.js";

/**
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {import("./photograph.js").Photograph} Photograph
 */
/** @typedef {import("./guidance.js").Point} Point */
/**
 * @typedef {{move?: (event: PointerEvent) => void, end?: () => void, cancel?: () => void}} Gesture
 * cancel: as if it had never begun
 */

const CLICK_PX = 4;
const SECOND_FINGER_MS = 150;
const HOLD_MS = 250;
/** Between two points of a stroke, a share of the shorter side. */
const MIN_STEP = 0.004;

/** @param {Stage} stage */
export function listenToPointers(stage) {
  /** @type {Map<number, PointerEvent>} */
  const pointers = new Map();
  /** @type {Gesture | null} */
  let gesture = null;

  /** @param {PointerEvent} event @returns {Gesture} */
  function begin(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const mark = /** @type {HTMLElement | null} */ (target.closest("[data-index]"));
    const { grip, divider } = stage.layers;
    if (stage.panning || event.button === 1) return pan(stage, event);
    if (target === grip || target === divider) return divide(stage);
    if (stage.picking)
      return { end: () => stage.isOnPhoto(event) && pick(stage, stage.placeOf(event)) };
    if (stage.tool === "dab" && mark) return dragMark(stage, event, Number(mark.dataset.index));
    if (stage.tool === "dab")
      return stage.draws ? drawStroke(stage, event) : placeDab(stage, event);
    if (stage.tool === "region")
      return stage.where === "painted" ? paint(stage, event) : point(stage, event);
    if (!stage.view.fitted || stage.tool !== "look") return panOrHold(stage, event);
    const dividing = divide(stage);
    dividing.move?.(event);
    return dividing;
  }

  stage.addEventListener("pointerdown", (event) => {
    if (!stage.photo || event.button > 1) return;
    if (event.button === 1) event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    stage.classList.remove("held");
    if (pointers.size > 1) {
      gesture?.cancel?.(); // a second finger: the first one did not mean to dab or paint
      gesture = pointers.size === 2 ? pinch(stage, pointers) : null;
    } else gesture = begin(event);
  });
  stage.addEventListener("pointermove", (event) => {
    stage.followBrush(event);
    if (!pointers.has(event.pointerId)) return;
    pointers.set(event.pointerId, event);
    gesture?.move?.(event);
  });
  for (const type of /** @type {("pointerup" | "pointercancel")[]} */ ([
    "pointerup",
    "pointercancel",
  ])) {
    stage.addEventListener(type, (event) => {
      if (!pointers.delete(event.pointerId)) return;
      const ended = gesture;
      gesture = null;
      if (type === "pointercancel") ended?.cancel?.();
      else ended?.end?.();
    });
  }
  preventFling(stage);
  stage.addEventListener("pointerleave", () => (stage.layers.brush.hidden = true));
  stage.addEventListener("contextmenu", (event) => pointers.size > 0 && event.preventDefault());
  stage.addEventListener("wheel", (event) => turnWheel(stage, event), { passive: false });
  return {
    get isActive() {
      return gesture !== null && pointers.size > 0;
    },
    cancel() {
      gesture?.cancel?.();
      gesture = null;
    },
  };
}

/** @param {Stage} stage @param {WheelEvent} event */
function turnWheel(stage, event) {
  if (!stage.photo) return;
  event.preventDefault();
  const { view } = stage;
  if (event.shiftKey || (event.deltaX !== 0 && !event.ctrlKey))
    view.pan(-(event.deltaX || event.deltaY), event.deltaX ? -event.deltaY : 0);
  else
    view.zoomTo(
      view.scale * Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)),
      stage.pointOf(event),
    );
  stage.layOut();
}

/** The line between before and after. @param {Stage} stage @returns {Gesture} */
function divide(stage) {
  return { move: (event) => stage.divideAt(stage.pointOf(event).x / stage.clientWidth) };
}

/** @param {Stage} stage @param {PointerEvent} start @returns {Gesture} */
function pan(stage, start) {
  let last = start;
  return {
    move: (event) => {
      stage.view.pan(event.clientX - last.clientX, event.clientY - last.clientY);
      last = event;
      stage.layOut();
    },
  };
}

/**
 * A drag moves the picture; a press that stays where it is shows the original.
 * @param {Stage} stage @param {PointerEvent} start @returns {Gesture}
 */
function panOrHold(stage, start) {
  const panning = pan(stage, start);
  const hasDragged = hasMoved(start);
  const wait = setTimeout(() => stage.showBefore(true), HOLD_MS);
  const end = () => {
    clearTimeout(wait);
    stage.showBefore(false);
  };
  return {
    move: (event) => {
      if (!hasDragged(event)) return;
      end();
      panning.move?.(event);
    },
    end,
    cancel: end,
  };
}

/**
 * @param {Stage} stage @param {Map<number, PointerEvent>} pointers two of them @returns {Gesture}
 */
function pinch(stage, pointers) {
  const measured = () => {
    const [one, two] = [...pointers.values()].map((event) => stage.pointOf(event));
    return {
      x: (one.x + two.x) / 2,
      y: (one.y + two.y) / 2,
      apart: Math.max(10, Math.hypot(one.x - two.x, one.y - two.y)),
    };
  };
  let last = measured();
  return {
    move: () => {
      const now = measured();
      stage.view.pan(now.x - last.x, now.y - last.y);
      stage.view.zoomTo((stage.view.scale * now.apart) / last.apart, now);
      last = now;
      stage.layOut();
    },
  };
}

/**
 * A dab can be moved until it is let go, and shows its reach meanwhile.
 * @param {Stage} stage @param {PointerEvent} start @returns {Gesture}
 */
function placeDab(stage, start) {
  if (!stage.isOnPhoto(start)) return pan(stage, start);
  const { reach } = stage.layers;
  const photo = /** @type {Photograph} */ (stage.photo);
  const hints = (/** @type {Point} */ place) => [...photo.settings.hints, stage.hintAt(place)];
  let place = stage.placeOf(start);
  stage.select(null); // the next color that is chosen is for the next dab
  const wait = setTimeout(
    () => {
      reach.begin(photo);
      stage.try({ hints: hints(place) });
    },
    start.pointerType === "touch" ? SECOND_FINGER_MS : 0,
  );
  return {
    move: (event) => {
      place = stage.placeOf(event);
      if (stage.tried) stage.try({ hints: hints(place) });
    },
    end: () => {
      clearTimeout(wait);
      stage.place({ hints: [stage.hintAt(place)] });
    },
    cancel: () => {
      clearTimeout(wait);
      reach.hide();
      stage.untry();
    },
  };
}

/** @param {Stage} stage @param {PointerEvent} start @param {number} index @returns {Gesture} */
function dragMark(stage, start, index) {
  const photo = /** @type {Photograph} */ (stage.photo);
  const mark = markAt(photo.settings, index);
  const isThere = () => markAt(photo.settings, index) === mark; // a key may remove it
  const hasDragged = hasMoved(start);
  const [x, y] = stage.placeOf(start);
  stage.select(index);
  return {
    move: (event) => {
      if (!hasDragged(event) || !isThere()) return;
      const place = stage.placeOf(event);
      stage.try(moved(photo.settings, index, [place[0] - x, place[1] - y]));
    },
    end: () => {
      if (!isThere()) return stage.untry();
      const dragged = stage.tried;
      if (dragged) stage.apply({ hints: dragged.hints, strokes: dragged.strokes });
      stage.chosen(index, dragged ? "moved" : "");
    },
    cancel: () => stage.untry(),
  };
}

/**
 * A line of color, which is colored when it is done.
 * @param {Stage} stage @param {PointerEvent} start @returns {Gesture}
 */
function drawStroke(stage, start) {
  if (!stage.isOnPhoto(start)) return pan(stage, start);
  const photo = /** @type {Photograph} */ (stage.photo);
  const shorter = Math.min(photo.width, photo.height);
  const points = [stage.placeOf(start)];
  stage.select(null);
  stage.tryStroke(points);
  return {
    move: (event) => {
      const [x, y] = stage.placeOf(event);
      const [lastX, lastY] = /** @type {Point} */ (points.at(-1));
      const apart = Math.hypot((x - lastX) * photo.width, (y - lastY) * photo.height);
      if (apart < MIN_STEP * shorter) return;
      points.push([x, y]);
      stage.tryStroke(points);
    },
    end: () => {
      stage.tryStroke([]);
      stage.place({ strokes: [stage.strokeAlong(points)] });
    },
    cancel: () => stage.tryStroke([]),
  };
}

/** @param {Stage} stage @param {PointerEvent} start @returns {Gesture} */
function paint(stage, start) {
  const stroke = { points: [stage.placeOf(start)], width: 2 * stage.brushSize, erase: stage.erase };
  const draw = () => stage.tryPainting({ ...stroke, points: [...stroke.points] });
  draw();
  return {
    move: (event) => {
      stroke.points.push(stage.placeOf(event));
      draw();
    },
    end: () => stage.paint(stroke),
    cancel: () => stage.untry(),
  };
}

/**
 * A click on a thing; a drag moves the picture.
 * @param {Stage} stage @param {PointerEvent} start @returns {Gesture}
 */
function point(stage, start) {
  const panning = pan(stage, start);
  const hasDragged = hasMoved(start);
  let clicks = true;
  return {
    move: (event) => {
      if (!hasDragged(event)) return;
      clicks = false;
      panning.move?.(event);
    },
    end: () => clicks && stage.isOnPhoto(start) && stage.choose(stage.placeOf(start)),
  };
}

/** Takes a color from the colored picture. @param {Stage} stage @param {Point} place */
export function pick(stage, [x, y]) {
  const { after } = stage.layers;
  if (!after.naturalWidth) return;
  const context = /** @type {CanvasRenderingContext2D} */ (
    made("canvas", "", { width: 1, height: 1 }).getContext("2d")
  );
  const side = Math.max(3, after.naturalWidth / 200);
  context.drawImage(
    after,
    x * after.naturalWidth - side / 2,
    y * after.naturalHeight - side / 2,
    side,
    side,
    0,
    0,
    1,
    1,
  );
  const color = [...context.getImageData(0, 0, 1, 1).data]
    .slice(0, 3)
    .map((value) => value.toString(16).padStart(2, "0"))
    .join("");
  stage.dispatchEvent(new CustomEvent("picked", { detail: { color: `#${color}` } }));
}

/** Whether a pointer has moved so far that it is no click. @param {PointerEvent} start */
function hasMoved(start) {
  let dragged = false;
  return (/** @type {PointerEvent} */ event) =>
    (dragged ||=
      Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > CLICK_PX);
}
