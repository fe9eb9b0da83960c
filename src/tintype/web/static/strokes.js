// Strokes of color on the picture: a thin line for each, which can be chosen, and the one that is
// being drawn, as wide as it colors.

/** @typedef {import("./guidance.js").ColorStroke} ColorStroke */
/** @typedef {import("./guidance.js").Point} Point */

const SVG = "http://www.w3.org/2000/svg";
/** @param {"svg" | "g" | "polyline"} name @param {string} kind */
function drawing(name, kind) {
  const element = document.createElementNS(SVG, name);
  element.setAttribute("class", kind);
  return element;
}

/** @param {Point[]} points */
const path = (points) => {
  const [[x, y]] = points;
  return [...points, ...(points.length === 1 ? [[x + 1e-4, y]] : [])].join(" ");
};

export class Strokes {
  element = drawing("svg", "strokes");
  #wet = drawing("polyline", "wet");
  #lines = drawing("g", "");

  constructor() {
    this.element.setAttribute("viewBox", "0 0 1 1"); // positions are shares of the photograph
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.append(this.#wet, this.#lines);
  }

  /**
   * @param {ColorStroke[]} strokes @param {number} first index of the first one
   * @param {number | null} selected @param {(index: number) => string} named
   * @param {(index: number) => void} focused
   */
  draw(strokes, first, selected, named, focused) {
    while (this.#lines.childElementCount > strokes.length) this.#lines.lastElementChild?.remove();
    while (this.#lines.childElementCount < strokes.length) {
      const line = drawing("g", "stroke");
      line.setAttribute("role", "button");
      line.setAttribute("tabindex", "0");
      line.append(...["hit", "rim", "ink"].map((kind) => drawing("polyline", kind)));
      line.addEventListener("focus", () =>
        focused(Number(/** @type {any} */ (line).dataset.index)),
      );
      this.#lines.append(line);
    }
    strokes.forEach(({ points, color }, i) => {
      const line = /** @type {SVGElement} */ (this.#lines.children[i]);
      line.dataset.index = String(first + i);
      line.style.setProperty("--color", color);
      line.classList.toggle("selected", first + i === selected);
      line.setAttribute("aria-label", named(first + i));
      for (const part of line.children) part.setAttribute("points", path(points));
    });
  }

  /** @param {Point[]} points none: it is done @param {string} color @param {number} width pixels */
  drawWet(points, color, width) {
    this.#wet.setAttribute("points", points.length ? path(points) : "");
    Object.assign(/** @type {any} */ (this.#wet).style, { stroke: color, strokeWidth: width });
  }
}
