// The style of the whole picture: how lively it is, other colorings of its things, palettes, and
// another picture whose colors are wanted.

import { listPalettes } from "./api.js";
import { by, button, input, made, tell } from "./dom.js";
import { COLORINGS, rememberColoring } from "./first.js";
import { openGallery } from "./gallery.js";

/** @typedef {import("./guidance.js").Settings} Settings */

/** How many colorings are shown side by side: below, between and above these widths, pixels. */
const CARDS = [4, 6, 9];
const SCREENS = [600, 1200];
const REFERENCE_SIDE = 512;
const MIN_CHROMA = 8;
const OWN = "other";

/**
 * Whether there is no color in RGBA pixels, as the service judges it.
 * @param {Uint8ClampedArray} pixels
 */
function isGray(pixels) {
  for (let i = 0; i < pixels.length; i += 4) {
    const [r, g, b] = pixels.subarray(i, i + 3);
    if (Math.max(r, g, b) - Math.min(r, g, b) >= MIN_CHROMA) return false;
  }
  return true;
}

/**
 * @param {() => import("./photograph.js").Photograph | null} current
 * @param {(change: Partial<Settings>, group?: string) => void} apply
 */
export function createStyle(current, apply) {
  const select = /** @type {HTMLSelectElement} */ (by("palette"));
  /** @type {{name: string, title: string, colors: string[]}[]} */
  let palettes = [];

  let seed = 1;

  for (const [name, coloring] of Object.entries(COLORINGS)) {
    const choice = made("button", "", { type: "button", textContent: name });
    choice.addEventListener("click", () => {
      rememberColoring(name);
      apply(coloring);
    });
    by("colorings").append(choice);
  }

  /**
   * The network's own colors, the liveliest that are likely, and drawn ones.
   * @param {Settings} settings @param {number} count
   */
  const cards = (settings, count) => [
    { name: "Plain", settings: { ...settings, bold: false, seed: null } },
    { name: "Bold", settings: { ...settings, bold: true, seed: null } },
    ...Array.from({ length: count - 2 }, (_, i) => ({
      name: `Coloring ${seed + i}`,
      settings: { ...settings, bold: true, seed: seed + i },
    })),
  ];

  button("vary").addEventListener("click", () => {
    const photo = current();
    if (!photo) return;
    const count = CARDS[SCREENS.filter((width) => innerWidth >= width).length];
    openGallery({
      photo,
      title: "Other colorings",
      help: "Things whose color is uncertain take other likely ones.",
      cards: cards(photo.settings, count),
      chosen: ({ settings: { bold, seed } }) =>
        photo.settings.bold === bold && photo.settings.seed === seed,
      choose: ({ settings: { bold, seed } }) => apply({ bold, seed }),
      more: () => {
        seed += count - 2;
        return cards(photo.settings, count);
      },
    });
  });

  select.addEventListener("change", () =>
    apply({ palette: palettes.find(({ name }) => name === select.value)?.colors ?? [] }),
  );
  button("choose-reference").addEventListener("click", () => input("reference-file").click());
  button("remove-reference").addEventListener("click", () => apply({ reference: null }));
  input("reference-file").addEventListener("change", () => {
    const file = input("reference-file").files?.[0];
    input("reference-file").value = "";
    if (file) useReference(file);
  });
  by("reference").addEventListener("dragover", (event) => event.preventDefault());
  by("reference").addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    document.body.classList.remove("dropping");
    const file = event.dataTransfer?.files[0];
    if (file) useReference(file);
  });

  /** @param {Blob} file */
  async function useReference(file) {
    try {
      const bitmap = await createImageBitmap(file);
      const scale = Math.min(1, REFERENCE_SIDE / Math.max(bitmap.width, bitmap.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      if (isGray(context.getImageData(0, 0, canvas.width, canvas.height).data))
        return tell("That picture is gray, so it has no colors to give");
      apply({ reference: canvas.toDataURL("image/png").split(",")[1] });
    } catch {
      tell("This browser cannot read that picture; save it as JPEG or PNG first");
    }
  }

  async function load() {
    palettes = await listPalettes();
    select.append(...palettes.map(({ name, title }) => new Option(title, name)));
  }

  /** @param {Settings} settings */
  function update({ palette, reference, saturation, bold }) {
    for (const choice of by("colorings").children)
      choice.ariaPressed = String(COLORINGS[choice.textContent ?? ""].saturation === saturation);
    button("vary").ariaPressed = String(bold);
    const named = palettes.find(({ colors }) => colors.join() === palette.join());
    let other = select.querySelector(`[value=${OWN}]`);
    if (palette.length && !named && !other) select.append((other = new Option("another", OWN)));
    select.value = named?.name ?? (palette.length ? OWN : "");
    if (named || !palette.length) other?.remove();
    const colors = [...new Set(palette)];
    by("palette-shown").hidden = colors.length === 0;
    by("palette-shown").replaceChildren(
      ...colors.map((color) =>
        Object.assign(document.createElement("i"), { style: `background: ${color}` }),
      ),
    );
    const shown = /** @type {HTMLImageElement} */ (by("reference-shown"));
    shown.hidden = button("remove-reference").hidden = !reference;
    const url = `data:image/png;base64,${reference}`;
    if (reference && shown.src !== url) shown.src = url;
  }

  return { load, update };
}
