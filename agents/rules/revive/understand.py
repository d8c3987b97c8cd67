"""From a request to its acts: read clause by clause, chosen from the table, or said honestly why not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.brain import Question, Understanding
from agents.rules import phrases
from agents.rules.index import NameIndex
from agents.rules.lexicon import Lexicon
from agents.rules.revive import clauses, measures, modes, questions, said, spoken, vocabulary, writing
from agents.rules.revive.choosing import acts_of, changes, chosen, possible
from agents.rules.revive.describe import plain_of
from agents.rules.revive.follow import goes_on
from agents.rules.revive.intents import BY_NAME, translations
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
ASKING = re.compile(
    r"\W*(?:how|when|what|which|who|does|is|are|any(?:thing)?|has|have|was|were|could|can|compare|plot|graph)\b",
    re.IGNORECASE,
)
ADVICE = re.compile(r"\W*(?:should|shall|must|may|ought)\b", re.IGNORECASE)
IDLE = re.compile(r"\b(?:idle|unused|over[- ]?provisioned|oversized)\b", re.IGNORECASE)
PICTURE = re.compile(r"(?:graph|chart)s?|visuali[sz]ations?", re.IGNORECASE)
WRITTEN = frozenset({"query_prometheus", "query_loki"})
SAVINGS = "recommend_optimizations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What reading needs: the lexicon of the names, and the names indexed."""

    lexicon: Lexicon
    index: NameIndex


def understand(question: Question, mind: Mind) -> Understanding:
    """How the request is read; every way out is an `Understanding`, none an error."""
    written = writing.read(question.text)
    translated = None if unfit(question, written) else translations.act(question.text)
    if translated:
        return judged(question, [translated], [])
    talk = small_talk(question)
    refused = talked(talk) if talk else unfit(question, written)
    if refused:
        return refused
    try:
        acts, told = read_acts(written, question, mind)
    except TimeError as error:
        return ask((), phrases.capital(f"{error}."), ())
    continued = goes_on(question) if is_reply(question, acts) else None
    if continued:
        return judged(question, continued, [])
    if not acts:
        which = doubted(question, told) or questions.which(question, mind.lexicon, mind.index)
        return impossible(told, question) or which or unread(question)
    return judged(question, acts, told)


def is_reply(question: Question, acts: Sequence[Act]) -> bool:
    """Whether it may answer what was asked back: it asks for nothing itself, or names no more than a measure."""
    if not acts:
        return True
    verb = clauses.first_verb(clauses.hits(question.text))
    is_plain = verb is None and not ASKING.match(question.text)
    return is_plain and all(BY_NAME[act.intent].is_question for act in acts)


def unfit(question: Question, written: Written) -> Understanding | None:
    """What is not even read: a message with a secret in it, and one that is too long."""
    if MASK in question.text:
        return cannot("secret", NO_SECRETS, ())
    if len(written.text) > LONGEST:
        return cannot("too_long", TOO_LONG, ())
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
    cut = clauses.cut(text, written.literals)
    for clause in cut:
        heard = replace(said.read(clause, question, mind.lexicon, mind.index), before=acts[-1] if acts else None)
        heard = replace(heard, services=spoken.owners(heard)) if is_wishing(heard) else heard
        intent = chosen(heard, question)
        is_alone = len(cut) == 1
        words = question.text if is_alone else clause.restore(clause.text)
        plain = questioned(heard, intent, words, mind) if is_alone or is_said(heard) else None
        acts += [plain] if plain else acts_of(intent, heard, acts) if intent else []
        told.append(heard)
    return acts, told


def is_wishing(heard: Said) -> bool:
    """Whether a panel or an alert rule is wished for, whose measure may have a service's name in it."""
    verb, noun = heard.clause.verb, heard.clause.noun
    is_made = verb is not None and verb.meaning in ("create", "add", "update")
    return is_made or (noun is not None and noun.meaning == "notify")


def questioned(heard: Said, intent: Intent | None, words: str, mind: Mind) -> Act | None:
    """The clause as a question of inquiry's kind, where nothing else is asked for by it; see `questions`."""
    if not (is_open(heard, intent) and is_asking(heard)) or ADVICE.match(heard.text):
        return None
    act = questions.act(words, heard.question, mind.lexicon, mind.index)
    verb = heard.clause.verb
    is_deed = verb is not None and verb.meaning != "read" and not ASKING.match(heard.text)
    return None if act and is_deed and act.intent != SAVINGS else act


def is_open(heard: Said, intent: Intent | None) -> bool:
    """Whether the table has nothing better: nothing at all, a query without an expression, a drawing of numbers."""
    if intent is None:
        return True
    if intent.name in WRITTEN:
        return not measures.expression(heard)
    if intent.tool == "list_servers" and IDLE.search(heard.text):
        return True
    noun = heard.clause.noun
    is_picture = noun is not None and PICTURE.fullmatch(noun.written) is not None and heard.clause.wanted[0] == "read"
    return is_picture and intent.tool == "search_dashboards" and bool(measures.wishes(heard))


def is_said(heard: Said) -> bool:
    """Whether a clause beside others asks by its own words: “checkout is down” only says why the next one is wanted."""
    verb = heard.clause.verb
    return (verb is not None and verb.meaning == "read") or ASKING.match(heard.text) is not None


def is_asking(heard: Said) -> bool:
    """Whether it asks; a verb of change without a thing to change may (“save money”), with one it does not."""
    verb, noun = heard.clause.verb, heard.clause.noun
    return verb is None or verb.meaning == "read" or noun is None or ASKING.match(heard.text) is not None


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
    intents = [BY_NAME[act.intent] for act in acts]
    other = [each for each in intents if not each.in_either and question.mode not in ("auto", each.mode)]
    if other:
        return wrong_mode(other[0], question)
    return doubted(question, told)


def doubted(question: Question, told: Sequence[Said]) -> Understanding | None:
    """The question which of several services was meant."""
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
