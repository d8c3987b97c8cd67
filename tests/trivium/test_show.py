import csv
import io

import pytest
from rich.console import Console

from agents.answer import Answer, Finding, Part, Source, Unknown
from agents.export import as_csv, as_markdown
from trivium.cells import length, text_of
from trivium.show import show, spark

ROWS = [
    {
        "starts_at": "2026-11-14T14:36:57Z",
        "severity": "critical",
        "name": "HighLatency",
        "lasted": 331.0,
        "summary": "=slow|er",
    },
    {"starts_at": "2026-11-14T00:00:00Z", "severity": "info", "name": "Restart", "lasted": None, "summary": ""},
]
COLUMNS = [
    {"key": "starts_at", "title": "Started (UTC)"},
    {"key": "severity", "title": "Severity"},
    {"key": "name", "title": "Alert"},
    {"key": "lasted", "title": "Lasted", "unit": "s"},
    {"key": "summary", "title": "Summary"},
]
ANSWER = Answer(
    summary="2 alerts fired on checkout, 14 Nov 2026 UTC.",
    findings=(Finding(text="Most were critical.", executions=("x1",)),),
    parts=(
        Part(kind="stat", title="Alerts", data={"name": "Alerts", "value": 2, "unit": ""}, executions=("x1",)),
        Part(kind="table", title="Newest", data={"columns": COLUMNS, "rows": ROWS}, executions=("x1",)),
        Part(
            kind="series",
            title="By hour",
            data={"unit": "alerts", "points": [["2026-11-14T13:00:00Z", 0], ["2026-11-14T14:00:00Z", 2]]},
            executions=("x1",),
        ),
    ),
    sources=(
        Source(
            execution="x1",
            tool="query_alerts_history",
            source="db",
            status="ok",
            query="select  1",
            window={"start": "a", "end": "b"},
            as_of=None,
        ),
    ),
    unknown=(Unknown(what="Users affected.", why="No source counts them."),),
    suggestions=("And the week before?",),
    understood="Alerts on checkout",
)
SHOWN = """\
2 alerts fired on checkout, 14 Nov 2026 UTC.
  • Most were critical.

  Alerts: 2

  Newest
  Started (UTC)  Severity  Alert        Lasted  Summary
  14 Nov 14:36   critical  HighLatency   6 min  =slow|er
  14 Nov         info      Restart           –  –

  By hour
  ▁█
  14 Nov 13:00 … 14 Nov 14:00, highest 2 alerts

  Could not establish: Users affected. No source counts them.

Read as: Alerts on checkout
e1 query_alerts_history ok: db, a to b, execution x1
Answered by rules, no model

Next: And the week before?
"""


def test_an_answer_is_shown_whole_on_a_terminal() -> None:
    out = io.StringIO()
    show(Console(file=out, width=100), ANSWER)
    assert "\n".join(line.rstrip() for line in out.getvalue().split("\n")) == SHOWN


def test_a_long_table_says_how_many_rows_it_leaves_out() -> None:
    part = Part(kind="table", title="Many", data={"columns": COLUMNS, "rows": ROWS * 10}, executions=("x1",))
    out = io.StringIO()
    show(Console(file=out, width=100), Answer(summary="Many.", parts=(part,)))
    assert "… and 8 more: --format csv has them all" in out.getvalue()


def test_a_long_cell_folds_so_that_the_short_columns_beside_it_stay() -> None:
    columns = [{"key": "name", "title": "Name"}, {"key": "query", "title": "Query"}, {"key": "n", "title": "Count"}]
    rows = [{"name": "a", "query": "sum(rate(http_requests_total{service='checkout'}[5m]))", "n": 12345}]
    part = Part(kind="table", title="Q", data={"columns": columns, "rows": rows}, executions=("x1",))
    out = io.StringIO()
    show(Console(file=out, width=48), Answer(summary="One.", parts=(part,)))
    assert "Count" in out.getvalue()
    assert "12345" in out.getvalue()
    assert "sum(rate(http_requests_total{service='checkout'}[5m]))" in "".join(
        line[6:].removesuffix("12345").strip() for line in out.getvalue().splitlines()
    )


@pytest.mark.parametrize(
    ("unit", "said"), [("ms", "highest 250 ms"), ("percentunit", "highest 25000 %"), ("alerts", "highest 250 alerts")]
)
def test_the_highest_is_said_with_its_unit_once(unit: str, said: str) -> None:
    data = {"unit": unit, "points": [["2026-11-14T13:00:00Z", 0], ["2026-11-14T14:00:00Z", 250]]}
    out = io.StringIO()
    part = Part(kind="series", title="S", data=data, executions=("x1",))
    show(Console(file=out, width=100), Answer(summary="One.", parts=(part,)))
    assert out.getvalue().split("Answered")[0].rstrip().endswith(said)


def test_csv_holds_every_row_with_its_query_and_window_and_no_formula() -> None:
    text = as_csv(ANSWER)
    assert text.startswith("# Newest\n# query_alerts_history, a to b, execution x1: select 1\n")
    table = [line for line in text.splitlines() if not line.startswith("#")]
    rows = list(csv.reader(table))
    assert rows[0] == ["Started (UTC)", "Severity", "Alert", "Lasted", "Summary"]
    assert rows[1] == ["2026-11-14T14:36:57Z", "critical", "HighLatency", "331.0", "'=slow|er"]
    assert rows[3:] == [["time", "alerts"], ["2026-11-14T13:00:00Z", "0"], ["2026-11-14T14:00:00Z", "2"]]


def test_markdown_has_the_verdict_the_tables_and_what_is_unknown() -> None:
    text = as_markdown(ANSWER)
    assert text.startswith("**2 alerts fired on checkout, 14 Nov 2026 UTC.**\n")
    assert "| 2026-11-14T14:36:57Z | critical | HighLatency | 331.0 | =slow\\|er |" in text
    assert "- Users affected. No source counts them." in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (9.4, "9 s"),
        (60, "1 min"),
        (331, "6 min"),
        (3600, "1 h"),
        (4320, "1 h 12 min"),
        (86400, "1 d"),
        (183600, "2 d 3 h"),
    ],
)
def test_lengths_of_time_have_two_units_at_most(seconds: float, words: str) -> None:
    assert length(seconds) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "s", "–"),
        ("", "", "–"),
        (0, "", "0"),
        (11.0, "min", "11 min"),
        ("2026-W46", "", "2026-W46"),
        (True, "s", "True"),
        (0.052, "percentunit", "5.2 %"),
        (3.0, "reqps", "3 req/s"),
        (100, "%", "100 %"),
        (2, "alerts", "2"),
    ],
)
def test_values_read_as_a_person_writes_them(value: object, unit: str, words: str) -> None:
    assert text_of(value, unit) == words


def test_a_spark_keeps_its_peaks_however_long_the_series() -> None:
    values = [0.0] * 1000
    values[777] = 5.0
    assert len(spark(values)) <= 96
    assert spark(values).count("█") == 1
    assert spark([0, 0]) == "▁▁"
