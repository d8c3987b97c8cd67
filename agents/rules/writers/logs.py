"""Answers from log lines: those that match, those of an incident, and the patterns of errors among them."""

from dataclasses import replace
from typing import Any, TypeAlias

from agents import parts
from agents.answer import Finding, Unknown
from agents.brain import Call
from agents.rules import drawing, phrases, plan
from agents.rules.facts import Draft, Facts, Found
from agents.rules.quantities import span
from agents.rules.writers.incidents import titled
from agents.rules.writers.stories import main_incident, while_it_lasted
from agents.rules.writers.timeline import without

Json: TypeAlias = dict[str, Any]
TOOL, SIFT = "query_logs", "investigate_sift"
LEVELS = {"critical": "critical ", "error": "error ", "warning": "warning ", "info": "info ", "debug": "debug "}
MOST_PATTERNS = 3
LONGEST_SHOWN = 160
PATTERN_COLUMNS: tuple[drawing.Column, ...] = (
    ("state", "State"),
    ("count", "Lines"),
    ("count_before", "Before"),
    ("pattern", "Pattern"),
    ("first_at", "First (UTC)"),
    ("last_at", "Last (UTC)"),
    ("example", "Example"),
)


def lines(facts: Facts) -> Draft:
    """The lines that match, newest first, and how many there are of each level."""
    found = facts.of(TOOL)
    if found is None:
        return Draft(summary=f"Not known: which {kind(facts)}lines{of_whom(facts)}{facts.when}. {facts.why_not(TOOL)}")
    return told(found, f"{of_whom(facts)}{facts.when}", facts)


def lines_of_main(facts: Facts) -> tuple[Call, ...]:
    """The lines of the main incident's service, from a little before it began until a little after it ended."""
    main = main_incident(facts)
    if main is None:
        return ()
    incident, _ = main
    arguments: Json = {
        "question": plan.log_words(without_severity(facts).slots, incident["service"]),
        "time_range": while_it_lasted(incident, facts.now).as_json(),
    }
    if facts.slots.limit:
        arguments["limit"] = facts.slots.limit
    return (Call(tool=TOOL, arguments=arguments),)


def without_severity(facts: Facts) -> Facts:
    """A severity in a question of an incident's lines is the incident's."""
    return replace(facts, slots=replace(facts.slots, severities=()))


def of_incident(facts: Facts) -> Draft:
    """What was logged while the main incident lasted."""
    main = main_incident(facts)
    if main is None:
        return without(facts)
    incident, shown_by = main
    found, beginning = facts.of(TOOL), shown_by.finding(f"{titled(incident)}.")
    if found is None:
        why = facts.why_not(TOOL)
        return Draft(
            summary=f"Not known: what was logged during {incident['number']}. {why}",
            findings=(beginning,),
            data={"incident": incident},
        )
    window = found.data["window"]
    service = phrases.listing(facts.slots.services) or incident["service"]
    draft = told(
        found,
        f" of {service} during {incident['number']}, {span(window['start'], window['end'])}",
        without_severity(facts),
    )
    return Draft(
        summary=draft.summary,
        findings=(beginning, *draft.findings),
        data=draft.data | {"incident": incident},
        parts=draft.parts,
        unknown=draft.unknown,
        next=(f"What caused {incident['number']}?", f"Timeline of {incident['number']}"),
        is_zero=False,
    )


def told(found: Found, whose: str, facts: Facts) -> Draft:
    """The lines that came and the count of all of them."""
    rows, total = found.rows("rows"), found.data["total"]
    data: Json = {"total_lines": total, "by_level": found.data["by_level"], "listed": len(rows)}
    if not rows and not total:
        summary = f"No {kind(facts)}lines{whose} (the log source answered, so this is a real zero)."
        return Draft(summary=summary, findings=how(found), data=data, parts=drawn(found), is_zero=True)
    return Draft(
        summary=f"{counted(rows, total, facts)}{whose}{by_level(found)}{listed(rows, total)}.",
        findings=(*newest(found), *how(found)),
        data=data,
        parts=drawn(found),
        unknown=uncounted(found),
    )


def kind(facts: Facts) -> str:
    level = next(iter(facts.slots.severities), facts.slots.level)
    return f"{LEVELS.get(level, '')}log "


def of_whom(facts: Facts) -> str:
    """ " of checkout in production that contain “timeout”"."""
    slots = facts.slots
    whose = phrases.some([*slots.others, *slots.services])
    where = f" in {phrases.some(slots.environments)}" if slots.environments else ""
    about = f" with “{slots.topic}”" if slots.topic else ""
    return f"{f' of {whose}' if whose else ''}{where}{about}"


def counted(rows: list[Json], total: int | None, facts: Facts) -> str:
    number = len(rows) if total is None else total
    word = "line" if number == 1 else "lines"
    return f"{'At least ' if total is None else ''}{number:,} {kind(facts)}{word}"


def by_level(found: Found) -> str:
    """ ": 95 error, 35 warn", the most first."""
    levels = sorted(found.data["by_level"].items(), key=lambda pair: (-pair[1], pair[0]))
    said = ", ".join(f"{number:,} {level}" for level, number in levels if number)
    return f": {said}" if said else ""


def listed(rows: list[Json], total: int | None) -> str:
    if total is not None and len(rows) >= total:
        return ""
    shown = phrases.verb(len(rows), "is")
    return f"; the newest {len(rows):,} {shown} listed, there are more lines" if rows else "; none of them is listed"


def newest(found: Found) -> tuple[Finding, ...]:
    rows = found.rows("rows")
    return tuple(
        found.finding(f"The newest, {phrases.moment(row['at'])}: {shortened(row['text'])}") for row in rows[:1]
    )


def shortened(text: str) -> str:
    line = " ".join(text.split())
    return line[:LONGEST_SHOWN] + "…" if len(line) > LONGEST_SHOWN else line


def how(found: Found) -> tuple[Finding, ...]:
    """How the question was put to the logs, and what was assumed for it."""
    asked = [query["plain"] for query in found.rows("queries") if query["plain"]]
    said = [f"Asked for: {phrases.listing(asked)}."] if asked else []
    said += [f"Assumed: {text.rstrip('.')}." for text in (*found.data["assumed"], *found.data["repairs"])]
    return tuple(found.finding(text) for text in said)


def uncounted(found: Found) -> tuple[Unknown, ...]:
    failed = [
        Unknown(what=f"The numbers of {query['title']}", why=query["error"])
        for query in found.rows("queries")
        if query["error"]
    ]
    if found.data["total"] is None:
        failed.append(Unknown(what="How many lines there are in all", why="The log source could not count them."))
    return tuple(failed)


def drawn(found: Found) -> tuple[drawing.Part, ...]:
    """The count, the levels, the course of the numbers and the lines themselves."""
    total, levels, executions = found.data["total"], found.data["by_level"], (found.execution,)
    stats = [drawing.stat("Log lines", total, found)] if total is not None else []
    rows = [{"level": level, "count": number} for level, number in sorted(levels.items(), key=lambda pair: -pair[1])]
    tables = [drawing.table("By level", [("level", "Level"), ("count", "Lines")], rows, found)] if rows else []
    charts = [parts.chart(chart, executions) for chart in found.rows("charts")]
    shown = [parts.logs("Log lines, newest first", found.rows("rows"), executions, total)] if found.rows("rows") else []
    return (*stats, *tables, *charts, *shown)


def patterns(facts: Facts) -> Draft:
    """The patterns of errors, those that are new first."""
    found = facts.of(SIFT)
    whose = f" in the logs of {phrases.listing(facts.slots.services[:1])}{facts.when}"
    if found is None:
        return Draft(summary=f"Not known: the patterns of errors{whose}. {facts.why_not(SIFT)}")
    rows, total = found.rows("patterns"), found.data["errors"]
    data: Json = {key: found.data[key] for key in ("errors", "errors_before", "new_patterns", "patterns")}
    if not total:
        return Draft(
            summary=f"No errors{whose} (the log source answered, so this is a real zero).", data=data, is_zero=True
        )
    table = drawing.table("Patterns of errors, new ones first", PATTERN_COLUMNS, rows, found)
    return Draft(
        summary=f"{news(found)}{whose}; {total:,} errors in {phrases.count(len(rows), 'pattern')}, "
        f"{found.data['errors_before']:,} in the time before.",
        findings=(*pattern_findings(found), found.finding(f"Method: {found.data['method']}.")),
        data=data,
        parts=(drawing.stat("Errors", total, found), drawing.stat("New patterns", len(new(rows)), found), table),
        unknown=other_services(facts),
    )


def news(found: Found) -> str:
    number = len(new(found.rows("patterns")))
    return f"{phrases.count(number, 'new pattern')} of errors" if number else "No new pattern of errors"


def new(rows: list[Json]) -> list[Json]:
    return [row for row in rows if row["state"] == "new"]


def pattern_findings(found: Found) -> tuple[Finding, ...]:
    """The new ones, else those with most lines."""
    rows = found.rows("patterns")
    chosen = new(rows) or sorted(rows, key=lambda row: -row["count"])
    return tuple(
        found.finding(
            f"{phrases.capital(row['state'])}: {row['count']:,} times since {phrases.moment(row['first_at'])}, "
            f"{row['count_before']:,} before: {shortened(row['example'])}"
        )
        for row in chosen[:MOST_PATTERNS]
    )


def other_services(facts: Facts) -> tuple[Unknown, ...]:
    others = facts.slots.services[1:]
    why = "Errors are compared in the logs of one service at a time."
    return (Unknown(what=f"The errors of {phrases.some(others)}", why=why),) if others else ()
