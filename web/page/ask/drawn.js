// What a single query answered, as parts to draw. Pure. Shapes: web/models/queries.py, tools/metrics/queries.py.

const MOST_SERIES = 20;
const named = (labels) => Object.entries(labels ?? {}).filter(([key]) => key !== "__name__").map(([key, value]) => `${key}=${value}`).join(", ") || labels?.__name__ || "value";
const valued = (value) => (value === null || value === "NaN" ? null : Number(value));

/** @param {{data: object, execution_id: string, cut: string|null}} told @param {"prometheus"|"loki"} language */
export function partsOf(told, language) {
  const executions = [told.execution_id], { series = [], lines = [] } = told.data;
  if (lines.length) {
    const rows = lines.map((line) => ({ at: line.timestamp, level: line.labels?.level ?? line.labels?.detected_level ?? "unknown", text: line.line, labels: line.labels }));
    return [{ kind: "logs", title: "Your query", data: { rows, total: rows.length, ...(told.cut ? { cut: told.cut } : {}) }, executions }];
  }
  if (!series.length) return [];
  const drawn = series.filter((each) => each.values?.length > 1);
  if (!drawn.length) return [tabled(series, executions)];
  const cut = [told.cut, drawn.length > MOST_SERIES ? `${MOST_SERIES} of ${drawn.length} series` : ""].filter(Boolean).join("; ");
  const data = { unit: "short", series: drawn.slice(0, MOST_SERIES).map((each) => ({ name: named(each.labels ?? each.metric), points: each.values.map(([time, value]) => [time, valued(value)]) })), thresholds: [], bands: [], marks: [] };
  return [{ kind: "series", title: language === "loki" ? "Your query, from logs" : "Your query", data: cut ? { ...data, cut } : data, executions }];
}

function tabled(series, executions) {
  const rows = series.map((each) => ({ series: named(each.labels ?? each.metric), value: valued((each.values?.[0] ?? each.value)?.[1]) }));
  return { kind: "table", title: "Your query", data: { columns: [{ key: "series", title: "Series" }, { key: "value", title: "Value" }], rows }, executions };
}
