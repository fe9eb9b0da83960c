// The look of the whole picture: palettes and another picture whose colors are wanted.

import { listPalettes } from "./api.js";
import { by, button, input, tell } from "./dom.js";

/** @typedef {import("./guidance.js").Settings} Settings */

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
export function createLooks(current, apply) {
  const select = /** @type {HTMLSelectElement} */ (by("palette"));
  /** @type {{name: string, title: string, colors: string[]}[]} */
  let palettes = [];

  let seed = 1;
  let varied = ""; // the photograph and its settings that the thumbnails show

  button("plain").addEventListener("click", () => apply({ bold: false, seed: null }));
  button("bold").addEventListener("click", () => apply({ bold: true, seed: null }));
  button("vary").addEventListener("click", () => {
    seed += 4;
    vary();
  });

  /** Show four plausible colorings. */
  async function vary() {
    const photo = current();
    if (!photo) return;
    const settings = JSON.stringify({ ...photo.settings, bold: false, seed: null });
    const asked = `${photo.key} ${seed} ${settings}`;
    if (asked === varied) return;
    varied = asked;
    by("variations").setAttribute("aria-busy", "true");
    try {
      const result = await photo.variations(seed);
      if (varied !== asked) return;
      by("variations").replaceChildren(
        ...result.map(({ guidance, picture }, i) => {
          const thumb = document.createElement("button");
          Object.assign(thumb, {
            type: "button",
            title: `Look ${i + 1}`,
            ariaLabel: `Look ${i + 1}`,
          });
          thumb.dataset.seed = String(guidance.seed);
          thumb.append(
            Object.assign(document.createElement("img"), {
              alt: "",
              src: `data:image/jpeg;base64,${picture}`,
            }),
          );
          thumb.addEventListener("click", () => apply({ bold: true, seed: guidance.seed ?? null }));
          return thumb;
        }),
      );
      update(photo.settings);
    } catch (error) {
      varied = "";
      tell(error);
    } finally {
      by("variations").removeAttribute("aria-busy");
    }
  }

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
  function update({ palette, reference, bold, seed: drawn }) {
    button("plain").setAttribute("aria-pressed", String(!bold));
    button("bold").setAttribute("aria-pressed", String(bold && drawn === null));
    for (const thumb of /** @type {NodeListOf<HTMLElement>} */ (
      by("variations").querySelectorAll("button")
    )) {
      thumb.setAttribute("aria-pressed", String(bold && thumb.dataset.seed === String(drawn)));
    }
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

  return { load, update, vary };
}
