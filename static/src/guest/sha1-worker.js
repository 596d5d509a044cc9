/** The worker that sums up whole files, one after another and in slices, so that the page stays alive. */

import { sumInSlices } from "./slices.js";

let line = Promise.resolve();

/** In: {id, file}. Out: {id, sha1}, which is "" for a file that the device can't read. */
addEventListener("message", ({ data: { id, file } }) => {
  line = line.then(async () => {
    let sha1 = "";
    try {
      sha1 = await sumInSlices(file);
    } catch (unreadable) {
      // The file is sent as if it had never been asked about; sending says what is wrong with it.
    }
    postMessage({ id, sha1 });
  });
});
