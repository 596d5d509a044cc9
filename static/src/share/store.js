/**
 * What a phone shared and nobody has sent yet: files in the browser's own database, which keeps them without a network
 * and across restarts. A file leaves it when it was received, or left out by hand. Used by pages and the service worker.
 */

const NAME = "drop-shared";
const FILES = "files";

/**
 * @typedef {object} Shared
 * @property {number} id in the order of sharing
 * @property {File} file
 * @property {string} to the path of the page that it is to be sent by, or "" while nobody chose one
 * @property {string} title of that page
 * @property {boolean} handed whether that page had it on its list before
 */

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(FILES, { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * One transaction, over when the promise is.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(files: IDBObjectStore) => IDBRequest<T> | void} work
 * @returns {Promise<T | undefined>} what the last request gave
 */
async function within(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(FILES, mode);
      const request = work(transaction.objectStore(FILES));
      transaction.oncomplete = () => resolve(request ? request.result : undefined);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/**
 * Keeps all of these files, or none.
 * @param {File[]} files
 * @throws {DOMException} QuotaExceededError when the browser has no room for them
 */
export const add = (files) =>
  within("readwrite", (store) => {
    for (const file of files) store.add({ file, to: "", title: "", handed: false });
  });

/** @returns {Promise<Shared[]>} in the order of sharing */
export const all = async () => (await within("readonly", (store) => store.getAll())) ?? [];

/** @returns {Promise<number>} */
export const count = async () => (await within("readonly", (store) => store.count())) ?? 0;

/** @param {Shared[]} changed */
export const put = (changed) =>
  within("readwrite", (store) => {
    for (const each of changed) store.put(each);
  });

/** @param {number[]} ids */
export const remove = (ids) =>
  within("readwrite", (store) => {
    for (const id of ids) store.delete(id);
  });
