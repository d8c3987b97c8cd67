import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.brain import Call, Gathered
from agents.rules.troubleshooting import case as cases
from agents.rules.troubleshooting import playbooks
from agents.rules.troubleshooting.case import Case, Fired, Made, Moved, Pattern
from agents.rules.troubleshooting.diagnose import Diagnosis, diagnosed
from agents.rules.troubleshooting.saying import holds
from domain.windows import stamp
from tools.spec import Status, ToolResult

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALERT = {"id": "a", "name": "HighLatency", "service": "checkout", "starts_at": stamp(START), "summary": "p95 over 1 s"}
SHELF = playbooks.load()
OWN = """
name = "latency"
title = "Slow answers, as this house sees them"
alert_names = ["*latency*"]
[[causes]]
id = "moon"
title = "The moon"
for = [{ sign = "text", words = ["p95"], weight = 0.9 }]
"""
SEEN = {"impact": "i", "changes": "c", "errors": "e", "similar": "s", "alert": "a", "dependency:db": "d"}


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


def a_case(**given: Any) -> Case:
    values: dict[str, Any] = {"alert": ALERT, "now": minutes(30), "parts": SEEN, "depends_on": ("db",)}
    return Case(**(values | given))


def released(at: float, service: str = "checkout", summary: str = "release 7") -> Made:
    return Made(kind="deployment", service=service, summary=summary, author="", at=minutes(at), url="", execution="c")


def moved(measure: str, at: float, service: str = "checkout", relative: float = 3.0) -> Moved:
    return Moved(
        measure=measure, title=measure, series="", service=service, unit="s", verdict="higher", before=0.2, after=0.8,
        peak=0.9, relative=relative, at=minutes(at), execution="i" if service == "checkout" else "d",
    )  # fmt: skip


def sure(found: Diagnosis, cause: str) -> float:
    return max((each.confidence for each in found.hypotheses if each.id == cause), default=0.0)


def diagnosis(**given: Any) -> Diagnosis:
    return diagnosed(a_case(**given), SHELF)


def test_a_change_shortly_before_the_start_is_the_likely_cause() -> None:
    found = diagnosis(changes=(released(-8),))
    assert (found.verdict, found.hypotheses[0].id) == ("likely", "change")
    assert [each.execution for each in found.hypotheses[0].in_favour] == ["c"]


@pytest.mark.parametrize("at", [3, 20])
def test_a_change_after_the_start_is_no_cause(at: float) -> None:
    assert diagnosis(changes=(released(at),)).verdict == "not_enough_evidence"


def test_a_change_between_the_real_start_and_the_alert_is_no_cause() -> None:
    """The latency rose 20 minutes before the alert fired; what was released ten minutes later did not do it."""
    found = diagnosis(changes=(released(-10),), moved=(moved("latency p95", -20),))
    assert found.onset == minutes(-20)
    assert sure(found, "change") == 0


def test_a_nearer_change_weighs_more() -> None:
    confidences = [sure(diagnosis(changes=(released(at),)), "change") for at in (-10, -40, -120, -230)]
    assert confidences == sorted(confidences, reverse=True)
    assert len(set(confidences)) == len(confidences)


def test_a_change_of_another_service_is_no_cause_however_near() -> None:
    new = Pattern(text="it broke", example="it broke", state="new", count=9, before=0, at=minutes(-2), execution="e")
    found = diagnosis(changes=(released(-3, "search"), released(-9)), patterns=(new,))
    assert [each.title for each in found.hypotheses if each.id == "change"] == ["“release 7” (checkout)"]


def test_lines_that_were_new_before_a_change_do_not_speak_for_it() -> None:
    def of(at: float) -> float:
        new = Pattern(text="odd", example="odd", state="new", count=9, before=0, at=minutes(at), execution="e")
        return sure(diagnosis(changes=(released(-10),), patterns=(new,)), "change")

    assert of(-9) > sure(diagnosis(changes=(released(-10),)), "change")
    assert of(-30) == sure(diagnosis(changes=(released(-10),)), "change")


def test_a_steady_dependency_is_less_likely_the_cause() -> None:
    fired = (Fired(name="DiskSlow", service="db", severity="warning", at=minutes(-5), execution="a"),)
    calm = frozenset({("db", "error rate"), ("db", "latency p95")})
    alone, steady = diagnosis(fired=fired), diagnosis(fired=fired, steady=calm)
    assert sure(steady, "dependency") < sure(alone, "dependency")
    assert any("did not move" in each.text for each in steady.hypotheses[0].against)


def test_a_dependency_that_is_slow_but_does_not_fail_is_not_called_steady() -> None:
    found = diagnosis(moved=(moved("latency p95", -6, "db"),), steady=frozenset({("db", "error rate")}))
    cause = next(each for each in found.hypotheses if each.id == "dependency")
    assert cause.against == ()
    assert not any("latency p95" in each.text for each in cause.unknown)


def test_what_could_not_be_looked_at_speaks_neither_for_nor_against() -> None:
    """The same confidence as without the sign, and the part is named."""
    whole = diagnosis(changes=(released(-8),))
    parts = {part: execution for part, execution in SEEN.items() if part != "errors"}
    blind = diagnosis(changes=(released(-8),), parts=parts, missing={"errors": "Loki is away"})
    assert sure(blind, "change") == sure(whole, "change")
    assert "errors: Loki is away" in blind.hypotheses[0].as_json()["unknown"]
    assert blind.as_json()["missing"] == [{"part": "errors", "why": "Loki is away"}]


def test_without_the_changes_no_change_is_named() -> None:
    parts = {part: execution for part, execution in SEEN.items() if part != "changes"}
    found = diagnosis(parts=parts, missing={"changes": "refused: release 7 broke it"})
    assert found.verdict == "not_enough_evidence"
    assert found.hypotheses == ()


def test_the_same_case_gives_the_same_bytes_in_whatever_order_it_was_found() -> None:
    changes = (released(-8), released(-30, "db", "db 4"), released(-9, summary="release 6"))
    measures = (moved("cpu", -5), moved("latency p95", -6, "db"))
    fired = tuple(
        Fired(name="NodeDown", service=name, severity="critical", at=minutes(-1), execution="a") for name in ("b", "c")
    )
    alert = ALERT | {"name": "InstanceDown"}
    for given in ({"changes": changes, "moved": measures}, {"alert": alert, "fired": fired}):
        turned = {key: value[::-1] if isinstance(value, tuple) else value for key, value in given.items()}
        assert json.dumps(diagnosis(**given).as_json()) == json.dumps(diagnosis(**turned).as_json())


def test_every_sign_that_is_met_names_the_execution_that_shows_it() -> None:
    found = diagnosis(changes=(released(-8),), moved=(moved("connections", -5), moved("latency p95", -6, "db")))
    signs = [sign for each in found.hypotheses for sign in (*each.in_favour, *each.against)]
    assert signs
    assert {sign.execution for sign in signs} <= set(SEEN.values())


def test_words_of_others_are_quoted() -> None:
    found = diagnosis(changes=(released(-8, summary="raise “limit”\nto 50"),))
    assert "“raise 'limit' to 50”" in found.hypotheses[0].in_favour[0].text


@pytest.mark.parametrize(
    ("text", "word", "is_there"),
    [
        ("pod was OOMKilled", "oom", True),
        ("no room left", "oom", False),
        ("java.lang.OutOfMemoryError", "outofmemory", True),
    ],
)
def test_a_word_is_found_where_it_begins(text: str, word: str, *, is_there: bool) -> None:
    assert holds(text, (word,)) is is_there


def answered(label: str, status: Status, data: dict[str, Any], error: str | None = None) -> Gathered:
    call = Call(tool="t", arguments={}, label=label)
    return Gathered(call, ToolResult(status=status, source="s", data=data, error=error))


def measured(measure: str, verdict: str, change: dict[str, Any] | None = None) -> dict[str, Any]:
    side = {"median": 1.0, "most": 1.0}
    return {
        "measure": measure, "title": measure, "series": "", "unit": "short", "verdict": verdict, "before": side,
        "after": side, "relative": 0.0, "change": change,
    }  # fmt: skip


def test_a_case_is_read_from_the_looks_and_failed_ones_are_missing() -> None:
    lines = [{"pattern": "p", "example": "p", "state": "more", "count": 9, "count_before": 2, "first_at": None}]
    shift = {"at": stamp(minutes(-28)), "before": 1.0, "after": 4.0, "relative": 3.0}
    impact = {
        "changed": [measured("cpu", "higher")],
        "unchanged": [
            measured("cpu", "same"), measured("memory", "same"), measured("queue", "not enough data"),
            measured("disk io", "same", shift),
        ],
    }  # fmt: skip
    found = cases.of(
        [
            answered("alert", "ok", {"alert": ALERT, "profile": None}),
            answered("impact", "ok", impact),
            answered("errors", "ok", {"patterns": lines}),
            answered("changes", "error", {}, "the record is away"),
            answered("top of web-1", "error", {}, "no such server"),
        ],
        minutes(30),
    )
    assert found
    assert found.missing == {"changes": "the record is away"}
    assert found.steady == {("checkout", "memory")}
    assert [(each.measure, each.before, each.after) for each in found.moved] == [
        ("cpu", 1.0, 1.0),
        ("disk io", 1.0, 4.0),
    ]
    assert [each.state for each in found.patterns] == ["growing"]


def test_without_the_alert_there_is_no_case() -> None:
    assert cases.of([answered("alert", "error", {}, "not there")], START) is None


def test_a_wrong_playbook_is_left_out_and_told_and_the_house_s_own_stands(tmp_path: Path) -> None:
    (tmp_path / "latency.toml").write_text(OWN.replace("weight", "wieght"))
    (tmp_path / "broken.toml").write_text("name = ")
    shelf = playbooks.load([tmp_path])
    assert shelf.playbooks == SHELF.playbooks
    assert [problem.partition(" ")[0] for problem in shelf.problems] == ["broken.toml", "latency.toml"]
    assert "wieght" in shelf.problems[1]


@pytest.mark.parametrize("title", ["{moon}", "{it", "{0}"])
def test_a_title_that_could_not_be_filled_is_told_at_load(tmp_path: Path, title: str) -> None:
    (tmp_path / "mine.toml").write_text(OWN.replace("The moon", title))
    shelf = playbooks.load([tmp_path])
    assert shelf.playbooks == SHELF.playbooks
    assert "mine.toml is left out: causes.0.title" in shelf.problems[0]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    shelf = playbooks.load([tmp_path / "nowhere"])
    assert shelf.playbooks == SHELF.playbooks
    assert "nowhere is no folder" in shelf.problems[0]


def test_a_playbook_of_the_user_takes_the_place_of_one_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(OWN)
    shelf = playbooks.load([tmp_path])
    assert (shelf.problems, shelf.playbooks["latency"].title) == ((), "Slow answers, as this house sees them")
    found = diagnosed(a_case(), shelf)
    assert (found.verdict, found.hypotheses[0].id) == ("likely", "moon")


def test_the_house_s_own_playbooks_have_nothing_wrong() -> None:
    assert SHELF.problems == ()
    assert {"latency", "errors", "general"} <= set(SHELF.playbooks)


@pytest.mark.parametrize(
    ("name", "summary", "book"),
    [
        ("CheckoutLatencyP95High", "", "latency"), ("KubePodCrashLooping", "", "crash_loop"),
        ("NodeFilesystemAlmostOutOfSpace", "", "disk"), ("TLSCertificateExpiringSoon", "", "certificate"),
        ("StrangeThing", "the consumer lag of a queue is too long", "queue_lag"), ("StrangeThing", "odd", "general"),
    ],
)  # fmt: skip
def test_an_alert_is_read_by_the_playbook_of_its_kind(name: str, summary: str, book: str) -> None:
    alert = {**ALERT, "name": name, "summary": summary}
    assert diagnosed(replace(a_case(), alert=alert), SHELF).playbook.name == book
