// What could not be opened or saved: a list that stays until it is closed. The first one unfolds
// it.

import { by, made } from "./dom.js";

/**
 * @param {string} name of the file @param {string} reason
 * @param {Record<string, () => unknown>} [remedies] buttons by their labels
 */
export function addFailure(name, reason, remedies = {}) {
  const item = made("li", "");
  item.append(made("strong", "", { textContent: name }), ` ${reason} `);
  for (const [label, act] of Object.entries(remedies)) {
    const button = made("button", "", { type: "button", textContent: label });
    button.addEventListener("click", () => {
      item.remove();
      by("failures").removeAttribute("open");
      show();
      act();
    });
    item.append(button);
  }
  by("failed").append(item);
  if (by("failed").childElementCount === 1) by("failures").setAttribute("open", "");
  show();
}

function show() {
  const count = by("failed").childElementCount;
  by("failures").hidden = count === 0;
  by("failures-title").textContent = count === 1 ? "1 file failed" : `${count} files failed`;
}

by("failures-close").addEventListener("click", () => {
  by("failed").replaceChildren();
  show();
});
