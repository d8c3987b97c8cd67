"""A person's word on a change, said in the chat in which the change was put before them."""

from dataclasses import dataclass
from uuid import UUID

from domain.confirmations import Confirmation
from domain.errors import NotFound, Refused
from graphs.live import Live
from tools.decisions import Verdict
from web.completions.talks import Talk
from web.completions.words import Word, short_of
from web.desk import Visit

WAIT_SECONDS = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of the word: the run that goes on here, or the text that says how things stand."""

    session_id: UUID
    run_id: UUID | None = None
    live: Live | None = None
    text: str = ""


async def decided(visit: Visit, talk: Talk, word: Word) -> Heard | None:
    """The word given, bound to the arguments that were shown in this conversation; None when it is none here.

    A bare yes or no is a decision only right after a change was shown, and only where that is the one thing of the
    person's own that waits in this conversation. Whatever else: nothing is set in motion, and the text says why.
    """
    if talk.session_id is None:
        return None
    if word.short is None:
        last = {UUID(key) for key in talk.told.shown} if talk.told else set[UUID]()
        return await bare(visit, talk, word, last) if last else None
    named = [each for each in talk.shown if word.names(each)]
    if len(named) == 1:
        return await given(visit, talk, word, named[0])
    why = "More than one change" if named else "No change"
    return stands(talk, f"{why} whose id begins with {word.short} was shown in this conversation; nothing was done.")


async def bare(visit: Visit, talk: Talk, word: Word, last: set[UUID]) -> Heard:
    open_now = [each for each in await own(visit, talk) if each.is_open]
    if len(last) == 1 and [each.id for each in open_now] in ([], list(last)):
        return await given(visit, talk, word, next(iter(last)))
    named = " or ".join(f"`{word.action} {short_of(each.id)}`" for each in open_now)
    return stands(talk, f"Say which change you mean: {named}. Nothing was done.")


async def own(visit: Visit, talk: Talk) -> list[Confirmation]:
    """The changes that were shown in this conversation and are the person's own, as they stand now."""
    found: list[Confirmation] = []
    for confirmation_id in talk.shown:
        try:
            found.append(await visit.desk.parts.approvals.fetch(visit.actor, confirmation_id))
        except NotFound:
            continue
    return [each for each in found if each.user_id == visit.actor.user_id]


async def given(visit: Visit, talk: Talk, word: Word, confirmation_id: UUID) -> Heard:
    approvals = visit.desk.parts.approvals
    verdict = Verdict(action=word.action, sha256=talk.shown[confirmation_id])
    try:
        decided = await approvals.decide(visit.actor, confirmation_id, verdict)
    except Refused as error:
        return stands(talk, await why_not(visit, confirmation_id, error))
    found = decided.confirmation
    if decided.live:
        return Heard(session_id=found.session_id, run_id=found.run_id, live=decided.live)
    if found.status == "approved":
        found = await approvals.settled(found.id, seconds=WAIT_SECONDS)
    return stands(talk, standing(found), found.run_id)


async def why_not(visit: Visit, confirmation_id: UUID, error: Refused) -> str:
    """What kept the word from counting; of a change that was decided before also what came of it."""
    words = " ".join(filter(None, (str(error), error.alternative)))
    if error.code != "already_decided":
        return words
    return f"{words} {standing(await visit.desk.parts.approvals.fetch(visit.actor, confirmation_id))}"


def standing(found: Confirmation) -> str:
    came = {
        "succeeded": "It was carried out.",
        "failed": f"It failed: {(found.result or {}).get('error') or 'no reason was given'}",
        "unknown": "Nobody can say whether it was carried out: look before you ask for it again.",
        "executing": "It is being carried out.",
        None: "Nothing of it was done." if found.status != "approved" else "It was not begun yet.",
    }
    return f"{found.details['title']}: {found.status}. {came[found.outcome]}"


def stands(talk: Talk, text: str, run_id: UUID | None = None) -> Heard:
    assert talk.session_id is not None  # noqa: S101 - only a word in a conversation gets here
    return Heard(session_id=talk.session_id, run_id=run_id or (talk.told.run_id if talk.told else None), text=text)
