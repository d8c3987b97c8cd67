// The colours and the letters of the theme that is on, as a canvas needs them.

const NAMES = {
  c1: "--c1", c2: "--c2", c3: "--c3", c4: "--c4", c5: "--c5", c6: "--c6", grid: "--c-grid", base: "--line-2", axis: "--c-axis", before: "--c-before",
  limit: "--c-limit", breach: "--c-breach", edge: "--critical-line", critical: "--critical", area: "--c-area", bar: "--accent-soft", mark: "--text-2",
  hatch: "--unknown-line", odd: "--warning-soft", oddEdge: "--warning-line", warning: "--warning", surface: "--surface", other: "--line-ctl",
};

/** Dashes of the six lines, so that they differ in grey too. */
export const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 3], [1, 3]];

/** @param {HTMLElement} host an element of the page; the colours are those that hold where it stands */
export function paletteOf(host) {
  const probe = document.createElement("span");
  probe.style.setProperty("transition", "none", "important"); // else less motion, which shortens each transition, gives the colour before
  host.append(probe);
  const style = getComputedStyle(probe);
  const told = { font: style.fontFamily };
  for (const [name, variable] of Object.entries(NAMES)) {
    probe.style.color = `var(${variable})`;
    told[name] = style.color;
  }
  probe.remove();
  return told;
}

/** Call when the theme changes, by choice, by the system or for paper. @returns {() => void} to stop */
export function onTheme(changed) {
  const watch = new MutationObserver(changed), system = matchMedia("(prefers-color-scheme: dark)");
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  system.addEventListener("change", changed);
  return () => { watch.disconnect(); system.removeEventListener("change", changed); };
}
