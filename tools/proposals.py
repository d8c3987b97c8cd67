"""Proposals: a change made concrete, shown as it will be done, and judged by its risk, before anybody is asked."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from domain.confirmations import LEVELS, Mode, RiskLevel
from domain.errors import Refused, SourceError
from tools.masking import MASK, mask, masked_json
from tools.spec import LEVELS as LEVEL_OF_RISK
from tools.spec import AnySpec, Args, Json, Preview, ToolContext

PREVIEW_SECONDS = 20.0
SEALED = "sealed:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Which change of a run this is, or one outside any run's plan (`of_run` false: deciding it carries it out).

    `is_asked`: somebody is asked whatever the policy says.
    `notes` are the planner's warnings, `replaces` is what an edit supersedes.
    """

    ordinal: int = 1
    of_run: bool = True
    is_asked: bool = False
    notes: tuple[str, ...] = ()
    replaces: UUID | None = None


async def prepared(spec: AnySpec, context: ToolContext, arguments: Args) -> tuple[Args, Preview]:
    """The arguments as they will be carried out, and what they will do.

    Raises Refused when it could not be done as asked, SourceError when what it acts on could not be looked at.
    """
    try:
        async with asyncio.timeout(PREVIEW_SECONDS):
            settled = await spec.settle(context, arguments) if spec.settle else arguments
            shown = await spec.preview(context, settled) if spec.preview else Preview(title=spec.title)
    except TimeoutError as error:
        message = f"{spec.source} did not answer in {PREVIEW_SECONDS:g} s while {spec.name} was prepared"
        raise SourceError(message, source=spec.source, retryable=True) from error
    return settled, shown


def refuse_secrets(spec: AnySpec, arguments: Json) -> None:
    """Raises Refused when an argument outside the sealed ones holds a secret, or the mask that stands for one."""
    plain = {key: value for key, value in arguments.items() if key not in spec.secrets}
    if mask(plain) == plain and MASK not in str(plain):
        return
    raise Refused(
        f"An argument of {spec.name} holds a secret, which would be shown and kept with the proposal.",
        code="invalid_arguments",
        alternative="Store it as a credential (`trivium credential add`) and name the credential instead.",
    )


def sealed(spec: AnySpec, context: ToolContext, arguments: Json) -> Json:
    """The arguments with each secret one in its sealed form. Raises Refused when there is no key to seal with."""
    given = [name for name in spec.secrets if isinstance(arguments.get(name), str)]
    if not given:
        return arguments
    if any(arguments[name] == MASK for name in given):
        raise Refused("A masked secret is no secret: nothing was stored.", code="invalid_arguments")
    keyring = context.resources.keyring
    if keyring is None:
        raise Refused(
            "No key is set to seal secrets with, so none is taken.",
            code="no_secret_key",
            alternative="Set TRIVIUM_SECRET_KEYS, or give a reference (env:NAME, file:/path) instead.",
        )
    return arguments | {name: SEALED + keyring.seal(arguments[name]) for name in given}


def recordable(spec: AnySpec | None, arguments: Json) -> Json:
    """The arguments as every record shows them."""
    hidden = dict.fromkeys((name for name in (spec.secrets if spec else ()) if arguments.get(name)), MASK)
    return masked_json(arguments)[0] | hidden


def level(spec: AnySpec, shown: Preview) -> RiskLevel:
    """The tool's own level, or the preview's when that is higher."""
    levels: tuple[RiskLevel, ...] = (LEVEL_OF_RISK[spec.risk], shown.level or "low")
    return max(levels, key=LEVELS.index)


def details(spec: AnySpec, shown: Preview, arguments: Json, notes: tuple[str, ...]) -> Json:
    """What the person who decides is shown, masked: the whole of a confirmation card."""
    card = {
        "title": shown.title,
        "lines": list(shown.lines),
        "diff": shown.diff,
        "warnings": [*notes, *shown.warnings],
        "details": shown.details,
        "arguments": recordable(spec, arguments),
        "tool_title": spec.title,
    }
    return mask(card)


def mode(*, is_asked: bool, four_eyes: bool) -> Mode:
    """Who has to agree: nobody when nobody is asked, the requester, or for these levels a second person."""
    if not is_asked:
        return "policy"
    return "four_eyes" if four_eyes else "self"
