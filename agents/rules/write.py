"""From what was gathered to the answer: the intent's own draft, then sources, gaps and what to ask next."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from agents.answer import Answer, Finding, Source, Unknown
from agents.brain import Emit, Gathered, Question, Understanding
from agents.rules import describe, offers, phrases, plan
from agents.rules.facts import Draft, Facts, is_retold
from agents.rules.intents.shape import Intent, Step
from agents.rules.slots import Slots, from_json
from domain.windows import stamp
from tools.metrics import unset

Format: TypeAlias = Literal["detailed", "summary", "table", "timeline"]
SUBJECTS = {
    "query_alerts_history": "The list of alerts",
    "get_alert_trends": "The number of alerts over time",
    "get_event_count": "The number of events",
    "query_incidents": "The incidents",
    "get_mttr_statistics": "The time to resolve",
    "correlate_alerts_changes": "Changes before the alerts",
    "get_incident_timeline": "The course of the incident",
    "search_postmortems": "Postmortems",
    "query_metrics": "The measured values",
    "query_logs": "The log lines",
    "investigate_sift": "The patterns of errors",
    "get_application_health": "Uptime, error rate, p95 latency and requests",
    "analyze_impact": "What it did to CPU, memory, errors, latency and traffic",
    "detect_anomalies": "What is unusual in it",
    "recommend_optimizations": "What could be saved",
    "search_knowledge": "What is written down",
}
ABSENT = (unset.METRICS.error, unset.LOGS.error)
NARROWINGS = {
    "service": "service", "severity": "severity", "alert_name": "alert", "environment": "environment", "team": "team",
    "status": "status", "longer_than_seconds": "length",
}  # fmt: skip
MOST_FAILURES = 3
FORBIDDEN_HELP = "Ask someone whose role may read it."
FAILED_HELP = "Ask again when the source answers."
NOT_OFFERED = "The tool {tool} is not open to this role."
LISTED = re.compile(r"[\d,]+ of [\d,]+ \w+ are listed|lists cut to \d+ entries|the whole result is kept as an artifact")
SAMPLES = re.compile(r"[\d,]+ of [\d,]+ samples of .+ are missing")
PARTS: dict[Format, tuple[str, ...]] = {
    "detailed": ("stat", "table", "series", "logs", "events"),
    "summary": (),
    "table": ("stat", "table", "logs"),
    "timeline": ("series", "events"),
}


async def write(
    intent: Intent, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
) -> Answer:
    """The answer of a query; its summary and then each finding go out through `emit` as they stand."""
    facts = describe.facts(intent, from_json(understood.slots) or Slots(), question, gathered)
    answer = trimmed(answer_of(intent, facts, understood), question.response_format)
    await emit(answer.summary)
    for finding in answer.findings:
        await emit(f"\n{finding.text}")
    return answer


async def reply(understood: Understanding, emit: Emit) -> Answer:
    """The answer that needed no tool."""
    await emit(understood.reply)
    return Answer(summary=understood.reply, suggestions=understood.suggestions, understood=understood.plain)


def answer_of(intent: Intent, facts: Facts, understood: Understanding) -> Answer:
    draft = intent.write(facts) if intent.write else Draft(summary=intent.reply)
    return Answer(
        summary=draft.summary,
        findings=(*draft.findings, *cuts(facts.gathered)),
        data=draft.data,
        parts=draft.parts,
        timeline=draft.timeline,
        sources=tuple(source(each) for each in facts.gathered),
        suggestions=suggestions(intent, facts, draft),
        unknown=tuple(dict.fromkeys((*gaps(intent, facts), *draft.unknown))),
        tools_used=tuple(dict.fromkeys(each.call.tool for each in facts.gathered)),
        understood=understood.plain,
        notes=draft.notes,
    )


def suggestions(intent: Intent, facts: Facts, draft: Draft) -> tuple[str, ...]:
    if draft.is_zero:
        return offers.after_nothing(facts.slots)
    return offers.follow_ups(intent, facts.slots, draft.next)


def trimmed(answer: Answer, wanted: Format) -> Answer:
    """The answer in the form asked for; numbers, sources and what is unknown always stay."""
    parts = tuple(part for part in answer.parts if part.kind in PARTS[wanted])
    timeline = answer.timeline if wanted in ("detailed", "timeline") else ()
    findings = answer.findings if wanted == "detailed" else ()
    return replace(answer, parts=parts, timeline=timeline, findings=findings)


def source(each: Gathered) -> Source:
    result = each.result
    return Source(
        execution=str(result.execution_id or ""),
        tool=each.call.tool,
        source=result.source,
        status=result.status,
        query=result.query,
        window=result.window.as_json() if result.window else None,
        as_of=stamp(result.as_of) if result.as_of else None,
        stale=result.stale,
        cut=result.cut,
        error=result.error,
        artifact_id=str(result.artifact_id) if result.artifact_id else None,
    )


def cuts(gathered: Sequence[Gathered]) -> tuple[Finding, ...]:
    """What results left out, each once: a number or a list is only as complete as this says.

    How many rows of a list are shown is no gap: its table says so, and the source too. Missing samples are told once.
    """
    said: dict[str, tuple[str, ...]] = {}
    for each in gathered:
        for cut in (each.result.cut or "").split("; "):
            if cut and each.result.supports_claims and not LISTED.fullmatch(cut):
                said[cut] = (*said.get(cut, ()), str(each.result.execution_id or ""))
    samples = [cut for cut in said if SAMPLES.fullmatch(cut)]
    for cut in samples[1:]:
        said[samples[0]] = tuple(dict.fromkeys((*said[samples[0]], *said.pop(cut))))
    more = {samples[0]: f", and some of {len(samples) - 1} more"} if samples[1:] else {}
    return tuple(
        Finding(text=f"{phrases.capital(cut.rstrip('.'))}{more.get(cut, '')}.", executions=executions)
        for cut, executions in said.items()
    )


def gaps(intent: Intent, facts: Facts) -> list[Unknown]:
    """Everything the calls could not give: failed, not open to this role, or not narrowed as asked."""
    return [*failures(facts.gathered), *missing(intent, facts), *unheld(intent, facts)]


def failures(gathered: Sequence[Gathered]) -> list[Unknown]:
    """What could not be established because a call gave nothing that supports a claim."""
    failed = [each for each in gathered if not (each.result.supports_claims or is_retold(each, gathered))]
    tools = dict.fromkeys(each.call.tool for each in failed)
    return [told for tool in tools for told in of_tool([each for each in failed if each.call.tool == tool])]


def of_tool(failed: Sequence[Gathered]) -> list[Unknown]:
    """Each failure by itself; of many calls of one tool the first, and how many more."""
    if len(failed) <= MOST_FAILURES:
        return [failure(each) for each in failed]
    first = failure(failed[0])
    return [replace(first, what=f"{first.what} and {len(failed) - 1} more like it")]


def failure(each: Gathered) -> Unknown:
    result = each.result
    is_absent = result.error in ABSENT
    of_what = f" ({each.call.label})" if each.call.label and not is_absent else ""
    why = result.error or f"{each.call.tool} answered with status {result.status}."
    helps = {"forbidden": FORBIDDEN_HELP, "error": "" if result.source == "policy" or is_absent else FAILED_HELP}
    settle = helps.get(result.status, "")
    return Unknown(what=f"{SUBJECTS.get(each.call.tool, each.call.tool)}{of_what}", why=why, settle=settle)


def missing(intent: Intent, facts: Facts) -> list[Unknown]:
    """What was not asked at all, because its tool is not among those offered."""
    made = {plan.key(each.call) for each in facts.gathered}
    tools = dict.fromkeys(call.tool for call in plan.wished(intent, facts) if plan.key(call) not in made)
    return [
        Unknown(what=SUBJECTS.get(tool, tool), why=NOT_OFFERED.format(tool=tool), settle=FORBIDDEN_HELP)
        for tool in tools
    ]


def unheld(intent: Intent, facts: Facts) -> list[Unknown]:
    """The narrowings that a tool could not do, so that what it gave is wider than the question."""
    steps = [step for step in intent.steps if plan.applies(step, facts.slots)]
    return [wider(step, name) for step in steps for name in plan.not_held(step, facts.slots)]


def wider(step: Step, name: str) -> Unknown:
    subject = SUBJECTS.get(step.tool, step.tool)
    return Unknown(
        what=f"{subject} narrowed by {NARROWINGS[name]}",
        why=f"{step.tool} cannot be narrowed by {NARROWINGS[name]}, so it covers all of them.",
    )
