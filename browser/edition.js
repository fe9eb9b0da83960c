// What the edition in the browser adds to the page: it works offline, takes shared photographs and
// the camera's.

import { ServiceError } from "./engine/api.js";
import { by, made, tell } from "./dom.js";
import "./main.js"; // the page is ready before anything is opened

const files = /** @type {HTMLInputElement} */ (by("files"));

/** Open photographs as if they were chosen. @param {File[]} photographs */
function open(photographs) {
  const list = new DataTransfer();
  for (const each of photographs) list.items.add(each);
  files.files = list.files;
  files.dispatchEvent(new Event("change"));
}

function addCamera() {
  const camera = made("input", "", {
    type: "file",
    accept: "image/*",
    hidden: true,
    ariaLabel: "A photograph from the camera",
  });
  camera.setAttribute("capture", "environment");
  camera.addEventListener("change", () => {
    open([...(camera.files ?? [])]);
    camera.value = "";
  });
  const button = made("button", "", {
    type: "button",
    textContent: "Take a photograph",
    id: "camera",
  });
  button.addEventListener("click", () => camera.click());
  by("choose").after(" ", button, camera);
}

async function start() {
  addCamera();
  if (typeof WebAssembly !== "object") {
    const text = "this browser has no WebAssembly, which coloring needs; use a newer one";
    return tell(new ServiceError(text, "failed"));
  }
  // photographs that the desktop opens with the installed edition
  const launched = /** @type {any} */ (window).launchQueue;
  launched?.setConsumer(
    async (/** @type {{files: {getFile: () => Promise<File>}[]}} */ params) =>
      params.files.length && open(await Promise.all(params.files.map((each) => each.getFile()))),
  );
}

await start();
