// Elements of the page by their names, and how the page speaks.

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export const by = (id) => /** @type {T} */ (document.getElementById(id));
/** @param {string} id */
export const input = (id) => /** @type {HTMLInputElement} */ (by(id));
/** @param {string} id */
export const button = (id) => /** @type {HTMLButtonElement} */ (by(id));

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {string} className
 * @param {object} [more] @returns {HTMLElementTagNameMap[K]}
 */
export const made = (tag, className, more = {}) =>
  Object.assign(document.createElement(tag), { className }, more);

const MESSAGE_MS = 12_000;
let timer = 0;
let standing = "";

function show(/** @type {string} */ text, /** @type {boolean} */ closable) {
  const line = /** @type {HTMLElement} */ (by("message").firstElementChild);
  if (line.textContent !== text) line.textContent = text;
  by("message").classList.toggle("problem", closable);
  button("close-message").hidden = !closable;
  showBar();
}

/** The line below the picture is there while it has something to show. */
export function showBar() {
  const isQuiet = button("close-message").hidden && by("works").childElementCount === 0;
  by("bar").hidden = by("view").hidden && isQuiet;
}

/** A key, a letter as a small one. @param {KeyboardEvent} event */
export const keyOf = ({ key }) => (key.length === 1 ? key.toLowerCase() : key);

/** @param {string} text */
export const capitalized = (text) => text.replace(/^./, (first) => first.toUpperCase());

/** A message that stays for a while or until it is closed. @param {unknown} problem */
export function tell(problem) {
  clearTimeout(timer);
  show(problem instanceof Error ? capitalized(problem.message) : String(problem), true);
  timer = setTimeout(closeMessage, MESSAGE_MS);
}

/** What stands where no message is. @param {string} text */
export function state(text) {
  standing = text;
  if (button("close-message").hidden) show(text, false);
}

export function closeMessage() {
  clearTimeout(timer);
  show(standing, false);
}

/** For screen readers. @param {string} text */
export const say = (text) => (by("announcement").textContent = text);

let working = 0;
export const isWorking = () => working > 0;
/**
 * Shows at once that something is going on; the document fires "rested" when nothing is any more.
 * @template T @param {() => Promise<T>} work
 */
export async function busily(work) {
  working += 1;
  by("busy").hidden = false;
  try {
    return await work();
  } finally {
    working -= 1;
    if (working === 0) document.dispatchEvent(new Event("rested"));
  }
}

/**
 * Keep a browser from taking a quick drag for a fling: the next tap anywhere would only stop that.
 * @param {HTMLElement} element
 */
export const preventFling = (element) =>
  element.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(blob),
    download: name,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
