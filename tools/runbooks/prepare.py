"""Preparing a run: everything that can be known to be wrong with it is refused before anything is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from domain import credentials, runbook_executions, runbooks, servers
from domain.credentials import Credential
from domain.database import Connection
from domain.errors import NotFound, Refused
from domain.runbook_executions import Usage
from domain.runbooks import Runbook
from domain.servers import Server
from tools.masking import MASK
from tools.runbooks import parameters, plan, services
from tools.runbooks.definition import Definition, Value
from tools.runbooks.filling import Filler, guarded
from tools.runbooks.parameters import nearest
from tools.runbooks.plan import Plan
from tools.runbooks.services import Charge, Cost, Quota
from tools.spec import ToolContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which runbook, in which version (None: the one that stands), with what."""

    runbook: str
    version: int | None
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that could begin. `values` holds credentials' names where a parameter is secret; `shown` holds masks."""

    runbook: Runbook
    definition: Definition
    values: Mapping[str, Value]
    servers: Mapping[str, Server]
    credentials: Mapping[str, Credential]
    charge: Charge
    usage: Usage
    shown: Plan

    def plan(self, secrets: Mapping[str, str]) -> Plan:
        """What will be done, with these values for the secret parameters. Raises Refused as `prepare` does."""
        return plan.made(self.definition, self.filler(secrets), self.servers)

    def filler(self, secrets: Mapping[str, str]) -> Filler:
        return filler(self.definition, self.values, secrets, self.servers)


async def prepare(context: ToolContext, asked: Asked) -> Prepared:
    """Raises Refused: unknown or disabled runbook, another version, parameters, servers, credentials, price, quota."""
    async with context.database.connection() as db:
        found = await known(db, asked.runbook)
        refuse_unfit(found, asked)
        definition = defined(found)
        values = parameters.values(definition.parameters, asked.parameters)
        taken = await secret_credentials(db, definition, values)
        masks = dict.fromkeys(taken, MASK)
        plain = Filler(values | masks, {})
        machines = await machines_of(db, plan.server_names(definition, plain))
        named = {item.name: str(values[item.name]) for item in definition.parameters if item.type == "server"}
        machines |= await machines_of(db, [name for name in named.values() if name not in machines])
        usage = await runbook_executions.usage(db, found.name, context.actor.user_id)
    priced = charge(found, values)
    services.refuse_over_quota(priced, usage)
    return Prepared(
        runbook=found,
        definition=definition,
        values=values,
        servers=machines,
        credentials=taken,
        charge=priced,
        usage=usage,
        shown=plan.made(definition, filler(definition, values, masks, machines), machines),
    )


def filler(
    definition: Definition, values: Mapping[str, Value], secrets: Mapping[str, str], machines: Mapping[str, Server]
) -> Filler:
    named = {item.name: machines[str(values[item.name])] for item in definition.parameters if item.type == "server"}
    hostnames = {name: machine.hostname for name, machine in named.items()}
    return Filler({**values, **secrets}, hostnames, guarded(definition) - secrets.keys())


async def known(db: Connection, reference: str) -> Runbook:
    """The runbook of this name or id. Raises NotFound with the names most like it."""
    found = await runbooks.by_name(db, reference)
    if found is None:
        alike = nearest(reference, await runbooks.names(db))
        raise NotFound(f"There is no runbook named {reference!r}. {alike}".rstrip())
    return found


def refuse_unfit(found: Runbook, asked: Asked) -> None:
    if not found.is_enabled:
        raise Refused(
            f"The runbook {found.name} is disabled.", code="disabled", alternative="An admin can enable it again."
        )
    if asked.version not in (None, found.version):
        raise Refused(
            f"{found.name} is at version {found.version} now, and version {asked.version} was asked for.",
            code="version_conflict",
            alternative="Look at what it does now, and ask again.",
        )


def defined(found: Runbook) -> Definition:
    """Raises Refused when what is stored is no runbook."""
    stored = {"parameters": found.parameters, "steps": found.steps, "rollback": found.rollback or []}
    try:
        return Definition.model_validate(stored)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Refused(f"{found.name} cannot be run: {where}: {first['msg']}.", code="invalid_runbook") from error


def charge(found: Runbook, values: Mapping[str, Value]) -> Charge:
    cost = Cost.model_validate(found.cost) if found.cost else None
    quota = Quota.model_validate(found.quota) if found.quota else None
    return services.charge(cost, quota, values)


async def machines_of(db: Connection, names: Sequence[str]) -> dict[str, Server]:
    """The servers by name. Raises Refused for one that is unknown, or that nothing signs in to."""
    found = {server.name: server for server in await servers.by_names(db, names)}
    for name in names:
        if name not in found:
            alike = nearest(name, await servers.names(db))
            raise Refused(f"There is no server named {name!r}. {alike}".rstrip(), code="unknown_server")
        if found[name].credential_id is None:
            raise Refused(
                f"The server {name} has no credential to sign in with.",
                code="no_credential",
                alternative="Store one and add the server with it.",
            )
    return found


async def secret_credentials(
    db: Connection, definition: Definition, values: Mapping[str, Value]
) -> dict[str, Credential]:
    """The credential of each secret parameter. Raises Refused; what was given is not repeated, it may be a secret."""
    taken: dict[str, Credential] = {}
    for parameter in definition.parameters:
        if not parameter.secret:
            continue
        found = await credentials.by_name(db, str(values[parameter.name]))
        if found is None or found.kind == "ssh_key":
            raise Refused(
                f"The value of {parameter.name} is not the name of a stored password or token.",
                code="unknown_credential",
                alternative="Store the secret as a credential, and give its name.",
            )
        taken[parameter.name] = found
    return taken
