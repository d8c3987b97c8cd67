// Paper: light colours, closed lists open, charts as wide as a page, and all rows; afterwards as it was.
import { signal } from "../lib.js";

/** True between the moments before and after printing. */
export const printing = signal(false);
export const PAPER_WIDTH = 650;
export const MOST_PRINTED = 1000;

const CLOSED = "details.evidence:not([open]), details.steps:not([open])";
const before = { theme: null, opened: [] };

addEventListener("beforeprint", () => {
  const root = document.documentElement;
  before.theme = root.dataset.theme ?? null;
  root.dataset.theme = "light";
  before.opened = [...document.querySelectorAll(CLOSED)];
  for (const each of before.opened) each.open = true;
  printing.value = true;
});

addEventListener("afterprint", () => {
  const root = document.documentElement;
  if (before.theme === null) delete root.dataset.theme;
  else root.dataset.theme = before.theme;
  for (const each of before.opened) each.open = false;
  printing.value = false;
});
