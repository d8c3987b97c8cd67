"""Credentials: which there are and where each is kept, and storing one. No value ever comes back out through a tool."""

import asyncio
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from domain import audit, credentials, secrets
from domain.audit import Entry
from domain.credentials import Credential, Kind, NewCredential
from domain.errors import Refused
from domain.found import readable
from domain.secrets import Keyring
from domain.windows import stamp
from tools.replies import stamped
from tools.spec import Args, Category, Json, Pillar, Preview, Risk, ToolContext, ToolResult, ToolSpec

SOURCE = "trivium credentials"
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
USERNAME = r"^(?:[A-Za-z0-9_][A-Za-z0-9_.@-]*)?$"
SEALED = "sealed:"
KINDS: dict[Kind, str] = {"ssh_key": "SSH key", "password": "password", "token": "token"}


class ListCredentials(Args):
    limit: int = Field(100, ge=1, le=500, description="Most credentials listed")


async def list_credentials(context: ToolContext, args: ListCredentials) -> ToolResult:
    async with context.database.connection() as db:
        found = await credentials.newest(db, limit=args.limit + 1)
    shown = found[: args.limit]
    return ToolResult(
        status="ok" if shown else "empty",
        source=SOURCE,
        data={"credentials": [as_json(credential) for credential in shown]},
        query=readable(credentials.NEWEST, {"limit": args.limit + 1}),
        as_of=context.clock(),
        cut=f"the newest {args.limit} credentials are listed, there are more" if len(found) > args.limit else None,
    )


def as_json(credential: Credential) -> Json:
    return {
        "id": str(credential.id),
        "name": credential.name,
        "kind": credential.kind,
        "username": credential.username,
        "description": credential.description,
        "kept": credential.holder,
        "created_at": stamp(credential.created_at),
        "last_used_at": stamped(credential.last_used_at),
        "uses": credential.uses,
    }


def is_reference(reference: str | None) -> str | None:
    """Says no without repeating it: a secret may have been put here by mistake."""
    try:
        if reference is not None:
            secrets.parse_reference(reference)
    except Refused as error:
        raise ValueError("a reference is env:NAME or file:/absolute/path") from error
    return reference


class CreateCredential(Args):
    name: str = Field(max_length=63, pattern=NAME)
    kind: Kind
    username: str = Field("", max_length=64, pattern=USERNAME)
    description: str = Field("", max_length=500)
    reference: Annotated[str | None, AfterValidator(is_reference)] = Field(
        None, max_length=500, description="env:NAME or file:/absolute/path, read at each use"
    )
    secret: str | None = Field(None, repr=False, description="Instead of reference: the value, sealed at once")

    @model_validator(mode="after")
    def has_one_source(self) -> "CreateCredential":
        if (self.reference is None) == (self.secret is None):
            raise ValueError("give either a reference or a secret, and not both")
        return self


async def preview_create_credential(context: ToolContext, args: CreateCredential) -> Preview:
    warning = await asyncio.to_thread(examined, context.resources.keyring, args)
    async with context.database.connection() as db:
        if await credentials.by_name(db, args.name):
            raise credentials.taken(args.name)
    kept = f"Kept outside, in {args.reference}, and read from there at each use"
    sealed = "Kept in the database, sealed; nobody can read it back, only runbooks can use it"
    whose = f" of {args.username}" if args.username else ""
    return Preview(
        title=f"Store the credential {args.name}",
        lines=(
            f"A {KINDS[args.kind]}{whose}" if args.kind != "ssh_key" else f"An SSH key{whose}",
            kept if args.reference else sealed,
            *((f"Description: {args.description}",) if args.description else ()),
        ),
        details={"name": args.name, "kind": args.kind, "username": args.username, "kept": args.reference or "sealed"},
        warnings=(warning,) if warning else (),
    )


def examined(keyring: Keyring | None, args: CreateCredential) -> str | None:
    """What speaks against it without forbidding it. Looks at the secret, and may read a file: off the event loop.

    Raises Refused for a secret that no runbook could ever use.
    """
    if args.reference:
        return doubt(args.reference, args.kind)
    secret = opened(keyring, args.secret or "")
    if not secret.strip():
        raise unusable("The secret is empty.")
    if args.kind == "ssh_key" and not is_private_key(secret):
        raise unusable("The secret is no private SSH key that opens without a passphrase.")
    return None


def doubt(reference: str, kind: Kind) -> str | None:
    """Why what the reference leads to could not be used at this moment."""
    credentials.refuse_unsuitable(reference)
    try:
        secret = credentials.fetch(reference)
    except Refused as error:
        return f"{error} No runbook can use it before that is put right."
    if kind == "ssh_key" and not is_private_key(secret):
        return f"What {reference} holds is no private SSH key that opens without a passphrase."
    return None


def opened(keyring: Keyring | None, secret: str) -> str:
    """The value behind `sealed:...`, as the door hands it on. Raises Refused for one that was never sealed here."""
    if not secret.startswith(SEALED):
        raise Refused(
            "The secret did not come sealed, so it is not taken.",
            code="secret_unsealed",
            alternative="Give a reference (env:NAME, file:/path) instead.",
        )
    if keyring is None:
        raise Refused(
            "No key is set to seal secrets with, so none is taken.",
            code="no_secret_key",
            alternative="Set TRIVIUM_SECRET_KEYS, or give a reference (env:NAME, file:/path) instead.",
        )
    return keyring.open(secret.removeprefix(SEALED))


def is_private_key(secret: str) -> bool:
    """The first call imports asyncssh, which takes half a second."""
    import asyncssh  # noqa: PLC0415 - heavy, and only needed when a key is stored

    try:
        asyncssh.import_private_key(secret)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        return False
    return True


def unusable(why: str) -> Refused:
    return Refused(why, code="invalid_arguments", alternative="Give the secret again, or a reference to it.")


async def create_credential(context: ToolContext, args: CreateCredential) -> ToolResult:
    await asyncio.to_thread(examined, context.resources.keyring, args)
    new = NewCredential(
        name=args.name,
        kind=args.kind,
        username=args.username,
        description=args.description,
        reference=args.reference,
        sealed=args.secret.removeprefix(SEALED) if args.secret else None,
        created_by=context.actor.user_id,
    )
    async with context.database.connection() as db, db.transaction():
        credential = await credentials.add(db, new)
        await audit.append(db, context.actor, created(context, credential))
    resource: Json = {"type": "credential", "id": str(credential.id), "name": credential.name}
    return ToolResult(
        status="ok",
        source=SOURCE,
        data={"resource": resource, "kept": credential.holder},
        as_of=context.clock(),
    )


def created(context: ToolContext, credential: Credential) -> Entry:
    details = {
        "kind": credential.kind,
        "username": credential.username,
        "holder": credential.holder,
        "confirmation": str(context.confirmation_id) if context.confirmation_id else None,
    }
    return Entry(
        action="credential_created",
        target=credential.name,
        details=details,
        session_id=context.session_id,
        tool="create_credential",
    )


LIST_CREDENTIALS = ToolSpec(
    name="list_credentials",
    title="Credentials",
    description="Stored credentials by name, where each is kept and when it was last used; never a value.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.READ,
    permission="ai:revive:aiops:credential:read",
    args=ListCredentials,
    handler=list_credentials,
)
CREATE_CREDENTIAL = ToolSpec(
    name="create_credential",
    title="Store a credential",
    description="Store a credential that servers and runbooks name.",
    pillars=frozenset({Pillar.REVIVE}),
    category=Category.AIOPS,
    risk=Risk.CREATE,
    permission="ai:revive:aiops:credential:create",
    args=CreateCredential,
    handler=create_credential,
    preview=preview_create_credential,
    secrets=("secret",),
    idempotent=False,
)
TOOLS = (LIST_CREDENTIALS, CREATE_CREDENTIAL)
