// Runs a step of the engine in JavaScript on arrays: node run.mjs STEP FOLDER; the folder holds in.json and float32 files.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , step, folder, engine, vendor] = process.argv;
const load = (/** @type {string} */ name) => import(`${pathToFileURL(`${engine}/${name}`)}`);
const given = JSON.parse(readFileSync(`${folder}/in.json`, "utf8"));
const floats = (/** @type {string} */ name) =>
  new Float32Array(new Uint8Array(readFileSync(`${folder}/${name}`)).buffer);
const bytes = (/** @type {string} */ name) => new Uint8Array(readFileSync(`${folder}/${name}`));
const plane = (/** @type {string} */ name, [height, width] = given.shapes[name]) => ({
  width,
  height,
  data: floats(name),
});
const put = (/** @type {string} */ name, /** @type {ArrayBufferView} */ data) =>
  writeFileSync(`${folder}/${name}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

const steps = {
  async upsample() {
    const { cleaned, upsampled } = await load("upsample.js");
    const small = [plane("a"), plane("b")],
      lightness = plane("lightness");
    const large = upsampled(small, lightness),
      clean = cleaned(large, small, lightness);
    large.forEach((each, c) => put(`large${c}`, each.data));
    clean.forEach((each, c) => put(`clean${c}`, each.data));
  },
  async process() {
    const { throughProcess, processTable } = await load("process.js");
    const table = processTable(given.colors, given.palettes);
    throughProcess([plane("a"), plane("b")], plane("lightness"), table).forEach((each, c) =>
      put(`out${c}`, each.data),
    );
  },
  async sizes() {
    const { resized } = await load("planes.js");
    const { viewOf } = await load("network.js");
    const { visibleShare } = await load("tone.js");
    const lightness = plane("lightness");
    const view = viewOf(lightness, given.size);
    put("shown", view.shown.data);
    writeFileSync(
      `${folder}/out.json`,
      JSON.stringify({ size: view.size, visible: visibleShare(resized(lightness, ...view.size)) }),
    );
  },
  async render() {
    const { renderRows, guideOf, factorOf } = await load("photograph.js");
    const pixels = bytes("pixels"),
      [height, width] = given.shapes.pixels;
    const factor = factorOf(width, height);
    put(
      "guide",
      guideOf(width, height, factor, (top, rows) =>
        pixels.subarray(4 * top * width, 4 * (top + rows) * width),
      ).data,
    );
    renderRows(pixels, [plane("a"), plane("b")], { left: 0, top: 0, width }, factor);
    put("out", pixels);
  },
  async color() {
    const { Network } = await load("network.js");
    const { Prepared, renderRows, guideOf, factorOf } = await load("photograph.js");
    const runtime = await import(`${pathToFileURL(`${vendor}/ort.wasm.bundle.min.mjs`)}`);
    Object.assign(runtime.env.wasm, { numThreads: 1 });
    runtime.env.logLevel = "error";
    const network = await Network.load(runtime, readFileSync(given.network), given.about);
    const pixels = bytes("pixels"),
      [height, width] = given.shapes.pixels,
      factor = factorOf(width, height);
    const guide = guideOf(width, height, factor, (top, rows) =>
      pixels.subarray(4 * top * width, 4 * (top + rows) * width),
    );
    const ab = await new Prepared(network, guide, given.bins).ab(given.guidance);
    ab.forEach((each, c) => put(`ab${c}`, each.data));
    renderRows(pixels, ab, { left: 0, top: 0, width }, factor);
    put("out", pixels);
  },
  async splice() {
    const { withMetadata } = await load("metadata.js");
    put("out", withMetadata(bytes("encoded"), bytes("original"), given.label));
  },
};
await steps[step]();
