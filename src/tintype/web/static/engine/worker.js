// The worker of the browser edition: answers api.js one call after the other.

import { Network } from "./network.js";
import { Sentence } from "./sentence.js";
import { Studio } from "./studio.js";

/** @type {Map<number, {resolve: (outputs: any) => void, reject: (error: Error) => void}>} */
const waiting = new Map();
let count = 0;
/** @type {MessagePort} to inference.js; the first message brings it */
let port;

/** @param {MessageEvent} event an answer of inference.js */
function settle({ data: { id, outputs, problem, isSentence } }) {
  const call = waiting.get(id);
  waiting.delete(id);
  if (problem) call?.reject(isSentence ? new Sentence(problem) : new Error(problem));
  else call?.resolve(outputs);
}

/** @type {import("./sessions.js").Run} */
const run = (...given) =>
  new Promise((resolve, reject) => {
    waiting.set(++count, { resolve, reject });
    port.postMessage({ id: count, given });
  });

async function load() {
  const answer = await fetch(new URL("../edition.json", import.meta.url));
  const about = await answer.json();
  return { network: new Network(run, about), about };
}

const loaded = load();
loaded.catch(() => {}); // whoever asks gets the error
const studio = new Studio(loaded);
let queue = Promise.resolve();

self.addEventListener("message", ({ data, ports }) => {
  if (ports.length) {
    [port] = ports;
    port.onmessage = settle;
    return;
  }
  const { id, method, given } = data;
  queue = queue.then(async () => {
    try {
      self.postMessage({ id, answer: await /** @type {any} */ (studio)[method](...given) });
    } catch (error) {
      const code = error instanceof Sentence ? error.code : "failed";
      self.postMessage({ id, problem: { message: sentence(error), code } });
    }
  });
});

/** @param {unknown} error */
function sentence(error) {
  if (error instanceof Sentence) return error.message;
  const text = String(error);
  if (error instanceof RangeError || /memory|allocation|OOM/i.test(text))
    return "there is not enough memory for this picture; close other pages, or make it smaller";
  if (/TypeError.*fetch/i.test(text))
    return "the network could not be loaded; connect to the internet once and reload";
  return `it could not be colored (${text})`;
}
