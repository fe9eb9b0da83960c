// Runs a step of the engine in JavaScript on arrays: node run.mjs STEP FOLDER ENGINE VENDOR; the
// folder holds in.json and float32 files.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , step, folder, engine, vendor] = process.argv;
const load = (/** @type {string} */ name) => import(`${pathToFileURL(`${engine}/${name}`)}`);
const given = JSON.parse(readFileSync(`${folder}/in.json`, "utf8"));
const bytes = (/** @type {string} */ name) => new Uint8Array(readFileSync(`${folder}/${name}`));
const floats = (/** @type {string} */ name) => new Float32Array(bytes(name).buffer);
const plane = (/** @type {string} */ name, [height, width] = given.shapes[name]) => ({
  width,
  height,
  data: floats(name),
});
/** Channels first. */
const stack = (/** @type {string} */ name, [channels, height, width] = given.shapes[name]) => ({
  channels,
  width,
  height,
  data: floats(name),
});
const put = (/** @type {string} */ name, /** @type {ArrayBufferView} */ data) =>
  writeFileSync(`${folder}/${name}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
const tell = (/** @type {unknown} */ value) =>
  writeFileSync(`${folder}/out.json`, JSON.stringify(value));
/** The photograph of a step, and L* of it. */
async function photograph() {
  const { guideOf, factorOf } = await load("render.js");
  const pixels = bytes("pixels");
  const [height, width] = given.shapes.pixels;
  const factor = factorOf(width, height);
  const guide = await guideOf(width, height, factor, async (top, rows) =>
    pixels.subarray(4 * top * width, 4 * (top + rows) * width),
  );
  return { pixels, width, height, factor, guide };
}
async function segmentsOf() {
  const { Segments } = await load("things.js");
  return new Segments(
    { affinity: stack("affinity"), parts: stack("parts") },
    given.parts,
    plane("lightness"),
  );
}

const steps = {
  async upsample() {
    const { cleaned, upsampled } = await load("upsample.js");
    const small = [plane("a"), plane("b")];
    const lightness = plane("lightness");
    const large = upsampled(small, lightness);
    large.forEach((each, c) => put(`large${c}`, each.data));
    cleaned(large, small, lightness).forEach((each, c) => put(`clean${c}`, each.data));
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
    tell({ size: view.size, visible: visibleShare(resized(lightness, ...view.size)) });
  },
  async guidance() {
    const { checked } = await load("schema.js");
    tell(
      given.values.map((value) => {
        try {
          return checked(value, given.rules);
        } catch (error) {
          return error.message;
        }
      }),
    );
  },
  async draw() {
    const { drawn } = await load("marks.js");
    const sheets = given.hints.map((/** @type {any} */ hint) => drawn([hint], [], 60, 50)[2].data);
    put("sheets", Buffer.concat(sheets.map((/** @type {any} */ each) => Buffer.from(each.buffer))));
  },
  async render() {
    const { renderRows } = await load("render.js");
    const { pixels, width, factor, guide } = await photograph();
    put("guide", guide.data);
    renderRows(pixels, [plane("a"), plane("b")], { left: 0, top: 0, width }, factor);
    put("out", pixels);
  },
  async things() {
    const segments = await segmentsOf();
    given.points.forEach((point, k) => {
      put(`thing${k}`, segments.odds(point).data);
      put(`alike${k}`, segments.odds(point, true).data);
    });
    put("selected", segments.selected(given.points.slice(0, 1), given.points.slice(1)).data);
    for (const name of ["person", "hair", "clothes"]) put(name, segments.mask(name).data);
    put("near", segments.mask("clothes", given.points[0]).data);
  },
  async hints() {
    const { hintCorrection, shrunkHint } = await load("hints.js");
    const hint = [plane("h0"), plane("h1"), plane("h2")];
    const lightness = plane("lightness");
    const ab = [plane("a"), plane("b")];
    const out = hintCorrection(ab, ab, lightness, hint, plane("trust"), stack("roots"));
    out.forEach((each, c) => put(`out${c}`, each.data));
    shrunkHint(hint, lightness.width, lightness.height).forEach((each, c) =>
      put(`small${c}`, each.data),
    );
  },
  async reach() {
    const { fillThings, reached, spotsOf, trustMap } = await load("reach.js");
    const plain = [plane("a"), plane("b")];
    const spots = spotsOf(given.hints, given.strokes, plain);
    const places = reached(await segmentsOf(), spots);
    put("trust", trustMap(spots, plain[0].width, plain[0].height).data);
    for (const name of ["share", "member", "strength"]) put(name, places[name].data);
    fillThings([plane("large0"), plane("large1")], plane("lightness"), places).forEach((each, c) =>
      put(`out${c}`, each.data),
    );
  },
  async feather() {
    const { feathered } = await load("planes.js");
    put("out", feathered(plane("lightness"), plane("mask")).data);
  },
  async tones() {
    const { isDark, stretchedTones } = await load("tone.js");
    const curve = stretchedTones(bytes("pixels"));
    tell({ isDark: isDark(bytes("pixels")), curve: curve && [...curve] });
  },
  async encode() {
    const { JpegEncoder } = await load("jpeg.js");
    const { PngEncoder } = await load("png.js");
    const pixels = bytes("pixels");
    const [height, width] = given.shapes.pixels;
    for (const [name, encoder] of Object.entries({
      jpg: new JpegEncoder(width, height, given.quality),
      png: new PngEncoder(width, height),
    })) {
      for (let top = 0; top < height; top += given.rows)
        await encoder.add(pixels.subarray(4 * top * width, 4 * (top + given.rows) * width));
      put(`out.${name}`, Buffer.concat(await encoder.end()));
    }
  },
  async color() {
    const { Network } = await load("network.js");
    const { Prepared } = await load("photograph.js");
    const { Sessions } = await load("sessions.js");
    const { renderRows } = await load("render.js");
    const runtime = await import(`${pathToFileURL(`${vendor}/ort.wasm.bundle.min.mjs`)}`);
    Object.assign(runtime.env.wasm, { numThreads: 1 });
    runtime.env.logLevel = "error";
    const sessions = await Sessions.open(runtime, bytes("network.onnx"), async () =>
      Buffer.concat([bytes("network.onnx"), bytes("segments.onnx")]),
    );
    const network = new Network((...asked) => sessions.run(...asked), given.about);
    const { pixels, width, factor, guide } = await photograph();
    const prepared = new Prepared(network, guide, given.bins);
    const ab = await prepared.ab(given.guidance);
    ab.forEach((each, c) => put(`ab${c}`, each.data));
    const share = given.keeps ? await prepared.newShare(given.guidance) : null;
    renderRows(pixels, ab, { left: 0, top: 0, width }, factor, share);
    put("out", pixels);
  },
  async splice() {
    const { withMetadata } = await load("metadata.js");
    put("out", withMetadata(bytes("encoded"), bytes("original"), given.label));
  },
  async settings() {
    const { settingsOf } = await load("metadata.js");
    put("out", new TextEncoder().encode(given.guidance.map(settingsOf).join("\n")));
  },
};
await steps[step]();
