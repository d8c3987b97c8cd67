"""One answer to a recorded incident, judged: right cause, valid evidence, no red herring, silence where it is due."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from agents import numbers
from agents.rules.troubleshooting.diagnose import POSSIBLE
from tests.scenarios.incident_data import Incident, Truth, Variant
from tests.scenarios.incident_world import Asked
from tools.spec import ToolResult

Json: TypeAlias = dict[str, Any]
FIRST = 3
NOTHING: Json = {"id": "", "confidence": 0.0, "title": ""}
IDENTIFIER = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CLOCK = re.compile(r"(?:at )?\d{2}:\d{2} UTC|-?\d+ min (?:before|after) it began")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An incident, as it was or with sources broken."""

    incident: Incident
    variant: Variant | None = None

    @property
    def truth(self) -> Truth:
        return self.variant or self.incident.truth

    @property
    def name(self) -> str:
        broken = f" without {' and '.join(self.variant.broken)}" if self.variant else ""
        return self.incident.name + broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """`wrong` says what was invalid in the evidence; `has_abstained` is None where there was something to find."""

    case: Case
    verdict: str
    top: tuple[str, float, str]
    is_first: bool
    is_among_three: bool
    wrong: tuple[str, ...]
    herrings: tuple[str, ...]
    has_abstained: bool | None


def cases(incidents: Iterable[Incident]) -> list[Case]:
    return [Case(incident=each) for each in incidents]


def broken(incidents: Iterable[Incident]) -> list[Case]:
    return [Case(incident=each, variant=variant) for each in incidents for variant in each.variants]


def scored(case: Case, asked: Asked) -> Score:
    """Raises AssertionError when the run gave no answer."""
    diagnosis: Json = asked.answer.data["diagnosis"]
    named, truth = told(diagnosis), case.truth
    first: Json = diagnosis["hypotheses"][0] if diagnosis["hypotheses"] else NOTHING
    is_silent = diagnosis["verdict"] == "not_enough_evidence"
    right = [truth.is_told_by(each["id"], each["title"]) for each in named]
    return Score(
        case=case,
        verdict=diagnosis["verdict"],
        top=(first["id"], first["confidence"], first["title"]),
        is_first=is_silent if truth.is_unknown else right[:1] == [True],
        is_among_three=is_silent if truth.is_unknown else any(right[:FIRST]),
        wrong=tuple(invalid(asked)),
        herrings=tuple(red for red in truth.red_herrings if any(red in each["title"] for each in named)),
        has_abstained=is_silent if truth.is_unknown else None,
    )


def told(diagnosis: Json) -> list[Json]:
    """The hypotheses that are put forward: those that are possible at least, the surest first."""
    return [each for each in diagnosis["hypotheses"] if each["confidence"] >= POSSIBLE]


def invalid(asked: Asked) -> Iterable[str]:
    """Every piece of evidence that cites no execution of this run that went well, or says a number it does not show."""
    for each in asked.answer.data["diagnosis"]["hypotheses"]:
        for item in (*each["for"], *each["against"]):
            yield from unfounded(item["text"], [item["execution"]], asked.executions)
    for finding in asked.answer.findings:
        if not finding.executions:
            yield f"nothing is cited: {finding.text}"
        missing = [one for one in finding.executions if not went_well(asked.executions.get(one))]
        yield from (f"{one} is no result: {finding.text}" for one in missing)


def unfounded(text: str, executions: Sequence[str], known: Mapping[str, Json]) -> Iterable[str]:
    rows = [known.get(one) for one in executions]
    if not all(map(went_well, rows)):
        yield f"no result is cited: {text}"
        return
    shown = numbers.unsupported(CLOCK.sub("", text), [result_of(row) for row in rows if row])
    yield from (f"{number} is not in the result: {text}" for number in shown)


def went_well(row: Json | None) -> bool:
    return row is not None and row["status"] == "success"


def result_of(row: Json) -> ToolResult:
    kept: Json = orjson.loads(row["result"])
    return ToolResult(status=kept["status"], source="record", data=kept.get("data") or {}, tool=row["tool"],
                      execution_id=UUID(str(row["id"])))  # fmt: skip


def normalised(asked: Asked) -> bytes:
    """The answer, each id in it by the number of its first place, and without what a broken source said of itself: how
    often it had failed by then depends on which of its requests came first."""
    text = orjson.dumps(asked.answer.as_json())
    for error in sorted(errors(asked), key=len, reverse=True):
        text = text.replace(orjson.dumps(error)[1:-1], b"what failed")
    known: dict[bytes, bytes] = {}
    return IDENTIFIER.sub(lambda found: known.setdefault(found[0], b"id-%d" % len(known)), text)


def errors(asked: Asked) -> set[str]:
    """What failed calls of the run said."""
    kept = [orjson.loads(row["result"]) for row in asked.executions.values() if not went_well(row) and row["result"]]
    return {each["error"] for each in kept if each.get("error")}


def constant(case: Case) -> bool:
    """Whether the answer "a change did it", whatever is asked, is right."""
    return any(each.cause == "change" for each in (case.truth, *case.truth.also))


def latest_change(case: Case) -> bool:
    """Whether it was the last change before the alert, as who has nothing but a list of changes would say."""
    before = [change for change in case.incident.changes if change.minutes <= 0]
    if not before:
        return case.truth.is_unknown
    newest = max(before, key=lambda change: change.minutes)
    return case.truth.is_told_by("change", newest.summary)
