/** Sends one file the way the guest's page does: `node sender.mjs '{"path", "endpoint", "token", "secret", …}'`. */

import { readFile } from "node:fs/promises";
import { createSender } from "../../static/src/guest/sender.js";

const job = JSON.parse(process.argv[2]);
const file = await readFile(job.path);
const send = createSender({
  endpoint: job.endpoint,
  chunkSize: job.chunkSize,
  headers: () => ({ "X-Drop-Guest": job.secret }),
  metadata: () => ({ filename: "clip.jpg", invite: job.token, key: "by the page" }),
  retryDelays: Array(60).fill(20),
});
let stalls = 0;
let url = "";
send(
  { file, size: file.length, url: "" },
  {
    located: (found) => {
      url = found;
    },
    progress: () => {},
    stalled: () => {
      stalls += 1;
    },
    done: () => {
      console.log(JSON.stringify({ url, stalls }));
    },
    failed: (code) => {
      console.error(`gave up: ${code}`);
      process.exitCode = 1;
    },
  },
);
