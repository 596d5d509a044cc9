/** What this device remembers for the person. A browser may refuse storage: then nothing is remembered. */

/**
 * @param {string} key
 * @returns {string} the remembered text, or ""
 */
export function recall(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch (refused) {
    return "";
  }
}

/**
 * @param {string} key
 * @param {string} text an empty text is forgotten
 * @returns {boolean} whether the device took it
 */
export function remember(key, text) {
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
    return true;
  } catch (refused) {
    return false;
  }
}
