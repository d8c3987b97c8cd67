"""A run and a runbook as Markdown: for a person who reads, or a host that hands it to its model."""

from collections.abc import Iterator
from typing import Any

from agents.answer import Answer, Source, from_json, unknown_text
from domain.confirmations import Confirmation
from domain.masking import mask_text
from domain.runs import Run
from domain.windows import stamp
from mcp_server import parts, rendering
from mcp_server.parts import quoted

LONGEST = 20_000
CUT = "\n\n…cut here: it is longer than a host should be given at once."


def of_run(run: Run, waiting: Confirmation | None) -> str:
    """The question, the answer with its evidence, and what waits for a decision."""
    about = (f"{run.graph} run {run.id}", rendering.told(run.status), f"asked {stamp(run.created_at)}")
    lines = [f"# {quoted(run.question)}", f"{', '.join(about)}; conversation {run.session_id}"]
    if run.error:
        lines.append(f"**It failed:** {run.error['message']}" if run.status == "failed" else run.error["message"])
    if run.answer:
        lines += of_answer(from_json(run.answer))
    if waiting:
        lines += ["## Waits for a decision", fenced(rendering.question(waiting))]
    return bounded("\n\n".join(lines))


def of_answer(answer: Answer) -> Iterator[str]:
    yield answer.summary
    if answer.findings:
        yield "## Findings"
        yield "\n".join(
            f"- {found.text} ({found.confidence}; {', '.join(found.executions)})" for found in answer.findings
        )
    if answer.unknown:
        yield "## Not established"
        yield "\n".join(f"- {unknown_text(item)}" for item in answer.unknown)
    for part in answer.parts[: parts.MOST_PARTS]:
        yield "\n".join(parts.told(part))
    if answer.sources:
        yield "## Where it comes from"
        yield "\n".join(map(of_source, answer.sources))
    if answer.suggestions:
        yield "## What could be done next"
        yield "\n".join(f"- {item}" for item in answer.suggestions)
    yield from answer.notes


def of_source(source: Source) -> str:
    query = quoted(source.query).replace("`", "'")
    return f"- {source.status}, {rendering.source(source)}" + (f": `{query}`" if query else "")


def of_runbook(found: dict[str, Any]) -> str:
    """What it is for, every step in words as the person who approves it would read them, and the way back."""
    about = [f"version {found['version']}", found["kind"].replace("_", " ")]
    about += [f"service {found['service']}"] if found["service"] else []
    about += ["switched off"] if not found["is_enabled"] else []
    about += ["sample"] if found["sample"] else []
    lines = [f"# {found['title'] or found['name']}", f"`{found['name']}`, {', '.join(about)}", found["description"]]
    if found["alert_names"]:
        lines.append(f"For the alerts {', '.join(found['alert_names'])}.")
    lines += ["## What it does", "\n".join(f"- {quoted(line)}" for line in found["in_words"])]
    if found["warnings"]:
        lines += ["## Mind", "\n".join(f"- {quoted(line)}" for line in found["warnings"])]
    lines.append("To run it, ask for it with `revive`: it runs only after a person has approved its exact commands.")
    return bounded("\n\n".join(filter(None, lines)))


def fenced(text: str) -> str:
    """As it is, whatever stands in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def bounded(text: str) -> str:
    masked = mask_text(text)
    return masked if len(masked) <= LONGEST else masked[:LONGEST] + CUT
