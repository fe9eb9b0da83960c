// What the edition in the browser adds to the page: it works offline, takes shared photographs and the camera's, and offers three first colorings.

import { ServiceError, small } from "./engine/api.js";
import { by, made, tell } from "./dom.js";
import "./main.js"; // the page is ready before anything is opened

const COLORINGS = /** @type {const} */ ([["Calm", { saturation: 0.7 }], ["Natural", {}], ["Vivid", { saturation: 1.15, bold: true }]]);
const files = /** @type {HTMLInputElement} */ (by("files"));

/** Open photographs as if they were chosen. @param {File[]} photographs */
function open(photographs) {
  const list = new DataTransfer();
  for (const each of photographs) list.items.add(each);
  files.files = list.files;
  files.dispatchEvent(new Event("change"));
}

async function openShared() {
  const cache = await caches.open("tintype-shared");
  const requests = await cache.keys();
  const photographs = await Promise.all(requests.map(async (request) => {
    const blob = await (await cache.match(request))?.blob();
    return new File(blob ? [blob] : [], decodeURIComponent(new URL(request.url).search.slice(1)), { type: blob?.type });
  }));
  await Promise.all(requests.map((request) => cache.delete(request)));
  history.replaceState(null, "", "./");
  if (photographs.length) open(photographs);
}

/** Offer three colorings of a photograph that was just opened. */
const offered = new Set();
async function offer() {
  const stage = /** @type {import("./stage.js").Stage} */ (by("stage"));
  const photo = stage.photo;
  by("first")?.remove();
  await photo?.settled;
  if (stage.photo !== photo || !photo?.after || offered.has(photo.key) || photo.past.length || photo.unsaved) return;
  offered.add(photo.key);
  const blobs = await small(photo.opened.id, COLORINGS.map(([, change]) => ({ tintype: 1, ...change }))).catch(() => []);
  if (!blobs.length || stage.photo !== photo || photo.past.length) return;
  const box = made("div", ""), group = made("fieldset", "");
  box.id = "first";
  group.append(made("legend", "sr", { textContent: "Which coloring do you like best?" }));
  COLORINGS.forEach(([name, change], i) => {
    const choice = made("button", "", { type: "button", ariaPressed: String(name === "Natural") });
    choice.append(made("img", "", { alt: "", src: URL.createObjectURL(blobs[i]) }), name);
    choice.addEventListener("click", () => {
      stage.apply({ saturation: 1, bold: false, seed: null, ...change }, "first");
      for (const other of group.querySelectorAll("[aria-pressed]")) other.ariaPressed = String(other === choice);
    });
    group.append(choice);
  });
  const close = made("button", "close", { type: "button", textContent: "×", ariaLabel: "Close the choice of colorings" });
  close.addEventListener("click", () => box.remove());
  group.append(close);
  box.append(group);
  document.querySelector("main")?.append(box);
}

function addCamera() {
  const camera = made("input", "", { type: "file", accept: "image/*", hidden: true, ariaLabel: "A photograph from the camera" });
  camera.setAttribute("capture", "environment");
  camera.addEventListener("change", () => {
    open([...(camera.files ?? [])]);
    camera.value = "";
  });
  const button = made("button", "", { type: "button", textContent: "Take a photograph", id: "camera" });
  button.addEventListener("click", () => camera.click());
  by("choose").after(" ", button, camera);
}

async function start() {
  addCamera();
  document.addEventListener("rested", offer);
  by("stage").addEventListener("apply", (event) => /** @type {CustomEvent} */ (event).detail.group === "first" || by("first")?.remove());
  if (typeof WebAssembly !== "object") return tell(new ServiceError("this browser has no WebAssembly, which coloring needs; use a newer one", "failed"));
  await navigator.serviceWorker?.register("offline.js").catch(() => {}); // without it the edition works as long as there is a connection
  if (location.search === "?shared") await openShared();
  const launched = /** @type {any} */ (window).launchQueue; // photographs that the desktop opens with the installed edition
  launched?.setConsumer(async (/** @type {{files: {getFile: () => Promise<File>}[]}} */ params) =>
    params.files.length && open(await Promise.all(params.files.map((each) => each.getFile()))));
}

await start();
