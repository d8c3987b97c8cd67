"""Runbooks: which there are, what one does, making one, and running one."""

from typing import Any

from pydantic import Field

from domain import runbooks
from domain.errors import Refused
from domain.found import readable
from domain.runbooks import Kind, Listed, Runbook, Wanted
from domain.windows import stamp
from tools.replies import beyond
from tools.runbooks import run, services, words
from tools.runbooks.making import SOURCE, CreateRunbook, create_runbook, preview_create_runbook
from tools.runbooks.parameters import described
from tools.runbooks.prepare import Asked, Prepared, defined, known, prepare
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec


class ListRunbooks(Args):
    search: str = Field("", max_length=200, description="Words, a tag, or the name of an alert")
    service: str = Field("", max_length=100, description="Exact service name")
    kind: Kind | None = None
    limit: int = Field(50, ge=1, le=200, description="Most runbooks listed")


async def list_runbooks(context: ToolContext, args: ListRunbooks) -> ToolResult:
    wanted = Wanted(search=args.search, service=args.service, kind=args.kind, limit=args.limit)
    async with context.database.connection() as db:
        found = await runbooks.matching(db, wanted)
    total = found.rows[0].total if found.rows else 0
    return ToolResult(
        status="ok" if total else "empty",
        source=SOURCE,
        data={"total": total, "runbooks": [in_short(item) for item in found.rows]},
        query=found.query,
        as_of=context.clock(),
        cut=beyond(len(found.rows), total, "runbooks"),
    )


def in_short(item: Listed) -> Json:
    return {
        "id": str(item.id),
        "name": item.name,
        "title": item.title,
        "description": item.description,
        "kind": item.kind,
        "service": item.service,
        "alert_names": item.alert_names,
        "tags": item.tags,
        "parameters": [parameter["name"] for parameter in item.parameters],
        "steps": item.step_count,
        "version": item.version,
        "is_enabled": item.is_enabled,
        "sample": item.sample,
    }


class GetRunbookDetails(Args):
    runbook: str = Field(max_length=100, description="Name or id")


async def get_runbook_details(context: ToolContext, args: GetRunbookDetails) -> ToolResult:
    async with context.database.connection() as db:
        found = await known(db, args.runbook)
    return ToolResult(
        status="ok",
        source=SOURCE,
        data={"runbook": in_full(found)},
        query=readable(runbooks.BY_NAME, {"reference": args.runbook}),
        as_of=context.clock(),
    )


def in_full(found: Runbook) -> Json:
    definition = defined(found)
    return {
        "id": str(found.id),
        "name": found.name,
        "title": found.title,
        "description": found.description,
        "kind": found.kind,
        "service": found.service,
        "alert_names": found.alert_names,
        "tags": found.tags,
        "parameters": [parameter.model_dump(mode="json", exclude_defaults=True) for parameter in definition.parameters],
        "takes": [described(parameter) for parameter in definition.parameters],
        "in_words": words.of_definition(definition),
        "warnings": words.warnings_of(definition),
        "steps": found.steps,
        "rollback": found.rollback,
        "cost": found.cost,
        "quota": found.quota,
        "connection": found.connection,
        "version": found.version,
        "is_enabled": found.is_enabled,
        "sample": found.sample,
        "updated_at": stamp(found.updated_at),
    }


class ExecuteRunbook(Args):
    runbook: str = Field(max_length=100, description="Name or id")
    parameters: dict[str, Any] = Field(default_factory=dict[str, Any], description="Value by parameter name")
    credentials: dict[str, str] = Field(
        default_factory=dict[str, str], description="Secret parameters: name of a stored credential for each"
    )
    reason: str = Field(min_length=3, max_length=500, description="One sentence, kept in the audit record")
    dry_run: bool = Field(False, description="Only show the exact commands")
    version: int | None = Field(None, ge=1, description="Default: the one that stands")

    def asked(self) -> Asked:
        """Raises Refused for a parameter that is given twice."""
        twice = self.parameters.keys() & self.credentials.keys()
        if twice:
            raise Refused(f"{min(twice)} is given twice.", code="invalid_arguments")
        return Asked(runbook=self.runbook, version=self.version, parameters=self.parameters | self.credentials)


async def settle_execute_runbook(context: ToolContext, args: ExecuteRunbook) -> ExecuteRunbook:
    """The version that stands now is the one that is approved; a later one is not run on this approval."""
    prepared = await prepare(context, args.asked())
    return args.model_copy(update={"runbook": prepared.runbook.name, "version": prepared.runbook.version})


async def preview_execute_runbook(context: ToolContext, args: ExecuteRunbook) -> Preview:
    prepared = await prepare(context, args.asked())
    dangers = words.dangers_of(prepared.shown)
    runbook = prepared.runbook
    verb = "Show what would be done by" if args.dry_run else "Provision" if is_service(prepared) else "Run"
    return Preview(
        title=f"{verb} {runbook.title or runbook.name} (version {runbook.version})",
        lines=(
            *(("Dry run: nothing is executed.",) if args.dry_run else ()),
            *services.in_words(prepared.charge, prepared.usage),
            *words.of_plan(prepared.shown),
            *(f"{name}: the stored credential {found.name}" for name, found in prepared.credentials.items()),
            f"Reason: {args.reason}",
        ),
        details={
            "runbook": runbook.name,
            "version": runbook.version,
            "servers": sorted(prepared.servers),
            "longest_seconds": prepared.definition.longest_seconds,
            **cost_of(prepared),
        },
        warnings=tuple(dangers),
        level="critical" if dangers and not args.dry_run else None,
    )


def is_service(prepared: Prepared) -> bool:
    return prepared.runbook.kind == "service_template"


def cost_of(prepared: Prepared) -> Json:
    priced = prepared.charge
    if priced.hourly is None:
        return {}
    monthly = priced.hourly * services.HOURS_PER_MONTH
    return {"cost": {"currency": priced.currency, "hourly": float(priced.hourly), "monthly": float(monthly)}}


async def execute_runbook(context: ToolContext, args: ExecuteRunbook) -> ToolResult:
    prepared = await prepare(context, args.asked())
    if not args.dry_run:
        return await run.run(context, prepared, args.reason)
    runbook = prepared.runbook
    return ToolResult(
        status="ok",
        source=run.SOURCE,
        data={
            "dry_run": True,
            "runbook": runbook.name,
            "version": runbook.version,
            "commands": words.of_plan(prepared.shown),
            "warnings": words.dangers_of(prepared.shown),
            **cost_of(prepared),
        },
        query=f"runbook {runbook.name} version {runbook.version}, dry run",
        as_of=context.clock(),
    )


LIST_RUNBOOKS = ToolSpec(
    name="list_runbooks",
    title="Runbooks",
    description="Runbooks and service templates, by words, service, alert or tag.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:runbook:read",
    args=ListRunbooks,
    handler=list_runbooks,
)
GET_RUNBOOK_DETAILS = ToolSpec(
    name="get_runbook_details",
    title="Runbook details",
    description="One runbook: its parameters, steps and rollback; a template's cost and quota.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:runbook:read",
    args=GetRunbookDetails,
    handler=get_runbook_details,
)
CREATE_RUNBOOK = ToolSpec(
    name="create_runbook",
    title="Create a runbook",
    description="Store a runbook or a service template of typed steps.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.CREATE,
    permission="ai:revive:aiops:runbook:create",
    args=CreateRunbook,
    handler=create_runbook,
    preview=preview_create_runbook,
    idempotent=False,
)
EXECUTE_RUNBOOK = ToolSpec(
    name="execute_runbook",
    title="Run a runbook",
    description="Run every step of a runbook on its servers, or provision a service template.",
    pillars=frozenset({Pillar.REVIVE, Pillar.TROUBLESHOOTING}),
    category=Category.AIOPS,
    risk=Risk.EXECUTE,
    permission="ai:revive:aiops:runbook:execute",
    args=ExecuteRunbook,
    handler=execute_runbook,
    source=run.SOURCE,
    preview=preview_execute_runbook,
    settle=settle_execute_runbook,
    secrets=("credentials",),
    idempotent=False,
    deadline_seconds=3600,
)
TOOLS = (LIST_RUNBOOKS, GET_RUNBOOK_DETAILS, CREATE_RUNBOOK, EXECUTE_RUNBOOK)
