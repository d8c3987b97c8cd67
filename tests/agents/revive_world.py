"""What the tests of revive share: the tools as they are declared, a small estate to look things up in, requests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from uuid import UUID

from agents.answer import Answer
from agents.brain import Call, Gathered, Message, Offer, Question, Understanding
from agents.rules.revive.intents import BY_NAME
from tests.agents.rules_world import BRAIN, NOW, message, question
from tools import (
    anomalies,
    audit_logs,
    auto_analyze_rules,
    credentials,
    health,
    knowledge,
    optimise,
    plain_words,
    runbook_executions,
    runbook_tools,
    servers,
    sift,
)
from tools.grafana import alert_rules, annotations, dashboards, incidents, oncall, queries
from tools.spec import AnySpec, Pillar, ToolResult

Json: TypeAlias = dict[str, Any]
MODULES = (
    runbook_tools, runbook_executions, servers, credentials, auto_analyze_rules, audit_logs,
    dashboards, alert_rules, annotations, incidents, queries, oncall,
)  # fmt: skip
READING = (plain_words, health, anomalies, optimise, knowledge, sift)
SPECS: dict[str, AnySpec] = {
    spec.name: spec for module in (*MODULES, *READING) for spec in module.TOOLS if Pillar.REVIVE in spec.pillars
}
EVERY = Offer(tools=tuple(SPECS.values()))
OFFER = Offer(tools=tuple(spec for module in MODULES for spec in module.TOOLS))
SERVER = {"name": "server", "type": "server"}
REPLICAS = {"name": "replicas", "type": "integer", "description": "how many"}
RUNBOOKS: dict[str, Json] = {
    "restart-api": {"title": "Restart the API", "parameters": [{**SERVER, "required": False, "default": "web-1"}]},
    "restart-worker": {"title": "Restart a worker", "parameters": [SERVER]},
    "scale-service": {"title": "Scale a service", "parameters": [{"name": "service"}, REPLICAS]},
    "db-failover": {"title": "Fail the database over", "parameters": [], "servers": ["db-1"]},
    "cleanup": {"title": "Clean temporary files", "parameters": [SERVER]},
    "rotate-credentials": {"title": "Rotate credentials", "parameters": [{"name": "password", "secret": True}]},
    "postgres": {
        "title": "PostgreSQL", "kind": "service_template",
        "parameters": [
            {"name": "name"},
            {"name": "cores", "type": "integer"},
            {"name": "memory_gb", "type": "integer"},
            {"name": "storage_gb", "type": "integer", "required": False, "default": 20},
            {"name": "tier", "type": "choice", "choices": ["small", "large"], "required": False, "default": "small"},
        ],
    },
    "redis": {"title": "Redis", "kind": "service_template", "parameters": []},
}  # fmt: skip
DASHBOARDS = (
    {"uid": "co1", "title": "Checkout overview", "folder": "Services"},
    {"uid": "co2", "title": "Checkout details", "folder": "Services"},
    {"uid": "pay", "title": "Payments", "folder": "Payments"},
    {"uid": "pay2", "title": "Payments", "folder": "Old"},
    {"uid": "srv", "title": "Server Overview", "folder": "General"},
)
RULES = (
    {"uid": "r1", "title": "Checkout error rate", "condition": {"op": "above", "value": 0.05}},
    {"uid": "r2", "title": "Disk nearly full", "condition": {"op": "above", "value": 80}},
    {"uid": "r3", "title": "Two queries", "condition": None},
)
INCIDENTS = (
    {"id": "12", "title": "Checkout is down", "status": "active"},
    {"id": "13", "title": "Slow search", "status": "active"},
)
EXECUTION = "3f2b8c1a-1111-4222-8333-444455556666"


def like(rows: Sequence[Mapping[str, Any]], key: str, words: str) -> list[Json]:
    """The rows that have every word in them, as the tools search."""
    asked = words.casefold().replace("-", " ").split()
    return [dict(row) for row in rows if all(word in str(row[key]).casefold() for word in asked)]


def listed(rows: Mapping[str, Json]) -> list[Json]:
    named = {name: [parameter["name"] for parameter in row["parameters"]] for name, row in rows.items()}
    return [{"name": name, "kind": "runbook", **row, "parameters": named[name]} for name, row in rows.items()]


def runbooks(asked: Mapping[str, Any]) -> Json:
    found = [row for row in listed(RUNBOOKS) if asked.get("kind") in (None, row["kind"])]
    return {"runbooks": like(found, "name", asked.get("search", ""))}


def details(asked: Mapping[str, Any]) -> Json:
    row = RUNBOOKS[asked["runbook"]]
    steps = [{"kind": "ssh", "server": name} for name in row.get("servers", ())]
    return {"runbook": {"name": asked["runbook"], **row, "steps": steps}}


def rule(asked: Mapping[str, Any]) -> Json:
    return dict(next(row for row in RULES if row["uid"] == asked["uid"]))


def metrics(asked: Mapping[str, Any]) -> Json:
    """The first way to show a wish has series; a query as given has none."""
    return {"series": [{"metric": {"way": "0"}, "values": [[1, "1"]]}] if asked.get("instant") else []}


def translated(asked: Mapping[str, Any]) -> Json:
    """One query, whatever the words are."""
    query = {"title": "p95 latency", "query": "histogram_quantile(0.95, x)", "plain": "the p95 of x", "unit": "s"}
    told = {
        "confidence": 0.9,
        "why": ["the metric exists"],
        "assumed": ["No time was named."],
        "repairs": [],
        "notes": [],
    }
    return {**told, "question": asked["question"], "language": asked.get("language", "promql"), "queries": [query]}


READS: Mapping[str, Callable[[Mapping[str, Any]], Json]] = {
    "list_runbooks": runbooks,
    "get_runbook_details": details,
    "search_dashboards": lambda asked: {"dashboards": like(DASHBOARDS, "title", asked.get("query", ""))},
    "list_alert_rules": lambda asked: {"rules": like(RULES, "title", asked.get("search", ""))},
    "get_alert_rule_by_uid": rule,
    "list_incidents": lambda asked: {"incidents": [dict(row) for row in INCIDENTS]},  # noqa: ARG005
    "list_executions": lambda asked: {"executions": [{"id": EXECUTION, "runbook": asked.get("runbook")}]},
    "query_prometheus": metrics,
    "translate_query": translated,
}


def read(call: Call) -> Json:
    """The data of a tool that reads."""
    return READS.get(call.tool, lambda _: {})(call.arguments)


@dataclass(slots=True)
class Told:
    """A request carried through: the understanding, every round of calls, the answer."""

    understood: Understanding
    rounds: list[list[Call]]
    answer: Answer
    gathered: list[Gathered] = field(default_factory=list[Gathered])

    @property
    def calls(self) -> list[Call]:
        return [call for calls in self.rounds for call in calls]

    @property
    def wanted(self) -> list[tuple[str, Json]]:
        """What the request itself asks for, without what was looked up for it."""
        return [(call.tool, dict(call.arguments)) for call in self.calls if call.id.endswith(".act")]

    def message(self) -> Message:
        return message(self.understood, self.answer.summary)


NOTHING_CONNECTED = ToolResult(status="error", source="policy", error="Nothing is connected.")


def result_of(call: Call, number: int, overrides: Mapping[str, ToolResult]) -> ToolResult:
    is_question = call.tool in BY_NAME and BY_NAME[call.tool].is_question
    given = overrides.get(call.tool) or (NOTHING_CONNECTED if is_question else None)
    data = done(call) if not SPECS[call.tool].is_read else read(call)
    result = given or ToolResult(status="ok", source="test", data=data, as_of=NOW)
    return replace(result, execution_id=UUID(int=number), tool=call.tool)


def done(call: Call) -> Json:
    """A change that was made after ann approved it."""
    kind = call.tool.split("_", 1)[1]
    name = str(call.arguments.get("title") or call.arguments.get("name") or call.arguments.get("runbook") or kind)
    resource = {"type": kind, "uid": "new", "name": name, "url": "http://grafana.example/x"}
    return {"resource": resource, "confirmation": confirmation("approved")}


def confirmation(status: str, **changes: Any) -> Json:
    given = {"id": str(UUID(int=77)), "status": status, "decided_by": "ann", "decided_through": "http", "outcome": None}
    return given | changes


async def ask(text: str, overrides: Mapping[str, ToolResult] | None = None, **changes: Any) -> Told:
    """The request as the graph walks it: rounds of reads; then the changes one by one, until one is not made."""
    asked: Question = question(text, pillar=Pillar.REVIVE, **changes)
    understood = await BRAIN.understand(asked)
    told = Told(understood, [], Answer(summary=""))
    while calls := await BRAIN.plan(asked, understood, told.gathered, EVERY):
        told.rounds.append(list(calls))
        for call in calls:
            result = result_of(call, len(told.gathered) + 1, overrides or {})
            told.gathered.append(Gathered(call, result))
            if not SPECS[call.tool].is_read and not result.supports_claims:
                break
    emitted: list[str] = []

    async def emit(words: str) -> None:
        emitted.append(words)

    told.answer = await BRAIN.write(asked, understood, told.gathered, emit)
    assert emitted[0] == told.answer.summary
    return told
