// The frame of the admin view: its tabs beside, the bar above, and what stands to the right.
import { classes, html, signal, useEffect, useRef } from "../lib.js";
import { get } from "../api.js";
import { Icon } from "../icons.js";
import { to } from "../router.js";
import { isAdmin, sources } from "../store.js";
import { Bar } from "../shell/bar.js";

/** Tabs as they stand in the list: [path, name]. */
export const TABS = [
  ["permissions", "Permissions"], ["models", "Models"], ["mcp-servers", "MCP servers"], ["datasources", "Datasources"],
  ["applications", "Applications"], ["rules", "Rules"], ["runbooks", "Runbooks"], ["usage", "Usage"], ["audit", "Audit"],
  ["users", "Users"], ["me", "What I may do"],
];

/** The last verdict on the audit log: a reply of the chain, {failed: true}, or null before anybody asked. */
export const chain = signal(null);
let asking = null;

/** The audit log verified now; two who ask at once share one answer. */
export function verifyChain() {
  asking ??= get("/api/v1/admin/ai/audit/chain").then((told) => { chain.value = told; }, () => { chain.value = { failed: true }; }).finally(() => { asking = null; });
  return asking;
}

/**
 * @param {{tab: string, title?: string, crumb?: string, chips?: any, actions?: any, side?: any, children?: any, kind?: string}} props
 * `side` is a panel to the right of the tab, `kind` the class of the tab's own part.
 */
export function Frame({ tab, title, crumb = "Admin", chips, actions, side, children, kind = "sheet" }) {
  const name = title ?? TABS.find(([path]) => path === tab)?.[1] ?? tab;
  return html`<${Bar} title=${name} crumb=${isAdmin.value ? crumb : ""} chip=${chips}>${actions}</${Bar}>
    <div class=${classes("admin", side && "has-side")}><${Tabs} tab=${tab} /><section class=${kind} aria-label=${name}><h2 class="sr">${name}</h2>${children}</section>${side}</div>`;
}

function Tabs({ tab }) {
  const list = useRef(null);
  useEffect(() => { list.current.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); }, [tab]);
  useEffect(() => { if (isAdmin.value && !chain.value) verifyChain(); }, []);
  const shown = isAdmin.value ? TABS : TABS.filter(([path]) => path === "me");
  return html`<nav ref=${list} class="subnav" aria-label="Admin">${shown.map(([path, name]) => html`<a key=${path} ...${to(`/admin/${path}`)} aria-current=${path === tab ? "page" : undefined}>${name}<${Mark} tab=${path} /></a>`)}</nav>`;
}

function Mark({ tab }) {
  const mark = { datasources: datasourceMark, audit: chainMark }[tab]?.();
  return mark ? html`<${Icon} name=${mark[0]} kind=${mark[1]} size=${14} label=${mark[2]} />` : null;
}

function datasourceMark() {
  const silent = (sources.value ?? []).filter((each) => each.state === "unhealthy").length;
  return silent ? ["unknown", "mk-unknown", `${silent} ${silent === 1 ? "has" : "have"} no answer`] : null;
}

function chainMark() {
  const told = chain.value;
  if (!told || told.failed) return null;
  return told.is_intact ? ["ok", "mk-ok", "chain verified"] : ["critical", "mk-critical", "chain broken"];
}
