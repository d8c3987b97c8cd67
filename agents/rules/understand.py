"""From a question to its understanding: read, go on from the one before, choose the intent, fill what was not said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.brain import Question, Understanding
from agents.rules import asking, describe, follow, offers, phrases, reading
from agents.rules.index import NameIndex, parts
from agents.rules.intents.choose import Chooser, derived
from agents.rules.intents.shape import ALWAYS, Default, Intent
from agents.rules.lexicon import Lexicon
from agents.rules.names import Doubt
from agents.rules.reading import Reading
from agents.rules.slots import Period, Slots
from agents.rules.times import TimeError, Unit
from domain.windows import Window

NOT_UNDERSTOOD = "Not understood. Alerts, incidents, changes and postmortems can be asked about."
NOTHING_BEFORE = "Nothing was asked before that this could go on from. Ask it in full."
NO_SEVERITY = "What is measured has no severity, alerts have one. Ask about the alerts, or without it."
NO_EXCLUSION = "Leaving names out of a question is not possible here; name the ones to look at."
KINDS = {"service": "service", "environment": "environment", "alert": "alert", "team": "team"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What understanding needs, built once: the lexicon, the table and its chooser, the names indexed."""

    lexicon: Lexicon
    intents: tuple[Intent, ...]
    chooser: Chooser
    index: NameIndex


def understand(question: Question, mind: Mind) -> Understanding:
    """How the question is read; every way out is an `Understanding`, none an error."""
    try:
        read = reading.read(question, mind.lexicon, mind.index)
        slots = in_conversation(question, read, mind)
    except TimeError as error:
        return ask(phrases.capital(f"{error}."), offers.first_questions(mind.intents, question.names, 3))
    if slots is None:
        return ask(NOTHING_BEFORE, offers.first_questions(mind.intents, question.names, 4))
    intent = mind.chooser.choose(slots)
    if intent and intent.kind != "query":
        return answered(intent, question, mind, slots)
    problem = objection(read, intent, question) or (unfit(intent, slots, question) if intent else None)
    if problem:
        return problem
    if intent and intent.of_one and not (slots.services or question.services or read.slots.others):
        return ask(intent.of_one, of_which(question))
    return query(intent, slots, read, question) if intent else not_understood(slots, question, mind)


def in_conversation(question: Question, read: Reading, mind: Mind) -> Slots | None:
    """The slots read, with those of the question before where this one goes on from it; None when there is none."""
    concepts = mind.lexicon.concepts
    before = follow.previous(question.history)
    if before and follow.goes_on(read, concepts) and not is_conversation(read, mind):
        return follow.merged(before, read, question, concepts)
    if before is None and follow.is_fragment(read, concepts) and not is_conversation(read, mind):
        return None
    return read.slots


def is_conversation(read: Reading, mind: Mind) -> bool:
    """Whether it is a greeting or the like, which goes on from nothing."""
    intent = mind.chooser.choose(read.slots)
    return intent is not None and intent.kind != "query"


def objection(read: Reading, intent: Intent | None, question: Question) -> Understanding | None:
    """What keeps the question from being answered as it was asked: names left out, ambiguous or unknown."""
    if read.excludes:
        return cannot("exclusion", NO_EXCLUSION, ())
    several = [doubt for doubt in read.doubts if doubt.fits_several]
    if several:
        return which_one(several[0], question)
    unknown = [doubt for doubt in read.doubts if not doubt.fits_several]
    if unknown and not (intent and (intent.searches or intent.of_lines or intent.measures)):
        return nothing_named(unknown[0], question, intent.unnamed if intent else "")
    return None


def unfit(intent: Intent, slots: Slots, question: Question) -> Understanding | None:
    """What the intent cannot take over: a severity of a number, a name that only metrics know, a grouping."""
    if slots.severities and intent.opening:
        return ask(NO_SEVERITY, offers.instead(intent, slots, question.names))
    if slots.others and not (intent.measures or intent.of_lines or intent.searches):
        return nothing_named(Doubt(words=slots.others[0], candidates=(), first=0), question, intent.unnamed)
    return ungrouped(intent, slots)


def ungrouped(intent: Intent, slots: Slots) -> Understanding | None:
    """A grouping that the tools of the intent cannot do; one that the intent has no use for is no obstacle."""
    if not intent.groupings or slots.grouping in (None, *intent.groupings):
        return None
    asked, *possible = (describe.GROUPINGS.get(name, name) for name in (slots.grouping, *intent.groupings) if name)
    only = phrases.listing(possible, "or")
    return cannot("grouping", f"This cannot be grouped by {asked}, only by {only}.", ())


def which_one(doubt: Doubt, question: Question) -> Understanding:
    listed = phrases.some(doubt.candidates, 6, "or")
    reply = f"“{doubt.words}” fits {len(doubt.candidates)} {KINDS[doubt.kind]}s equally well: {listed}. Which one?"
    return ask(reply, instead(question, doubt))


def nothing_named(doubt: Doubt, question: Question, also: str) -> Understanding:
    """That nobody has this name, who is nearest, and `also` what else it could have been meant for."""
    reply = f"No {KINDS[doubt.kind]} named {doubt.words} has sent an alert."
    near = f"Nearest: {phrases.listing(doubt.candidates)}." if doubt.candidates else ""
    return cannot("unknown_name", " ".join(filter(None, (reply, near, also))), instead(question, doubt))


def instead(question: Question, doubt: Doubt) -> tuple[str, ...]:
    """The question with each candidate in the place of the doubtful words."""
    return tuple(question.text.replace(doubt.words, name, 1) for name in doubt.candidates[:4])


def of_which(question: Question) -> tuple[str, ...]:
    """The question of each of a few services."""
    asked = question.text.rstrip(" ?.!")
    return tuple(f"{asked} on {service}" for service in question.names.services[:4])


def answered(intent: Intent, question: Question, mind: Mind, slots: Slots) -> Understanding:
    """A question answered without any tool: small talk, or honestly not at all."""
    usual = offers.nearest(mind.intents, slots.concepts, question.names)
    suggestions = offers.instead(intent, slots, question.names) or usual
    kind = "converse" if intent.kind == "converse" else "cannot"
    return Understanding(
        kind=kind, intent=intent.name, slots={}, plain=intent.name, reply=intent.reply, suggestions=suggestions
    )


def not_understood(slots: Slots, question: Question, mind: Mind) -> Understanding:
    """Names alone are asked back about; anything else is not understood."""
    if derived(slots):
        service = slots.services[0] if len(slots.services) == 1 else ""
        on = f" on {service}" if service else ""
        choices = (f"How many alerts fired{on}?", f"Open incidents{on}", f"What was deployed{on} this week?")
        return ask("What about it: alerts, incidents or changes?", choices)
    return cannot("unknown", NOT_UNDERSTOOD, offers.nearest(mind.intents, slots.concepts, question.names))


def ask(reply: str, suggestions: Sequence[str]) -> Understanding:
    return Understanding(
        kind="ask_back", intent="ask_back", slots={}, plain="not clear", reply=reply, suggestions=tuple(suggestions)
    )


def cannot(intent: str, reply: str, suggestions: Sequence[str]) -> Understanding:
    return Understanding(
        kind="cannot", intent=intent, slots={}, plain="not answered", reply=reply, suggestions=tuple(suggestions)
    )


def query(intent: Intent, slots: Slots, read: Reading, question: Question) -> Understanding:
    """The slots as they hold for this intent, and read back in one line."""
    held = completed(intent, slots, read, question)
    plain = describe.plain(intent, describe.facts(intent, held, question))
    return Understanding(
        kind="query",
        intent=intent.name,
        slots=held.as_json(),
        plain=plain if plain.startswith(held.alerts) else phrases.capital(plain),
        suggestions=offers.follow_ups(intent, held),
    )


def completed(intent: Intent, slots: Slots, read: Reading, question: Question) -> Slots:
    """What was not said, from the caller's context and the intent's own defaults."""
    topic = searched(intent, slots, read) if intent.searches else read.sought or slots.topic if intent.of_lines else ""
    is_of_one = slots.incident and describe.takes(intent, "incident") and not intent.measures
    slots = of_one_incident(slots) if is_of_one else slots
    is_named = slots.incident or (slots.others and intent.measures)
    services = slots.services or (() if is_named else question.services)
    return replace(
        asking.completed(slots, intent.measure) if intent.measures else unmeasured(intent, slots),
        services=services,
        members=tuple(pair for pair in question.names.members if pair[0] in services),
        severities=slots.severities or (() if slots.incident else question.severities) or implied(intent, slots),
        status=slots.status if describe.takes(intent, "status") else None,
        grouping=slots.grouping if slots.grouping in intent.groupings else None,
        periods=slots.periods or default_periods(intent, slots, question),
        topic=topic,
        level=slots.level if intent.of_lines else "",
        alerts=() if intent.searches and not intent.keeps_alerts else slots.alerts,
        incident=slots.incident if describe.takes(intent, "incident") else None,
    )


def unmeasured(intent: Intent, slots: Slots) -> Slots:
    """The slots of a question that is not of metrics; log lines may be of other names, an anomaly is of a measure."""
    plain = asking.without(slots)
    if describe.takes(intent, "measure"):
        return replace(plain, measure=slots.measure, percentile=slots.percentile)
    return replace(plain, others=slots.others) if intent.of_lines else plain


def searched(intent: Intent, slots: Slots, read: Reading) -> str:
    """What to search texts for: the words quoted, else those left over, alerts that were named among them."""
    alerts = [] if intent.keeps_alerts else [" ".join(parts(name)) for name in slots.alerts]
    return slots.topic or " ".join(filter(None, [*alerts, read.topic]))


def of_one_incident(slots: Slots) -> Slots:
    """Only its number: what else was said of an incident narrows nothing more."""
    return Slots(concepts=slots.concepts, incident=slots.incident, level=slots.level)


def implied(intent: Intent, slots: Slots) -> tuple[str, ...]:
    """ "The outage" without a time is the last critical incident, not the last of any kind."""
    is_implied = intent.critical_for in slots.concepts and not slots.named_period and not slots.incident
    return ("critical",) if is_implied else ()


def default_periods(intent: Intent, slots: Slots, question: Question) -> tuple[Period, ...]:
    """The caller's window, else the intent's; none for a question of now, and none for an incident that is named."""
    is_of_now = intent.default is None or (slots.status == "firing" and describe.takes(intent, "status"))
    if is_of_now or (slots.incident and describe.takes(intent, "incident")):
        return ()
    if question.window:
        dates = phrases.window(question.window, question.zone)
        return (Period(window=question.window, unit=Unit.SPAN, words="chosen time", why=dates),)
    is_last_few = "newest" in slots.concepts and (slots.limit or slots.alerts) and not intent.of_lines
    return (default_period(ALWAYS if is_last_few else intent.default, question),) if intent.default else ()


def default_period(default: Default, question: Question) -> Period:
    start = question.now - default.length if default.length else phrases.DAWN
    window = Window(start, question.now)
    return Period(window=window, unit=Unit.SPAN, words=default.words, why="since no time was named")
