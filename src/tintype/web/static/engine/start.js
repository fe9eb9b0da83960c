// Starts the workers: a script of its own, so that the network loads while the page does.

const started = (/** @type {string} */ name) =>
  new Worker(new URL(name, import.meta.url), { type: "module" });

/** Runs the network. */
export const inference = started("inference.js");
/** Answers the page. */
export const worker = started("worker.js");

const { port1, port2 } = new MessageChannel();
inference.postMessage(null, [port1]);
worker.postMessage(null, [port2]);
