// Colorings of one photograph side by side, in place of the picture: each is rendered when it is
// its turn, and one click takes one.

import { by, made } from "./dom.js";

/**
 * @typedef {import("./photograph.js").Photograph} Photograph
 * @typedef {import("./guidance.js").Settings} Settings
 */
/**
 * remove: what takes the card away for good, if anything does.
 * @typedef {{name: string, settings: Settings, rename?: (name: string) => void,
 *   remove?: () => void}} Card
 * @typedef {{photo: Photograph, title: string, help: string, cards: Card[],
 *   chosen: (card: Card) => boolean, choose: (card: Card) => void, more?: () => Card[]}} Gallery
 */

const CAPTION_PX = 48;
const GAP_PX = 10;
/** What a last row that is not full is worth. */
const RAGGED = 0.9;

/** @type {Gallery | null} */
let open = null;
/** @type {string[]} object URLs of the pictures that are shown */
let urls = [];

/** @param {Gallery} gallery */
export function openGallery(gallery) {
  open = gallery;
  by("gallery").hidden = false;
  by("stage").inert = true;
  document.body.classList.add("comparing");
  by("gallery-title").textContent = gallery.title;
  by("gallery-help").textContent = gallery.help;
  by("gallery-more").hidden = !gallery.more;
  showCards(gallery);
}

export function closeGallery() {
  if (!open) return;
  const hadFocus = by("gallery").contains(document.activeElement);
  open = null;
  by("gallery").hidden = true;
  by("stage").inert = false;
  document.body.classList.remove("comparing");
  by("cards").replaceChildren();
  forgetPictures();
  if (hadFocus) by("stage").focus();
}

function forgetPictures() {
  for (const url of urls) URL.revokeObjectURL(url);
  urls = [];
}

/** Close what belongs to another photograph. @param {Photograph | null} photo that is shown */
export function keepGallery(photo) {
  if (open && open.photo !== photo) closeGallery();
  if (open) markChosen(open);
}

/** @param {Gallery} gallery */
function markChosen({ cards, chosen }) {
  for (const [i, card] of cards.entries())
    by("cards").children[i]?.firstElementChild?.setAttribute("aria-pressed", String(chosen(card)));
}

/** @param {Gallery} gallery */
async function showCards(gallery) {
  const { photo, cards, choose } = gallery;
  const old = urls;
  urls = [];
  const images = cards.map(() => made("img", "", { alt: "", src: photo.before ?? "" }));
  by("cards").replaceChildren(
    ...cards.map((card, i) => {
      const item = made("li", "card");
      const take = made("button", "take", { type: "button" });
      take.append(images[i]);
      if (card.rename) take.ariaLabel = card.name;
      else take.append(made("span", "", { textContent: card.name }));
      take.addEventListener("click", () => {
        closeGallery();
        choose(card);
      });
      item.append(take);
      if (card.rename) item.append(nameField(card));
      if (card.remove)
        item.append(removal(card, () => openGallery({ ...gallery, cards: without(cards, card) })));
      return item;
    }),
  );
  for (const url of old) URL.revokeObjectURL(url);
  markChosen(gallery);
  layOut();
  by("gallery").setAttribute("aria-busy", "true");
  const isLater = (/** @type {Card} */ card) => Number(!gallery.chosen(card));
  const order = [...cards.entries()].sort(([, one], [, other]) => isLater(one) - isLater(other));
  for (const [i, card] of order) {
    const result = await photo.preview(card.settings).catch((error) => {
      if (open === gallery) photo.dispatchEvent(new CustomEvent("problem", { detail: error }));
    });
    if (open !== gallery) return;
    if (!result) break;
    urls.push((images[i].src = URL.createObjectURL(result.blob)));
    by("cards").children[i].classList.add("colored");
  }
  by("gallery").removeAttribute("aria-busy");
}

/** @param {Card[]} cards @param {Card} card */
const without = (cards, card) => cards.filter((each) => each !== card);

/** @param {Card} card */
function nameField({ name, rename }) {
  const field = made("input", "", { type: "text", value: name, ariaLabel: `Name of ${name}` });
  field.addEventListener("input", () => rename?.(field.value || name));
  return field;
}

/** @param {Card} card @param {() => void} removed */
function removal({ name, remove }, removed) {
  const label = `Remove ${name}`;
  const close = made("button", "close", {
    type: "button",
    textContent: "×",
    title: label,
    ariaLabel: label,
  });
  close.addEventListener("click", () => {
    remove?.();
    removed();
  });
  return close;
}

/** As many columns as make the cards largest; whole rows may make them a little smaller. */
function layOut() {
  if (!open) return;
  const { cards, photo } = open;
  const { clientWidth, clientHeight } = by("cards");
  const aspect = photo.width / photo.height;
  let best = { worth: 0, width: 0, columns: 1 };
  for (let columns = 1; columns <= cards.length; columns++) {
    const rows = Math.ceil(cards.length / columns);
    const across = (clientWidth - GAP_PX * (columns + 1)) / columns;
    const down = (clientHeight - GAP_PX * (rows + 1)) / rows - CAPTION_PX;
    const here = Math.min(across, down * aspect);
    const worth = here * (rows * columns === cards.length ? 1 : RAGGED);
    if (worth > best.worth) best = { worth, width: here, columns };
  }
  by("cards").style.setProperty("--columns", String(best.columns));
  by("cards").style.setProperty("--card", `${Math.max(64, Math.floor(best.width))}px`);
  by("cards").style.setProperty("--aspect", String(aspect));
}

by("gallery-close").addEventListener("click", closeGallery);
by("gallery-more").addEventListener("click", () => {
  if (open?.more) openGallery({ ...open, cards: open.more() });
});
new ResizeObserver(layOut).observe(by("cards"));
