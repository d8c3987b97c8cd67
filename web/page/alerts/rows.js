// Alerts as rows: filtered, sorted, counted. Pure; tested by `node --test`.

const RANK = { critical: 0, warning: 1, info: 2 };
const text = (key) => (a, b) => a[key].localeCompare(b[key]);
const lasted = (alert, now) => (alert.duration_seconds ?? (now - Date.parse(alert.starts_at)) / 1000);

/** How two alerts follow each other, column by column, ascending. */
const ORDERS = {
  severity: (a, b) => (RANK[a.severity] ?? 9) - (RANK[b.severity] ?? 9),
  name: text("name"), service: text("service"), summary: text("summary"), team: text("team"), status: text("status"),
  starts_at: text("starts_at"),
  duration: (a, b, now) => lasted(a, now) - lasted(b, now),
};

/** The alerts in this order; those that are equal stay newest first. `sort` is {key, is_down}. */
export function sorted(alerts, { key, is_down }, now) {
  const order = ORDERS[key], sign = is_down ? -1 : 1;
  return [...alerts].sort((a, b) => sign * order(a, b, now) || b.starts_at.localeCompare(a.starts_at) || a.id.localeCompare(b.id));
}

/** Those that all chosen filters keep: {severity, service, teams (of "mine", null for everybody's), words}. */
export function kept(alerts, { severity, service, teams, words }) {
  const wanted = (words ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return alerts.filter((alert) => (!severity || alert.severity === severity) && (!service || alert.service === service)
    && (!teams || teams.includes(alert.team)) && wanted.every((word) => haystack(alert).includes(word)));
}

const haystack = (alert) => `${alert.name} ${alert.service} ${alert.summary} ${alert.instance} ${alert.environment} ${alert.team}`.toLowerCase();

/** [value, count] of one field, the most first. */
export function counted(alerts, key) {
  const counts = new Map();
  for (const alert of alerts) counts.set(alert[key], (counts.get(alert[key]) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || String(a[0]).localeCompare(String(b[0])));
}

/** Which rows are drawn of `total`: {from, to}, some more than are seen. */
export function windowed(total, { top, height, row, beyond = 12 }) {
  const from = Math.max(0, Math.floor(top / row) - beyond);
  return { from, to: Math.min(total, Math.ceil((top + height) / row) + beyond) };
}

/** Where to scroll so that the row that was first in sight stays where it was, though rows came or went above it. */
export function anchored(before, after, { top, row }) {
  if (top < row) return top;
  const at = Math.floor(top / row), places = new Map(after.map((alert, place) => [alert.id, place]));
  for (let place = at; place < before.length; place += 1) {
    const found = places.get(before[place].id);
    if (found !== undefined) return top + (found - place) * row;
  }
  return top;
}

/** Pages put together: each alert once, the one that came last. */
export function joined(pages) {
  const found = new Map();
  for (const alert of pages.flat()) found.set(alert.id, alert);
  return [...found.values()];
}
