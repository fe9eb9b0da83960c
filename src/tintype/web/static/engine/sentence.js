/** An error whose message is a sentence for the person; code: for the page. */
export class Sentence extends Error {
  /** @param {string} message @param {string} [code] */
  constructor(message, code = "wrong-value") {
    super(message);
    this.code = code;
  }
}
