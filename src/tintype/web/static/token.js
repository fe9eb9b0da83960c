// The service's token on this device: it comes by the page's address, by a link's code, or by hand.

import { recall, remember } from "./remembered.js";

const NAME = "token";

/** @param {string} given */
export const keepToken = (given) => remember(NAME, given);

/** Goes with every request. A header holds ASCII only; so does every token of a service. */
export function authorization() {
  const token = recall(NAME)?.replace(/[^ -~]/g, "?");
  return /** @type {Record<string, string>} */ (token ? { Authorization: `Bearer ${token}` } : {});
}
