/**
 * Lighthouse's scores of one page on a phone, 0 to 100, as JSON: `node audit.mjs ADDRESS PORT`, where PORT is the debugging
 * port of a Chromium.
 *
 * The phone is Lighthouse's own: a slow 4G line and a processor four times as slow, both simulated. `marks` says what took
 * something off a score. Nothing is reported to anybody: only Lighthouse's command does that, and only when it is told to.
 */

import lighthouse from "lighthouse";

const [address, port] = process.argv.slice(2);
const outcome = await lighthouse(address, {
  port: Number(port),
  onlyCategories: ["performance", "accessibility"],
  output: "json",
  logLevel: "error",
});
const { audits, categories, runtimeError } = outcome.lhr;
if (runtimeError) throw new Error(runtimeError.message);
const marks = Object.values(categories)
  .flatMap((category) => category.auditRefs)
  .filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 1)
  .map(({ id }) => `${id} ${audits[id].score} ${audits[id].displayValue ?? ""}`);
const score = (name) => Math.round(categories[name].score * 100);
console.log(
  JSON.stringify({ performance: score("performance"), accessibility: score("accessibility"), marks: [...new Set(marks)] }),
);
