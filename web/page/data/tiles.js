// Numbers side by side: name, value, share of the limit with a tick where it stands, and what that means.
import { classes, html } from "../lib.js";
import { Icon } from "../icons.js";
import { measured } from "../words.js";
import { Chips } from "./evidence.js";
import { judged } from "./judging.js";

const ICONS = { ok: ["ok", "mk-ok"], critical: ["critical", "mk-critical"], warning: ["warning", "mk-warning"], info: ["info", "mk-info"], unknown: ["unknown", "mk-unknown"], stale: ["clock", "mk-stale"] };

/** @param {{stats: object[], parts: object[], sources: object[]}} props */
export function Tiles({ stats, parts, sources }) {
  const verdicts = stats.map((part) => judged(part, parts, sources)), hasMeter = verdicts.some((each) => each.meter);
  return html`<dl class=${`tiles of-${Math.min(4, stats.length)}`} aria-label="Numbers">${stats.map((part, at) => html`<${Tile} part=${part} verdict=${verdicts[at]} sources=${sources} hasMeter=${hasMeter} />`)}</dl>`;
}

function Tile({ part, verdict, sources, hasMeter }) {
  const { name, value, unit } = part.data;
  const shown = typeof value === "string" && Number.isNaN(Number(value)) ? { value, unit: "" } : measured(value, unit === "alerts" ? "" : unit);
  const [icon, mark] = ICONS[verdict.kind] ?? [];
  return html`<div class=${classes("tile", verdict.kind === "stale" && "stale")}>
    <dt><span title=${name || part.title}>${name || part.title}</span><${Chips} part=${part} sources=${sources} /></dt>
    <dd class="stat">${shown.value}<small>${shown.unit}</small></dd>
    ${verdict.meter ? html`<${Meter} ...${verdict.meter} />` : hasMeter && html`<svg class="meter" aria-hidden="true"></svg>`}
    <dd class="versus">${icon && html`<${Icon} name=${icon} kind=${mark} />`}<span>${verdict.word && html`<b class=${verdict.kind}>${verdict.word}</b> `}${verdict.rest}</span></dd></div>`;
}

function Meter({ fills, tick }) {
  return html`<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4" rx="1" />
    ${fills.map(({ kind, from, share }) => html`<rect class=${classes("fill", kind)} x=${100 * from} width=${100 * share} height="4" rx="1" />`)}
    ${tick !== null && html`<rect class="tick" x=${100 * tick} width=".9" height="4" />`}</svg>`;
}
