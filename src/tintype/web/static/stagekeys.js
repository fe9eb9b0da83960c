// The picture by keyboard: a crosshair that dabs, paints and picks colors, dabs that arrows move,
// the line between before and after.

import { pick } from "./gestures.js";
import { markAt, moved, placeOfMark } from "./marks.js";
import { placeName } from "./words.js";

/**
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {import("./photograph.js").Photograph} Photograph
 */
/** @typedef {import("./guidance.js").Point} Point */

const ARROWS = /** @type {Record<string, Point>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});
const PAN_PX = 60;
const REST_MS = 600; // a dab that keys move is asked about where it comes to rest
const inside = (/** @type {number} */ share) => Math.min(1, Math.max(0, share));

/** @param {Stage} stage */
export function listenToKeys(stage) {
  let cross = /** @type {Point} */ ([0.5, 0.5]);
  let resting = 0;

  /** @param {Point} way @param {boolean} far */
  function move(way, far) {
    if (stage.tool === "look" || stage.tool === "looks") {
      stage.view.pan(-PAN_PX * way[0], -PAN_PX * way[1]);
      return stage.layOut();
    }
    const step = far ? 0.1 : 0.02;
    cross = [inside(cross[0] + step * way[0]), inside(cross[1] + step * way[1])];
    stage.showCross(cross);
    stage.say(placeName(...cross));
  }

  /** @param {Photograph} photo */
  function act(photo) {
    stage.showCross(cross);
    if (stage.picking) pick(stage, cross);
    else if (stage.tool === "dab") {
      stage.layers.reach.begin(photo);
      if (stage.draws) stage.place({ strokes: [stage.strokeAlong([cross])] });
      else stage.place({ hints: [stage.hintAt(cross)] });
    } else if (stage.where === "painted") {
      stage.paint({ points: [cross], width: 2 * stage.brushSize, erase: stage.erase });
      stage.say(`${stage.erase ? "erased" : "painted"} at the ${placeName(...cross)}`);
    } else stage.choose(cross);
  }

  /** @param {Photograph} photo @param {number} index @param {Point} way @param {boolean} far */
  function moveMark(photo, index, way, far) {
    const step = (far ? 0.05 : 0.01) * Math.min(photo.width, photo.height);
    const by = /** @type {Point} */ ([
      (step * way[0]) / photo.width,
      (step * way[1]) / photo.height,
    ]);
    stage.apply(moved(photo.settings, index, by), `move ${index}`);
    const mark = markAt(photo.settings, index);
    if (mark) stage.reveal(placeOfMark(mark));
    stage.say(stage.nameOf(index));
    clearTimeout(resting);
    resting = setTimeout(
      () => stage.photo === photo && markAt(photo.settings, index) && stage.chosen(index, "moved"),
      REST_MS,
    );
  }

  stage.addEventListener("keydown", (event) => {
    const { photo } = stage;
    const way = ARROWS[event.key];
    const target = /** @type {HTMLElement} */ (event.target);
    if (!photo || event.ctrlKey || event.metaKey || event.altKey) return;
    if (way && target.dataset.index !== undefined)
      moveMark(photo, Number(target.dataset.index), way, event.shiftKey);
    else if (target !== stage) return;
    else if (way) move(way, event.shiftKey);
    else if (event.key === "Enter" && (stage.tool === "dab" || stage.tool === "region")) act(photo);
    else return;
    event.preventDefault();
  });
  stage.addEventListener("focusin", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const mark = stage.photo && markAt(stage.photo.settings, Number(target.dataset.index));
    if (mark && target.matches(":focus-visible")) stage.reveal(placeOfMark(mark));
  });
  stage.addEventListener("blur", () => stage.layers.hideCursors());
  stage.layers.grip.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    stage.divideAt(stage.split + step);
  });
}
