"""Answers and waiting changes as Markdown for chat programs, which draw it where nobody of ours sanitises it.

Text from telemetry is in it: images, which a program would fetch by themselves, and HTML are made plain text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson

from agents.answer import Answer, Part, Source, unknown_text
from agents.export import grid, row_of
from agents.parts import Most, bounded
from agents.plots import value_text
from domain.completions import spaced
from domain.confirmations import Confirmation
from domain.windows import stamp
from graphs import cards
from web.completions.words import short_of

SHOWN = Most(points=1_000_000, series=12, rows=25, beside=0, characters=300)
LONGEST_QUERY, LONGEST_CODE = 300, 6000
ACTIVE = re.compile(r"<|(?:(?<=!)|\A)\[")
FENCES = re.compile(r"`+")
CITED = re.compile(r"\s*\[e\d+(?:\s*[,;]\s*e?\d+)*\]", re.IGNORECASE)


def plain(text: str) -> str:
    """The text with nothing in it that a Markdown renderer would fetch or run; also a piece of a longer text."""
    return ACTIVE.sub(lambda found: f"\\{found[0]}", text)


def piece(text: str) -> str:
    """A piece of an answer as it comes: its lines stay lines."""
    return plain(text).replace("\n", "  \n")


def code(text: str) -> str:
    """On one line, in as many backticks as it needs."""
    text = " ".join(text.split())
    ticks = "`" * (1 + max((len(run) for run in FENCES.findall(text)), default=0))
    return f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"


def block(text: str, language: str) -> str:
    fence = "`" * max(3, *(1 + len(run) for run in FENCES.findall(text)), 3)
    kept = (
        text if len(text) <= LONGEST_CODE else f"{text[:LONGEST_CODE]}\n... {len(text) - LONGEST_CODE} more characters"
    )
    return f"{fence}{language}\n{kept}\n{fence}"


def prose(answer: Answer) -> str:
    """The verdict and what was found."""
    findings = [f"- {plain(finding.text)}" for finding in answer.findings]
    return "\n\n".join(filter(None, (plain(answer.summary), "\n".join(findings))))


def written(answer: Answer, run_id: UUID, said: str = "") -> str:
    """The answer; when its verdict and findings were `said` already, what there is beside them."""
    heard = spaced(CITED.sub("", said))
    is_said = all(spaced(text) in heard for text in (answer.summary, *(finding.text for finding in answer.findings)))
    lead = "" if is_said else prose(answer)
    return "\n\n".join(filter(None, ("---" if said and not is_said else "", lead, *beside(answer, run_id))))


def beside(answer: Answer, run_id: UUID) -> Iterator[str]:
    for part in answer.parts:
        yield drawn(bounded(part, SHOWN))
    if answer.unknown:
        yield "**Could not establish**\n\n" + "\n".join(f"- {plain(unknown_text(item))}" for item in answer.unknown)
    if answer.sources:
        yield "**Evidence**\n\n" + "\n".join(evidence(number, each) for number, each in enumerate(answer.sources, 1))
    if answer.suggestions:
        yield "**Next:** " + " · ".join(plain(each) for each in answer.suggestions)
    who = (
        "answered by rules, no model"
        if answer.brain == "rules"
        else f"answered by a model, {answer.tokens_used} tokens"
    )
    yield "*" + " · ".join([plain(who), *(plain(note) for note in answer.notes), f"run {run_id}"]) + "*"


def evidence(number: int, source: Source) -> str:
    window = f", {source.window['start']} to {source.window['end']}" if source.window else ""
    query = " ".join(source.query.split())
    asked = f": {code(query[:LONGEST_QUERY] + ('…' if len(query) > LONGEST_QUERY else ''))}" if query else ""
    trouble = f" ({plain(source.error)})" if source.error else ""
    stale = f", as of {source.as_of}" if source.stale else ""
    told = f"- e{number} {code(source.tool)} {source.status}{trouble}: {plain(source.source)}{window}{stale}"
    return f"{told}, execution {code(source.execution)}{asked}"


def drawn(part: Part) -> str:
    """A heading and a table; a stat on one line. What was left out is said below."""
    title = f"**{plain(part.title)}**"
    if part.kind == "stat":
        return f"{title}: {plain(str(part.data['value']))} {plain(part.data.get('unit') or '')}".rstrip()
    columns, rows = spans(part) if part.kind == "series" else grid(part)
    lines = [row_of(columns), row_of("---" for _ in columns), *(row_of(map(plain_cell, row)) for row in rows)]
    cut = f"\n\n{plain(part.data['cut'])}" if part.data.get("cut") else ""
    return f"{title}\n\n" + "\n".join(lines) + cut if rows else f"{title}: nothing"


def plain_cell(value: object) -> object:
    return plain(value) if isinstance(value, str) else value


def spans(part: Part) -> tuple[list[str], list[list[Any]]]:
    """A chart in words: of each line where it begins and ends, and its extremes."""
    whole: Sequence[dict[str, Any]] = part.data.get("series") or [{"name": part.title, "points": part.data["points"]}]
    unit = part.data.get("unit") or ""
    return ["series", "first", "last", "lowest", "highest"], [span(line, unit) for line in whole]


def span(line: dict[str, Any], unit: str) -> list[Any]:
    values = [value for _, value in line["points"] if value is not None]
    kept = [values[0], values[-1], min(values), max(values)] if values else [None] * 4
    unit = line.get("unit") or unit
    return [line.get("name") or "", *("–" if value is None else value_text(float(value), unit) for value in kept)]


def asked_back(found: Confirmation) -> str:
    """A change that waits: what, how risky, the difference it makes, until when, and how to decide here."""
    shown = cards.card(found)
    details = shown["details"]
    return "\n\n".join(
        filter(
            None,
            (
                f"**{plain(shown['title'])}**: waits for approval, nothing is done before it.",
                "\n".join(f"- {plain(line)}" for line in listed(found, shown)),
                block(details["diff"], "diff") if details["diff"] else "",
                block(pretty(details["arguments"]), "json"),
                how_to_decide(found),
            ),
        )
    )


def listed(found: Confirmation, shown: cards.Json) -> Iterable[str]:
    yield f"Risk: {found.risk_level}. Tool: {found.tool}. Asked for by {found.requester}."
    yield from shown["details"]["lines"]
    yield from (f"Warning: {text}" for text in shown["warnings"])
    yield f"Until {stamp(found.expires_at.replace(microsecond=0))}, {shown['seconds_left']} seconds from now."


def how_to_decide(found: Confirmation) -> str:
    short = short_of(found.id)
    if found.mode == "four_eyes":
        return (
            f"It needs a second person: `trivium approve {found.id}`, or the page. You can withdraw it: answer "
            f"`reject {short}`."
        )
    return f"Answer `approve {short}` or `reject {short}`. Any other message sets it aside."


def pretty(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def unread(answer: Answer) -> Answer:
    """With the note that what the program sent before could not be matched to a conversation of ours."""
    note = "The messages before this one are not known here, so it was read without them"
    return replace(answer, notes=(*answer.notes, note))
