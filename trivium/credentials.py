"""Credentials on the command line: the secret comes by a pipe or a hidden prompt, never as an argument."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass
from typing import Any, TextIO

from rich.console import Console

from config.settings import Settings
from domain import audit, credentials, datasources, mcp_secrets, sessions
from domain.actors import Actor, Entrance
from domain.audit import Entry
from domain.confirmations import Confirmation
from domain.credentials import Kind
from domain.errors import Refused
from domain.secrets import LARGEST_FILE
from domain.sessions import Owner
from tools.call import ApprovalNeeded
from tools.spec import Pillar, ToolContext
from trivium import changing, keys
from trivium.service import ConfigurationError, Service, open_service


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A credential to propose. Without a `reference` its secret is read where nobody looks."""

    name: str
    kind: Kind
    username: str = ""
    description: str = ""
    reference: str | None = None


async def arguments(wanted: Wanted, stdin: TextIO, ask: Callable[[str], str] = getpass) -> dict[str, Any]:
    """What `create_credential` takes; its door seals the secret before anything else sees it.

    `ask` is the hidden prompt of a terminal. Raises Refused when no secret came.
    """
    given = {
        "name": wanted.name,
        "kind": wanted.kind,
        "username": wanted.username,
        "description": wanted.description,
    }
    if wanted.reference:
        return given | {"reference": wanted.reference}
    return given | {"secret": await asyncio.to_thread(entered, wanted, stdin, ask)}


def entered(wanted: Wanted, stdin: TextIO, ask: Callable[[str], str]) -> str:
    """The secret without a final line break; a key of many lines has to come by a pipe."""
    if stdin.isatty() and wanted.kind == "ssh_key":
        raise Refused(
            "A private key has many lines, which a prompt cannot take.",
            code="invalid_arguments",
            alternative=f"Pipe it: trivium credential add {wanted.name} --kind ssh_key < id_ed25519",
        )
    secret = ask(f"Secret of {wanted.name}: ") if stdin.isatty() else stdin.read(LARGEST_FILE + 1)
    if not secret.strip() or len(secret) > LARGEST_FILE:
        raise Refused(
            f"A secret has between 1 and {LARGEST_FILE} characters.",
            code="invalid_arguments",
            alternative="Pipe it in, or type it at the prompt.",
        )
    return secret.rstrip("\r\n")


async def add(settings: Settings, wanted: Wanted) -> int:
    """The credential is proposed, and stored once it is approved: here at a terminal, else by `trivium approve`."""
    async with open_service(settings) as service:
        actor = await service.actor(Entrance.CLI)
        given = await arguments(wanted, sys.stdin)
        try:
            await service.door.call(await context_of(service, actor, wanted), "create_credential", given)
        except ApprovalNeeded as needed:
            return await settled(service, actor, needed.confirmation)
    Console(highlight=False).print(f"{wanted.name} is stored.")
    return 0


async def settled(service: Service, actor: Actor, found: Confirmation) -> int:
    """What came of the proposal, as far as the person at the terminal decides it."""
    console = Console(highlight=False)
    verdict = changing.asked(console, found) if sys.stdin.isatty() else changing.show(console, found)
    if verdict is None:
        console.print(f"Waits for approval: `trivium approve {found.id}`.")
        return changing.WAITS
    said = await service.approvals.decide(actor, found.id, verdict)
    console.print(f"{found.details['title']}: {said.confirmation.outcome or said.confirmation.status}.")
    return 0 if said.confirmation.outcome == "succeeded" else 1


async def context_of(service: Service, actor: Actor, wanted: Wanted) -> ToolContext:
    owner = Owner(user_id=actor.user_id, pillar=Pillar.REVIVE.value)
    async with service.pool.connection() as db:
        session = await sessions.open_outside(db, owner, title=f"Credential {wanted.name}")
    return ToolContext(
        actor=actor,
        pillar=Pillar.REVIVE,
        session_id=session,
        run_id=None,
        message_id=None,
        database=service.pool,
        clock=service.now,
        resources=service.resources,
    )


async def rotate(settings: Settings) -> int:
    """Every sealed credential is under the first key, which is on record; the keys behind it may go."""
    async with open_service(settings) as service:
        keyring = await asyncio.to_thread(keys.keyring, settings)
        if keyring is None:
            raise ConfigurationError("No key to seal with: set TRIVIUM_SECRET_KEYS, the new key first.")
        actor = await service.actor(Entrance.CLI)
        async with service.pool.connection() as db, db.transaction():
            moves = (credentials.move, datasources.move, mcp_secrets.move)
            count = sum([await move(db, keyring) for move in moves])
            await audit.append(db, actor, Entry(action="credentials_resealed", details={"count": count}))
    Console(highlight=False).print(f"{count} sealed credentials are under the first key; older keys are not needed.")
    return 0
