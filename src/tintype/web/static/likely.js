// The likely colors of the place where a mark lies, in the line below the picture, where no next
// mark is placed. Each is tried on the picture while a pointer or the focus is on it; one click
// takes it.

import { by, made, say } from "./dom.js";
import { markAt, placeOfMark, withChange } from "./marks.js";
import { colorName } from "./words.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./api.js").Opened} Opened
 */

const FIRST_COLORS = 3;
const MAX_COLORS = 9;

/**
 * @param {import("./stage.js").Stage} stage
 * @param {(change: Partial<import("./guidance.js").Settings>, group?: string) => void} apply
 */
export function createLikely(stage, apply) {
  const box = by("likely");
  let index = 0;

  /** @param {EventTarget | null} target */
  const colorOf = (target) =>
    target instanceof Element && box.contains(target)
      ? target.closest("button")?.dataset.color
      : undefined;

  /** @param {string | undefined} color */
  function preview(color) {
    const photo = stage.photo;
    if (color && photo) stage.try(withChange(photo.settings, index, { color }));
    else stage.untry();
  }

  /** @param {string | undefined} color */
  function take(color) {
    if (color && stage.photo)
      apply(withChange(stage.photo.settings, index, { color }), `likely ${index}`);
    stage.tried = null;
    stage.update();
  }

  box.addEventListener("pointerover", (event) => preview(colorOf(event.target)));
  box.addEventListener("pointerleave", () => preview(undefined));
  // a finger may slide from one color to the next
  box.addEventListener("pointerdown", ({ target, pointerId }) => {
    if (target instanceof Element && target.hasPointerCapture(pointerId))
      target.releasePointerCapture(pointerId);
  });
  box.addEventListener("pointerup", (event) => take(colorOf(event.target)));
  box.addEventListener("click", (event) => take(colorOf(event.target)));
  box.addEventListener(
    "focusin",
    ({ target }) =>
      target instanceof Element && target.matches(":focus-visible") && preview(colorOf(target)),
  );
  box.addEventListener("focusout", () => preview(undefined));

  /** @param {import("./types.js").LikelyForm[]} colors @param {number} count */
  function draw(colors, count) {
    box.replaceChildren(
      made("span", "", { textContent: "Likely:" }),
      ...colors.slice(0, count).map(({ color, share }) => {
        const label = `likely here: ${colorName(color)}, ${Math.round(100 * share)} %`;
        const swatch = made("button", "", { type: "button", title: label, ariaLabel: label });
        swatch.dataset.color = color;
        swatch.style.background = color;
        return swatch;
      }),
    );
    if (colors.length <= count) return;
    const more = made("button", "more", { type: "button", textContent: "More" });
    more.addEventListener("click", () => {
      draw(colors, MAX_COLORS);
      /** @type {HTMLElement} */ (box.children[count + 1]).focus();
    });
    box.append(more);
  }

  function hide() {
    box.hidden = true;
    by("bar").classList.remove("offers");
  }

  /** A mark was placed, moved or clicked. @param {number} at @param {string} done */
  async function show(at, done) {
    hide();
    const photo = stage.photo;
    const mark = photo && markAt(photo.settings, at);
    if (!photo || !mark) return;
    const isSame = () =>
      photo === stage.photo && markAt(photo.settings, at) === mark && stage.tool === "dab";
    await photo.settled; // the mark's own color comes first
    if (!isSame()) return;
    const [x, y] = placeOfMark(mark);
    const { colors, thing } = await photo
      .suggest({ x, y }, MAX_COLORS)
      .catch(() => ({ colors: [], thing: null })); // not every network knows
    if (!isSame()) return;
    if (thing && done) say(`${stage.nameOf(at)}, ${done}`);
    if (!colors.length) return;
    index = at;
    draw(colors, FIRST_COLORS);
    box.hidden = false;
    by("bar").classList.add("offers");
  }

  return { show, hide };
}
