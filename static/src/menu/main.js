/** The hosts' page: htmx swaps parts of it, and the modules here do what HTML can't say. */

import htmx from "htmx.org";

import { startLinks } from "../guest/links.js";
import { startChoosing } from "./choosing.js";
import { startCopying } from "./copying.js";
import { startCreating } from "./creating.js";
import { startDialog } from "./dialog.js";
import { startMenus } from "./menus.js";
import { startPicking } from "./picking.js";
import { startProblems } from "./problems.js";
import { startRows } from "./rows.js";
import { startStatus } from "./status.js";
import { startToasts } from "./toasts.js";
import { startZones } from "./zones.js";

Object.assign(htmx.config, {
  includeIndicatorStyles: false, // an inline style, which the page's policy forbids
  allowEval: false,
  allowScriptTags: false,
  historyEnabled: false, // it would keep pages in the browser's storage; addresses are kept in step by creating.js
  responseHandling: [
    { code: "204", swap: false }, // all is as it was
    { code: "[23]..", swap: true },
    { code: "422", swap: true }, // a form with words about what is wrong in it
    { code: "...", swap: false, error: true },
  ],
});

startToasts();
startZones();
startRows();
startPicking();
startMenus();
startDialog();
startChoosing();
startCopying();
startCreating();
startProblems();
startStatus();
startLinks("/api", () => ({}));
