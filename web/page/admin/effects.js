// What the policy's words mean to people. Pure: tested by `node --test`.

const NARROWED = { own_alerts: "own alerts", aggregated_only: "aggregates", view_only: "view only" };
const LOOKS = { allow: ["allow", "check"], confirm: ["confirm-e", "hand"], deny: ["deny", "slash"], audit_only: ["audit", "eye"] };
const SAID = { allow: "allow", confirm: "confirm", deny: "deny", audit_only: "audit only" };

/** {word, look, icon, is_scoped} of a cell. */
export function shown(cell) {
  const [look, icon] = LOOKS[cell.effect], scope = cell.effect === "deny" ? null : NARROWED[cell.scope];
  const word = !scope ? SAID[cell.effect] : cell.effect === "allow" ? scope : `${SAID[cell.effect]}, ${scope}`;
  return { word, look, icon, is_scoped: Boolean(scope) };
}

/** Whether two cells mean the same. */
export const same = (one, other) => one.effect === other.effect && (one.scope ?? null) === (other.scope ?? null);

const GROUPS = {
  inquiry: ["Inquiry", "reads"], troubleshooting: ["Troubleshooting", "reads and suggests"],
  "revive/grafana": ["Revive, Grafana", "changes"], "revive/aiops": ["Revive, platform", "changes"],
};

/** Rows by pillar and, in revive, by what they act on: [{key, name, about, rows}]. */
export function grouped(rows) {
  const found = new Map(Object.keys(GROUPS).map((key) => [key, []]));
  for (const row of rows) {
    const key = row.pillar === "revive" ? `revive/${row.category}` : row.pillar;
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(row);
  }
  return [...found].filter(([, members]) => members.length).map(([key, members]) => ({ key, name: GROUPS[key]?.[0] ?? key, about: GROUPS[key]?.[1] ?? "", rows: members }));
}

/** What a cell can be set to: [{effect, scope}], the plain ones first, then what narrows a reading tool. */
export function choices(row) {
  const plain = ["allow", "confirm", "audit_only", "deny"].map((effect) => ({ effect, scope: null }));
  if (row.risk !== "read") return plain;
  const scopes = { inquiry: ["aggregated_only", "own_alerts"], troubleshooting: ["own_alerts"], revive: ["own_alerts"] }[row.pillar] ?? [];
  return [...plain, ...scopes.map((scope) => ({ effect: "allow", scope }))];
}

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const VERBS = { gain: ["gains", "gain"], lose: ["loses", "lose"], looser: ["is asked less", "are asked less"], tighter: ["is held closer", "are held closer"] };

/** "11 engineers gain", "1 operator loses"; of nobody it says so. */
export function headline(effect) {
  const parts = Object.keys(VERBS).filter((key) => effect[key].length).map((key) => `${count(effect[key].length, effect.role)} ${VERBS[key][effect[key].length === 1 ? 0 : 1]}`);
  return parts.join(", ") || `Nobody is affected`;
}

/** Names, the first few in full: "Eve, Max and 3 more". */
export function named(names, most = 6) {
  if (names.length <= most) return listed(names);
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

const TIMES = (number) => (number === 1 ? "once" : number === 2 ? "twice" : `${number} times`);

/** How the tool was used of late by those whom the change is about; empty when it takes nothing away and nobody did. */
export function usage(effect) {
  const who = effect.used.map(({ user, times }) => `${user} (${TIMES(times)})`);
  if (!who.length) return effect.lose.length ? "None of them used it in the last 30 days." : "";
  return `${who.length} of them used it in the last 30 days: ${named(who)}.`;
}

/** What holds afterwards, in one or two sentences. */
export function meaning(effect) {
  const { after, risk, risk_level: level } = effect, title = effect.title.replace(/\.$/, "");
  if (after.effect === "deny") return `${title}: closed.`;
  const how = {
    allow: after.scope ? `only for ${shown(after).word}` : "without being asked",
    confirm: "each time after a confirmation", audit_only: "without being asked; each use is written to the audit log beforehand",
  }[after.effect];
  const second = effect.approval_mode === "four_eyes" ? ` Risk is ${risk} (${level}): needs a second person, by the setting for ${level} risk.` : "";
  return `${title}: open, ${how}.${second}`;
}

/** Why a change affects nobody. */
export function idle(effect) {
  if (headline(effect) !== "Nobody is affected") return "";
  if (!effect.same.length) return `Nobody has the role ${effect.role}.`;
  return `${named(effect.same)}: another role decides, or nothing changes.`;
}

/** Whether the policy makes something else of a change than was asked. */
export const differs = (effect, asked) => asked.effect !== null && effect.after.effect !== asked.effect;

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Somebody else's words with what cannot be seen made visible: characters that hide or turn text around stand as U+202E. */
export const bare = (text) => text.replace(HIDDEN, (letter) => `[U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
