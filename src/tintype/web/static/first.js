// Three first colorings of a new photograph side by side. They differ in what is made of one
// prediction of the network; the choice is kept for the photographs that follow.

import { NOTHING } from "./guidance.js";
import { openGallery } from "./gallery.js";
import { recall, remember } from "./remembered.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */
/** @typedef {Pick<Settings, "saturation">} Liveliness */

export const COLORINGS = /** @type {Record<string, Liveliness>} */ ({
  Calm: { saturation: 0.7 },
  Natural: { saturation: NOTHING.saturation },
  Vivid: { saturation: 1.4 },
});
/** The example begins with one stroke of what no network can know: the suit was orange. */
export const EXAMPLE = /** @type {Partial<Settings>} */ ({
  strokes: [
    {
      points: [
        [0.22, 0.66],
        [0.3, 0.78],
        [0.42, 0.72],
      ],
      color: "#d0662a",
      width: 0.02,
      confidence: 1,
      reach: "thing",
    },
  ],
});
const KEY = "coloring";

/** What new photographs begin with. @returns {Partial<Settings>} */
export const firstColoring = () => COLORINGS[recall(KEY) ?? ""] ?? {};

/** For the photographs to come. @param {string} name of `COLORINGS` */
export const rememberColoring = (name) => remember(KEY, name);

/**
 * Ask once, with a photograph that nothing was done to.
 * @param {Photograph} photo @param {(coloring: Liveliness) => void} choose
 */
export function offerColorings(photo, choose) {
  if (recall(KEY) || !photo.isUntouched || photo.opened.in_color) return;
  rememberColoring("Natural"); // so that closing is an answer, too
  openGallery({
    photo,
    title: "Which one do you like best?",
    help: "You can change everything afterwards. The next photographs begin the same way.",
    cards: Object.entries(COLORINGS).map(([name, coloring]) => ({
      name,
      settings: { ...photo.settings, ...coloring },
    })),
    chosen: ({ name }) => name === "Natural",
    choose: ({ name }) => {
      rememberColoring(name);
      choose(COLORINGS[name]);
    },
  });
}
