// Small values that this browser remembers; where it keeps nothing, until the page is closed.

/** @type {Map<string, string>} */
const unkept = new Map();

/** @param {string} name */
export function recall(name) {
  try {
    return unkept.get(name) ?? localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
    unkept.delete(name);
  } catch {
    unkept.set(name, value);
  }
}
