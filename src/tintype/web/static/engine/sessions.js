// The network's sessions of ONNX Runtime Web: arrays in, arrays out.

/**
 * @typedef {{data: Float32Array, dims: readonly number[]}} Values
 * @typedef {(isWhole: boolean, feed: Record<string, Values>, wanted: string[]) =>
 *   Promise<Record<string, Values>>} Run  isWhole: with the outputs of segments
 */

/** @param {any} runtime @param {Uint8Array} file */
const opened = (runtime, file) =>
  runtime.InferenceSession.create(file, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "basic",
  });

export class Sessions {
  /** @type {Promise<any> | null} the session of the whole file */
  #whole = null;

  /**
   * @param {any} runtime onnxruntime-web @param {any} session
   * @param {() => Promise<Uint8Array>} wholeFile with all outputs: ONNX Runtime computes all that a
   * file has, fetched or not, so that coloring uses one without those of segments
   */
  constructor(runtime, session, wholeFile) {
    this.runtime = runtime;
    this.session = session;
    this.wholeFile = wholeFile;
  }

  /**
   * @param {any} runtime @param {Uint8Array} file @param {() => Promise<Uint8Array>} wholeFile
   */
  static async open(runtime, file, wholeFile) {
    return new Sessions(runtime, await opened(runtime, file), wholeFile);
  }

  /** What a session of the whole file is made from when it is first wanted. */
  #openWhole() {
    this.#whole ??= this.wholeFile().then((file) => opened(this.runtime, file));
    this.#whole.catch(() => (this.#whole = null));
    return this.#whole;
  }

  /** @type {Run} */
  async run(isWhole, feed, wanted) {
    const session = isWhole ? await this.#openWhole() : this.session;
    const accepted = Object.entries(feed).filter(([name]) => session.inputNames.includes(name));
    const tensors = accepted.map(([name, { data, dims }]) => [
      name,
      new this.runtime.Tensor("float32", data, dims),
    ]);
    const names = wanted.filter((name) => session.outputNames.includes(name));
    const outputs = await session.run(Object.fromEntries(tensors), names);
    return Object.fromEntries(
      names.map((name) => [name, { data: outputs[name].data, dims: outputs[name].dims }]),
    );
  }
}
