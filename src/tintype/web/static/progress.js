// Long work in the background: what it does, how far it is and a button to stop, in the line below
// the picture, which does not move. Of several the latest is shown.

import { by, made, showBar } from "./dom.js";

const MIN_SECONDS = 5;

/**
 * @param {string} name @param {number} steps
 * @returns {{signal: AbortSignal, show: (done: number, what: string) => void, end: () => void}}
 *   show: so many steps are done, now this one is worked on
 */
export function startWork(name, steps) {
  const stop = new AbortController();
  const start = performance.now();
  const row = made("div", "work");
  const text = made("p", "");
  const bar = made("progress", "", { max: steps, value: 0, ariaLabel: name });
  const button = made("button", "", { type: "button", textContent: "Stop" });
  button.addEventListener("click", () => {
    button.disabled = true;
    stop.abort();
  });
  row.append(text, bar, button);
  by("works").append(row);
  showBar();
  return {
    signal: stop.signal,
    show(done, what) {
      bar.value = done;
      text.textContent = [
        steps === 1 ? name : `${name} ${Math.min(Math.floor(done) + 1, steps)} of ${steps}`,
        what,
        timeLeft((performance.now() - start) / 1000, done / steps),
      ]
        .filter(Boolean)
        .join(" · ");
    },
    end() {
      row.remove();
      showBar();
    },
  };
}

/** @param {number} seconds so far @param {number} share done */
function timeLeft(seconds, share) {
  if (share === 0 || seconds < MIN_SECONDS) return "";
  const left = (seconds * (1 - share)) / share;
  return left < 90 ? `${Math.ceil(left / 10) * 10} s left` : `${Math.round(left / 60)} min left`;
}
