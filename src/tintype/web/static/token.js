// The service's token on this device: it comes by the page's address, by a link's code, or by hand.

const NAME = "token";

export const token = () => localStorage.getItem(NAME);

/** @param {string} given */
export const keepToken = (given) => localStorage.setItem(NAME, given);
