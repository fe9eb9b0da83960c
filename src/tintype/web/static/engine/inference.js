// The worker that runs the network, so that photographs are read while it loads.

import { Sentence } from "./sentence.js";
import { Sessions } from "./sessions.js";

const MAX_THREADS = 4;
const here = (/** @type {string} */ path) => new URL(`../vendor/${path}`, import.meta.url).href;

/** @param {string} name of a part of the network */
async function part(name) {
  const answer = await fetch(here(`${name}.onnx`));
  if (!answer.ok) throw new TypeError(`failed to fetch ${name}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** The file with all outputs: its parts are messages, which merge where they follow each other. */
async function wholeFile() {
  const parts = await Promise.all([part("default"), part("segments")]);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function loadRuntime() {
  if (typeof WebAssembly !== "object")
    throw new Sentence("this browser has no WebAssembly, which the network needs; use a newer one");
  const runtime = await import(here("ort.wasm.bundle.min.mjs"));
  const { wasm } = runtime.env;
  wasm.wasmPaths = { wasm: here("ort-wasm-simd-threaded.wasm") };
  const cores = navigator.hardwareConcurrency;
  wasm.numThreads = self.crossOriginIsolated ? Math.min(MAX_THREADS, cores) : 1;
  runtime.env.logLevel = "error";
  // it compiles WebAssembly while the network arrives, and then says that no bytes are no network
  await runtime.InferenceSession.create(new Uint8Array()).catch(() => {});
  return runtime;
}

const loaded = Promise.all([loadRuntime(), part("default")]).then(([runtime, file]) =>
  Sessions.open(runtime, file, wholeFile),
);
loaded.catch(() => {}); // whoever asks gets the error

self.addEventListener("message", ({ ports: [port] }) => {
  port.onmessage = async ({ data: { id, given } }) => {
    try {
      const outputs = await (await loaded).run(.../** @type {[any, any, any]} */ (given));
      port.postMessage({ id, outputs });
    } catch (error) {
      const isSentence = error instanceof Sentence;
      port.postMessage({ id, problem: isSentence ? error.message : String(error), isSentence });
    }
  };
});
