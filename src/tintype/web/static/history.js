// What was done to a photograph as a list to go back and forth in, and versions that are kept under
// a name.

import { by, button, made } from "./dom.js";
import { openGallery } from "./gallery.js";
import { sameSettings } from "./guidance.js";
import { stepName } from "./words.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */

/**
 * @param {() => Photograph | null} current
 * @param {(change: Partial<import("./guidance.js").Settings>) => void} apply
 */
export function createHistory(current, apply) {
  const popover = by("steps");
  for (const type of ["beforetoggle", "toggle"]) // drawn before it is seen, scrolled when it is
    popover.addEventListener(type, (event) => {
      const photo = current();
      if (photo && /** @type {ToggleEvent} */ (event).newState === "open") draw(photo);
    });

  /** @param {Photograph} photo */
  function draw(photo) {
    const steps = [...photo.past, photo.settings, ...photo.future.toReversed()];
    by("step-list").replaceChildren(
      ...steps.map((settings, i) => {
        const item = made("li", "");
        const name = i === 0 ? "Opened" : stepName(steps[i - 1], settings);
        const go = made("button", "", { type: "button", textContent: name });
        if (i === photo.past.length) go.setAttribute("aria-current", "step");
        go.addEventListener("click", () => {
          photo.travel(i - photo.past.length);
          draw(photo);
        });
        item.append(go);
        return item;
      }),
    );
    by("step-list").children[photo.past.length].scrollIntoView({ block: "nearest" });
    button("keep-version").disabled = photo.versions.some((each) =>
      sameSettings(each.settings, photo.settings),
    );
    button("show-versions").disabled = photo.versions.length === 0;
  }

  button("keep-version").addEventListener("click", () => {
    const photo = current();
    if (!photo) return;
    photo.keepVersion();
    draw(photo);
  });

  button("show-versions").addEventListener("click", () => {
    const photo = current();
    if (!photo) return;
    popover.hidePopover();
    const kept = photo.versions.map((version) => ({
      ...version,
      rename: (/** @type {string} */ name) => photo.changeVersion(version, name),
      remove: () => photo.changeVersion(version, null),
    }));
    openGallery({
      photo,
      title: "Versions",
      help: "One click takes a version. What you have now can be taken back with Undo.",
      cards: [{ name: "Now", settings: photo.settings }, ...kept],
      chosen: ({ settings }) => sameSettings(settings, photo.settings),
      choose: ({ settings }) => apply(settings),
    });
  });

  return {
    update: (/** @type {Photograph} */ photo) => popover.matches(":popover-open") && draw(photo),
  };
}
