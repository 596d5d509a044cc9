/** What was dropped, folders with all that is in them included. */

/** What systems leave in folders: nobody means to send it. */
const LEFTOVERS = /^(?:\.|thumbs\.db$|desktop\.ini$)/i;

/**
 * The files of a drop, in its order. Folders are walked through, however deep; what can't be read is left out.
 * Must be called while the drop is handled: the list is empty after that.
 * @param {DataTransfer | null} dropped
 * @returns {Promise<File[]>}
 */
export async function filesOf(dropped) {
  const items = Array.from(dropped?.items ?? []).filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
  const files = items.map((item) => item.getAsFile());
  const found = entries.map((entry, i) => (entry?.isDirectory ? within(entry) : [files[i]]));
  return (await Promise.all(found)).flat().filter((file) => file !== null);
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<(File | null)[]>} by name, as people see them: 2 before 10
 */
async function within(folder) {
  const entries = (await listing(folder)).filter(({ name }) => !LEFTOVERS.test(name));
  entries.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const files = [];
  for (const entry of entries) {
    if (entry.isDirectory) files.push(...(await within(/** @type {FileSystemDirectoryEntry} */ (entry))));
    else files.push(await opened(/** @type {FileSystemFileEntry} */ (entry)));
  }
  return files;
}

/** @param {FileSystemDirectoryEntry} folder @returns {Promise<FileSystemEntry[]>} none when it can't be read */
async function listing(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    // A browser hands out a hundred at a time, and says that it is done with none.
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return entries;
    entries.push(...some);
  }
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File | null>} null when it can't be read */
const opened = (entry) => new Promise((resolve) => entry.file(resolve, () => resolve(null)));
