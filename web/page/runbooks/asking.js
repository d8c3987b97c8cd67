// Running a runbook, said in words: what the form holds becomes one request. Pure; tested by `node --test`.

const PLAIN = /^[^\s,;"'“”]+$/;

/** A value as it stands in a request: with quotes where it has spaces or signs that would end it. */
export const written = (value) => (PLAIN.test(String(value)) ? String(value) : `"${String(value).replaceAll('"', "'")}"`);

/** The request: "run restart-api with host=web-1 unit=api because it hangs". Empty values are left to their defaults. */
export function request(runbook, values, reason = "") {
  const pairs = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined).map(([name, value]) => `${name}=${written(value)}`);
  const verb = runbook.kind === "service_template" ? "provision" : "run";
  return [`${verb} ${runbook.name}`, pairs.length ? `with ${pairs.join(" ")}` : "", reason.trim() ? `because ${reason.trim()}` : ""].filter(Boolean).join(" ");
}

/** What is missing before it can be asked: names of parameters without a value or a default. */
export const missing = (runbook, values) => runbook.parameters.filter((each) => (each.default === undefined || each.default === null) && !String(values[each.name] ?? "").trim()).map((each) => each.name);
