"""Making a runbook: its parts as arguments, what they come to in words, and storing it."""

import difflib
from typing import Annotated

import orjson
from pydantic import Field, ValidationError, WithJsonSchema, model_validator

from domain import audit, runbooks
from domain.audit import Entry
from domain.database import Connection
from domain.errors import Refused
from domain.runbooks import Kind, NewRunbook, Runbook
from tools.runbooks import checking, services, words
from tools.runbooks.definition import MOST_STEPS, Definition, Parameter, Step
from tools.runbooks.services import Cost, Quota
from tools.spec import Args, Json, Preview, ToolContext, ToolResult

SOURCE = "trivium runbooks"
OBJECTS = {"type": "array", "items": {"type": "object"}}
Steps = Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS), WithJsonSchema(OBJECTS)]


class CreateRunbook(Args):
    name: str = Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$", description="Lower case, words with -")
    title: str = Field("", max_length=200)
    description: str = Field("", max_length=4000)
    kind: Kind = "runbook"
    service: str = Field("", max_length=100)
    alert_names: tuple[Annotated[str, Field(max_length=200)], ...] = Field((), max_length=50)
    tags: tuple[Annotated[str, Field(max_length=60)], ...] = Field((), max_length=50)
    parameters: Annotated[
        tuple[Parameter, ...],
        Field(max_length=50),
        WithJsonSchema(OBJECTS),
        Field(
            description="{name, type: string|integer|number|boolean|choice|server, description, required, default,"
            " choices, pattern, minimum, maximum, secret}"
        ),
    ] = ()
    steps: Annotated[
        Steps,
        Field(
            min_length=1,
            description="{name, kind, timeout_seconds, on_failure: stop|continue|rollback} with, by kind,"
            " ssh: server|servers, command, expected_exit_codes;"
            " http: method, url, headers, body, expected_status; wait: seconds;"
            " check: http {url}|ssh {server, command}, contains, every_seconds."
            " {parameter} in a command is one quoted word",
        ),
    ]
    rollback: Annotated[Steps, Field(description="Steps that take it back")] = ()
    cost: Annotated[
        Cost | None,
        WithJsonSchema({"type": "object"}),
        Field(description="Template: {currency, base_hourly, tables: {parameter: {value: hourly}}}"),
    ] = None
    quota: Annotated[
        Quota | None,
        WithJsonSchema({"type": "object"}),
        Field(description="Template: {per_user, hourly_cost_per_user, total}"),
    ] = None
    connection: dict[str, Annotated[str, Field(max_length=500)]] = Field(
        default_factory=dict[str, str],
        max_length=20,
        description="Template: details from {parameter} and {output:step name}",
    )
    replaces_version: int | None = Field(None, ge=1, description="The version it replaces, if it exists")

    @model_validator(mode="after")
    def is_a_template_or_not(self) -> "CreateRunbook":
        if self.kind == "runbook" and (self.cost or self.quota or self.connection):
            raise ValueError("cost, quota and connection belong to a service_template")
        return self

    def definition(self) -> Definition:
        """Raises Refused when the parts do not make a runbook."""
        try:
            made = Definition(parameters=self.parameters, steps=self.steps, rollback=self.rollback)
        except ValidationError as error:
            message = error.errors(include_input=False, include_url=False)[0]["msg"].removeprefix("Value error, ")
            raise Refused(f"This is no runbook: {message}.", code="invalid_arguments") from error
        checking.check(made)
        services.check(made, self.cost, self.connection)
        return made

    def new(self, context: ToolContext) -> NewRunbook:
        return NewRunbook(
            name=self.name,
            title=self.title,
            description=self.description,
            kind=self.kind,
            service=self.service,
            alert_names=list(self.alert_names),
            tags=list(self.tags),
            parameters=[item.model_dump(mode="json", exclude_defaults=True) for item in self.parameters],
            steps=[stored(step) for step in self.steps],
            rollback=[stored(step) for step in self.rollback],
            cost=self.cost.model_dump(mode="json") if self.cost else None,
            quota=self.quota.model_dump(mode="json", exclude_none=True) if self.quota else None,
            connection=self.connection or None,
            created_by=context.actor.user_id,
        )


def stored(step: Step) -> Json:
    return {"kind": step.kind, **step.model_dump(mode="json", exclude_defaults=True)}


async def preview_create_runbook(context: ToolContext, args: CreateRunbook) -> Preview:
    definition = args.definition()
    async with context.database.connection() as db:
        before = await replaced(db, args)
    new = args.new(context)
    lines = [f"{new.title or new.name}{': ' + new.description if new.description else ''}"]
    lines += words.of_definition(definition)
    if args.cost:
        lines.append(f"Cost: {orjson.dumps(args.cost.model_dump(mode='json')).decode()}")
    if args.quota:
        lines.append(f"Quota: {orjson.dumps(args.quota.model_dump(mode='json', exclude_none=True)).decode()}")
    lines += [f"Connection {name}: {text}" for name, text in args.connection.items()]
    verb = f"Replace version {before.version} of" if before else "Create"
    return Preview(
        title=f"{verb} the {args.kind.replace('_', ' ')} {args.name}",
        lines=tuple(lines),
        diff=changed(before, new) if before else "",
        details={"name": args.name, "kind": args.kind, "steps": len(args.steps), "rollback": len(args.rollback)},
        warnings=tuple(words.warnings_of(definition)),
        level="high" if before or words.warnings_of(definition) else None,
    )


async def replaced(db: Connection, args: CreateRunbook) -> Runbook | None:
    """The runbook that this one takes the place of. Raises Refused when it is not as the caller thinks."""
    before = await runbooks.by_name(db, args.name)
    if before is None and args.replaces_version is None:
        return None
    if before is None:
        raise Refused(f"There is no runbook named {args.name} to replace.", code="not_found")
    if args.replaces_version != before.version:
        raise Refused(
            f"There is a runbook named {args.name} already, at version {before.version}.",
            code="already_exists",
            alternative=f"Choose another name, or set replaces_version to {before.version} to replace it.",
        )
    return before


def changed(before: Runbook, new: NewRunbook) -> str:
    """A unified diff of what decides what it does, and of its words."""
    keys = ("title", "description", "kind", "service", "alert_names", "tags", "parameters", "steps", "rollback",
        "cost", "quota", "connection")  # fmt: skip
    sides = [pretty({key: getattr(side, key) for key in keys}) for side in (before, new)]
    old, new_name = (f"{before.name} version {number}" for number in (before.version, before.version + 1))
    return "\n".join(difflib.unified_diff(sides[0], sides[1], old, new_name, lineterm=""))


def pretty(value: Json) -> list[str]:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode().splitlines()


async def create_runbook(context: ToolContext, args: CreateRunbook) -> ToolResult:
    args.definition()
    new, replaces = args.new(context), args.replaces_version
    async with context.database.connection() as db, db.transaction():
        made = await runbooks.revise(db, new, replaces=replaces) if replaces else await runbooks.add(db, new)
        action = "runbook_updated" if replaces else "runbook_created"
        await audit.append(db, context.actor, about(context, action, made))
    resource: Json = {"type": "runbook", "id": str(made.id), "name": made.name, "version": made.version}
    return ToolResult(status="ok", source=SOURCE, data={"resource": resource}, as_of=context.clock())


def about(context: ToolContext, action: str, made: Runbook) -> Entry:
    details: Json = {"id": str(made.id), "version": made.version, "kind": made.kind, "steps": len(made.steps)}
    return Entry(action=action, target=made.name, details=details, session_id=context.session_id, tool="create_runbook")
