// A shot of a film plays: some seconds of it in color, and gray on the other side of a line.

import { busily, button, by, input, preventFling, tell } from "./dom.js";

/** @typedef {import("./photograph.js").Photograph} Photograph */

/**
 * @param {() => Photograph | null} current
 * @param {(photo: Photograph) => Promise<Blob>} clipOf
 */
export function createPlayer(current, clipOf) {
  const video = /** @type {HTMLVideoElement} */ (by("clip"));
  const toggle = button("clip-toggle");
  /** @type {Photograph | null} whose shot is played, or is going to be */
  let photo = null;

  async function play() {
    const asked = (photo = current());
    if (!asked) return;
    button("play").ariaBusy = "true";
    try {
      const clip = await busily(() => clipOf(asked));
      if (photo !== asked) return;
      video.src = URL.createObjectURL(clip);
      by("screen").style.setProperty("--aspect", String(asked.width / asked.height));
      by("player").hidden = false;
      by("stage").inert = true;
      document.body.classList.add("playing");
      await video.play();
      toggle.focus();
    } catch (error) {
      close();
      tell(error);
    } finally {
      button("play").ariaBusy = "false";
    }
  }

  function close() {
    photo = null;
    if (by("player").hidden) return;
    by("player").hidden = true;
    by("stage").inert = false;
    document.body.classList.remove("playing");
    video.pause();
    URL.revokeObjectURL(video.src);
    video.removeAttribute("src");
    button("play").focus();
  }

  button("play").addEventListener("click", play);
  button("clip-close").addEventListener("click", close);
  toggle.addEventListener("click", () => (video.paused ? video.play() : video.pause()));
  for (const type of ["play", "pause"])
    video.addEventListener(type, () => (toggle.textContent = video.paused ? "Play" : "Pause"));
  const split = input("clip-split");
  preventFling(by("screen"));
  const divide = () => by("screen").style.setProperty("--split", `${Number(split.value) / 100}`);
  split.addEventListener("input", divide);
  for (const type of /** @type {const} */ (["pointerdown", "pointermove"]))
    by("screen").addEventListener(type, ({ clientX, buttons }) => {
      if (!buttons) return;
      const { left, width } = video.getBoundingClientRect();
      split.value = String((100 * (clientX - left)) / width);
      divide();
    });

  /** @param {Photograph | null} shown */
  function update(shown) {
    button("play").hidden = !shown?.isFilm;
    if (photo && photo !== shown) close();
  }

  return { update, close };
}
