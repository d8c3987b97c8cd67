// An error in the page's words: what was not done, why, and what to do. Pure.

const REFUSED = new Set([
  "permission_denied", "insufficient_permissions", "needs_second_person", "nothing_visible", "datasource_disabled",
  "datasource_not_allowed", "read_only", "safe_mode",
]);

/** A refusal as {kind, icon, mark, title, text, permission}, or null where it is a failure. No apology, no red. */
export function refusal(error) {
  const is_refused = error.status === 403 || REFUSED.has(error.error);
  if (!is_refused) return null;
  const text = error.alternative ?? "", told = (error.message ?? "").replace(text, "").replace(/ \(\w+\)/, "").trim();
  return { kind: "refused", icon: "slash", mark: "unknown", title: titled("Not done", told), text, permission: error.required_permission, can_retry: false };
}

const TITLES = {
  offline: "The server does not answer", database_unavailable: "The database does not answer", source_unavailable: "A source does not answer",
  stopped: "The worker is going down", rate_limited: "Too many questions at once", cancelled: "Stopped", not_found: "Not found",
  confirmation_expired: "Expired, nothing was changed", validation_error: "This cannot be taken", cut: "The connection broke",
  gave_up: "Given up", internal_error: "Trivium failed on this",
};
const QUIET = new Set(["cancelled", "not_found", "validation_error", "rate_limited", "confirmation_expired"]);

/** A failure as {kind, icon, mark, title, text}. */
export function notice(error, what = "") {
  const is_quiet = QUIET.has(error.error), kind = is_quiet ? "info" : "critical";
  const title = TITLES[error.error] ?? (what ? `${what}: not known` : "This could not be loaded");
  const details = (error.details ?? []).map((each) => `${each.field}: ${each.message}`).join("; ");
  const text = [error.message, details && !error.message?.includes(details) ? details : "", error.alternative ?? ""].filter(Boolean).join(" ");
  return { kind, icon: is_quiet ? "info" : "critical", mark: kind, title, text, can_retry: !["not_found", "cancelled"].includes(error.error) };
}

const titled = (head, message) => {
  const first = (message ?? "").replace(/\.$/, "");
  return first ? `${head}: ${first[0].toLowerCase() + first.slice(1)}` : head;
};
