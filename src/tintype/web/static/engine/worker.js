// The worker of the browser edition: loads the network once and answers api.js one call after the other.

import { Network } from "./network.js";
import { Sentence, Studio } from "./studio.js";

const MOST_THREADS = 4;
const here = (/** @type {string} */ path) => new URL(path, import.meta.url).href;

async function load() {
  if (typeof WebAssembly !== "object")
    throw new Sentence("this browser has no WebAssembly, which the network needs; use a newer one");
  const runtime = await import(here("../vendor/ort.wasm.bundle.min.mjs"));
  runtime.env.wasm.wasmPaths = { wasm: here("../vendor/ort-wasm-simd-threaded.wasm") };
  runtime.env.wasm.numThreads = self.crossOriginIsolated
    ? Math.min(MOST_THREADS, navigator.hardwareConcurrency)
    : 1;
  runtime.env.logLevel = "error";
  const [file, about] = await Promise.all([
    fetch(here("../vendor/default.onnx")).then((answer) => answer.arrayBuffer()),
    fetch(here("../edition.json")).then((answer) => answer.json()),
  ]);
  return { network: await Network.load(runtime, file, about), about };
}

const loaded = load();
loaded.catch(() => {}); // it is told to whoever asks
const studio = new Studio(loaded);
let queue = Promise.resolve();

self.addEventListener("message", ({ data: { id, method, given } }) => {
  queue = queue.then(async () => {
    try {
      self.postMessage({ id, answer: await /** @type {any} */ (studio)[method](...given) });
    } catch (error) {
      self.postMessage({
        id,
        problem: {
          message: sentence(error),
          code: error instanceof Sentence ? error.code : "failed",
        },
      });
    }
  });
});

/** @param {unknown} error */
function sentence(error) {
  if (error instanceof Sentence) return error.message;
  const text = String(error);
  if (error instanceof RangeError || /memory|allocation|OOM/i.test(text))
    return "there is not enough memory for this picture; close other pages, or make it smaller";
  if (error instanceof TypeError && /fetch/i.test(text))
    return "the network could not be loaded; connect to the internet once and reload";
  return `it could not be colored (${text})`;
}
