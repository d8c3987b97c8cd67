"""From a request to its acts: read clause by clause, chosen from the table, or said honestly why not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.brain import Question, Understanding
from agents.rules import phrases
from agents.rules.index import NameIndex
from agents.rules.lexicon import Lexicon
from agents.rules.revive import clauses, modes, said, vocabulary, writing
from agents.rules.revive.choosing import acts_of, changes, chosen, possible
from agents.rules.revive.describe import plain_of
from agents.rules.revive.follow import goes_on
from agents.rules.revive.intents import BY_NAME
from agents.rules.revive.intents.shape import Intent
from agents.rules.revive.said import Act, Said
from agents.rules.revive.talk import EXAMPLES, FOR_MODE, Talk, small_talk
from agents.rules.revive.writing import Written
from agents.rules.times import TimeError
from tools.masking import MASK

MOST_CHANGES = 5
LONGEST = 2000
TOO_LONG = f"That is too long to be read as one request: at most {LONGEST:,} characters besides code blocks and quotes."
NOT_UNDERSTOOD = "Not understood. Say what is to be looked at or done, and to what."
BOTH = "Grafana or AIOps? Say which of the two it is for, and what is to be done."
NO_SECRETS = (
    "A secret stood in the message. It was masked before it was read, and nothing is planned with it. Give a reference "
    "instead (env:NAME or file:/path), or store the secret with `trivium credential add` and name the credential."
)
COSTS = "Costs are not analysed here. Service templates say what they cost before anything is provisioned."
OPTIMIZE = re.compile(r"\b(?:optimi[sz]e|reduce|cut|save)\b.*\b(?:costs?|spend(?:ing)?|money|bill)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What reading needs: the lexicon of the names, and the names indexed."""

    lexicon: Lexicon
    index: NameIndex


def understand(question: Question, mind: Mind) -> Understanding:
    """How the request is read; every way out is an `Understanding`, none an error."""
    talk, written = small_talk(question), writing.read(question.text)
    refused = talked(talk) if talk else unfit(question, written)
    if refused:
        return refused
    try:
        acts, told = read_acts(written, question, mind)
    except TimeError as error:
        return ask((), phrases.capital(f"{error}."), ())
    continued = None if acts else goes_on(question)
    if continued:
        return judged(question, continued, [])
    if not acts:
        return impossible(told, question) or unread(question)
    return judged(question, acts, told)


def unfit(question: Question, written: Written) -> Understanding | None:
    """What is not even read: a message with a secret in it, one that is too long, and what nothing here does."""
    if MASK in question.text:
        return cannot("secret", NO_SECRETS, ())
    if len(written.text) > LONGEST:
        return cannot("too_long", TOO_LONG, ())
    if OPTIMIZE.search(question.text):
        return cannot("optimize_costs", COSTS, ("List the service templates",))
    return None


def judged(question: Question, acts: Sequence[Act], told: Sequence[Said]) -> Understanding:
    """The acts as a plan to make, or what keeps it from being made."""
    problem = impossible(told, question) or objection(question, acts, told)
    if problem:
        return problem
    asked = [text for act in acts for text in BY_NAME[act.intent].missing(act.slots)]
    if asked:
        return ask(acts, asked[0], (), plain_of(acts))
    return Understanding(
        kind="query",
        intent=acts[0].intent if len(acts) == 1 else "several",
        slots=slots_of(acts),
        plain=phrases.capital(plain_of(acts)),
    )


def read_acts(written: Written, question: Question, mind: Mind) -> tuple[list[Act], list[Said]]:
    """Every act of the request in its order, and what was read for each clause, those without an act among them.

    Raises TimeError.
    """
    text = vocabulary.corrected(written.text, mind.index, mind.lexicon)
    acts: list[Act] = []
    told: list[Said] = []
    for clause in clauses.cut(text, written.literals):
        heard = replace(said.read(clause, question, mind.lexicon, mind.index), before=acts[-1] if acts else None)
        intent = chosen(heard, question)
        acts += acts_of(intent, heard, acts) if intent else []
        told.append(heard)
    return acts, told


def impossible(told: Sequence[Said], question: Question) -> Understanding | None:
    """The first part of the request that asks for a change nothing here can make; then none of it is planned."""
    for one in told:
        verb, noun = one.clause.verb, one.clause.noun
        if verb and verb.meaning != "read" and chosen(one, question) is None and (noun or len(told) > 1):
            part = one.clause.restore(one.text)
            able = possible(noun.meaning) if noun else ""
            reply = f"Nothing here can do this: “{part}”. {able}Nothing is planned."
            return cannot("impossible", reply, ())
    return None


def objection(question: Question, acts: Sequence[Act], told: Sequence[Said]) -> Understanding | None:
    """What keeps the request from being planned as it was asked."""
    if len(changes(acts)) > MOST_CHANGES:
        many = f"That is {len(changes(acts))} changes; at most {MOST_CHANGES} are planned at once. Ask in parts."
        return cannot("too_many", many, ())
    other = [BY_NAME[act.intent] for act in acts if question.mode not in ("auto", BY_NAME[act.intent].mode)]
    if other:
        return wrong_mode(other[0], question)
    doubt = next((doubt for one in told for doubt in one.doubts if doubt.fits_several and is_of_service(one)), None)
    if doubt:
        listed = phrases.some(doubt.candidates, 6, "or")
        reply = f"“{doubt.words}” fits {len(doubt.candidates)} services equally well: {listed}. Which one?"
        instead = tuple(question.text.replace(doubt.words, name, 1) for name in doubt.candidates[:4])
        return ask((), reply, instead)
    return None


def is_of_service(one: Said) -> bool:
    """Whether no service was read, so that the doubtful one is what the clause is about."""
    return not one.services


def wrong_mode(intent: Intent, question: Question) -> Understanding:
    names = {"grafana": "Grafana", "aiops": "AIOps"}
    reply = (
        f"That belongs to {names[intent.mode]}, and {names[question.mode]} was chosen. "
        f"Choose {names[intent.mode]} or automatic and ask again."
    )
    return cannot("other_mode", reply, FOR_MODE[modes.MODES[question.mode == "aiops"]])


def unread(question: Question) -> Understanding:
    """A mode that is known is a hint of what to offer; nothing known is asked back about."""
    found = modes.detect(question.text, question.page, None if question.mode == "auto" else question.mode)
    if found.mode == "auto":
        return ask((), f"{NOT_UNDERSTOOD} {BOTH}", EXAMPLES)
    return cannot("unknown", NOT_UNDERSTOOD, FOR_MODE[found.mode])


def slots_of(acts: Sequence[Act]) -> dict[str, object]:
    mode = BY_NAME[acts[0].intent].mode if acts else "auto"
    return {"mode": mode, "acts": [act.as_json() for act in acts]}


def talked(talk: Talk) -> Understanding:
    return Understanding(
        kind=talk.kind, intent=talk.intent, slots={}, plain=talk.intent, reply=talk.reply, suggestions=talk.suggestions
    )


def ask(acts: Sequence[Act], reply: str, suggestions: Sequence[str], plain: str = "not clear") -> Understanding:
    """What is needed is asked for; what was read so far is kept, so that the reply can complete it."""
    slots = slots_of(acts) if acts else {}
    return Understanding(
        kind="ask_back",
        intent=acts[0].intent if acts else "ask_back",
        slots=slots,
        plain=phrases.capital(plain),
        reply=reply,
        suggestions=tuple(suggestions),
    )


def cannot(intent: str, reply: str, suggestions: Sequence[str]) -> Understanding:
    return Understanding(
        kind="cannot", intent=intent, slots={}, plain="not planned", reply=reply, suggestions=tuple(suggestions)
    )
