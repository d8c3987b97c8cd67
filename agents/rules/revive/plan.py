"""From acts and what was gathered to the next round: first everything that is looked at, then the changes in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from agents.brain import Call, Gathered, Question
from agents.rules.phrases import capital
from agents.rules.revive import describe, parameters, probing, questions
from agents.rules.revive.finding import Stuck, the_one
from agents.rules.revive.intents import BY_NAME
from agents.rules.revive.intents.shape import Finder
from agents.rules.revive.said import Act

Json: TypeAlias = dict[str, Any]
FIND, ALL, DETAILS, PROBE, ITSELF = "find", "all", "details", "probe", "act"
MAX_ROUNDS = 8
NO_REASON = "Asked for: {text}"
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Ready:
    """An act whose call is known."""

    call: Call


@dataclass(frozen=True, slots=True)
class Open:
    """An act before which something has to be looked up."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """An act that is a question, and the calls that it still wants; none when all of them were made."""

    calls: tuple[Call, ...]


Standing: TypeAlias = Ready | Open | Stuck | Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request with everything gathered for it so far; a call's id is its round, its act and what it was for.

    `offered` are the tools this actor may use; None where that no longer matters.
    """

    question: Question
    acts: tuple[Act, ...]
    gathered: Sequence[Gathered]
    offered: frozenset[str] | None = None

    def made(self, number: int, purpose: str) -> Gathered | None:
        return next((each for each in self.gathered if each.call.id.split(".")[1:] == [str(number), purpose]), None)

    def of_act(self, number: int) -> list[Gathered]:
        """Everything that was gathered for the act with this number."""
        return [each for each in self.gathered if each.call.id.split(".")[1:2] == [str(number)]]

    def standing(self) -> list[Standing]:
        return [state(self, number, act) for number, act in enumerate(self.acts, 1)]

    @property
    def rounds(self) -> int:
        return max((int(each.call.id.partition(".")[0]) for each in self.gathered), default=0)


def calls(case: Case) -> Sequence[Call]:
    """The next round: what has to be found and what is only read; then every change, none when one cannot be made;
    then what is to be read after them."""
    if case.rounds >= MAX_ROUNDS:
        return ()
    standing = case.standing()
    for chosen in (looks(case, standing), changes(case, standing), afterwards(case, standing)):
        if chosen:
            return [replace(call, id=f"{case.rounds + 1}.{call.id}") for call in chosen]
    return ()


def looks(case: Case, standing: Sequence[Standing]) -> list[Call]:
    """What can be read before any change: whatever has to be found, and the acts that read and stand before one."""
    first = first_change(case)
    wanted: list[Call] = []
    for number, where in enumerate(standing, 1):
        if isinstance(where, Open):
            wanted += where.calls
        elif number < first:
            wanted += reads(case, number, where)
    return wanted


def reads(case: Case, number: int, where: Standing) -> tuple[Call, ...]:
    """What an act that only reads still has to ask."""
    if isinstance(where, Asking):
        return where.calls
    return (where.call,) if isinstance(where, Ready) and not case.made(number, ITSELF) else ()


def first_change(case: Case) -> int:
    numbers = (number for number, act in enumerate(case.acts, 1) if BY_NAME[act.intent].is_change)
    return next(numbers, len(case.acts) + 1)


def changes(case: Case, standing: Sequence[Standing]) -> list[Call]:
    """Every change in its order, together; none when one of them cannot be made, or they were proposed already."""
    pairs = [(number, where) for number, where in enumerate(standing, 1) if is_change(case, number)]
    if any(case.made(number, ITSELF) for number, _ in pairs):
        return []
    ready = [where.call for _, where in pairs if isinstance(where, Ready)]
    return ready if len(ready) == len(pairs) else []


def afterwards(case: Case, standing: Sequence[Standing]) -> list[Call]:
    """What is to be read after the changes, once all of them were carried out."""
    done = [case.made(number, ITSELF) for number in range(1, len(case.acts) + 1) if is_change(case, number)]
    if not all(each and each.result.supports_claims for each in done):
        return []
    return [
        call
        for number, where in enumerate(standing, 1)
        if not is_change(case, number)
        for call in reads(case, number, where)
    ]


def is_change(case: Case, number: int) -> bool:
    return BY_NAME[case.acts[number - 1].intent].is_change


def state(case: Case, number: int, act: Act) -> Standing:
    """Where an act stands: its call is known, something has to be looked up first, or it cannot go on.

    Nothing is looked up for a change that is closed to the actor: the door refuses it and says who may.
    """
    intent = BY_NAME[act.intent]
    if intent.is_question:
        return Asking(asked(case, number, act))
    arguments = intent.made(act.slots)
    if intent.is_change and case.offered is not None and intent.tool not in case.offered:
        return Ready(call(number, ITSELF, intent.tool, arguments, describe.plain(act)))
    if intent.finds and intent.is_find_needed(act.slots) and "name" in act.slots:
        row = found(case, number, act, intent.finds)
        if isinstance(row, Open | Stuck):
            return row
        arguments |= {intent.into: str(row[intent.finds.key])}
    rest = completed(case, number, act, arguments)
    if isinstance(rest, Open | Stuck):
        return rest
    return Ready(call(number, ITSELF, intent.tool, rest, describe.plain(act)))


def asked(case: Case, number: int, act: Act) -> tuple[Call, ...]:
    """The calls of a question; those of a later round have another purpose, so that its first stays findable."""
    one, gathered = questions.asked(act), case.of_act(number)
    wanted = questions.calls(one, case.question, gathered, case.offered) if one else ()
    places = enumerate(wanted, len(gathered))
    return tuple(replace(call, id=f"{number}.{ITSELF}{place or ''}") for place, call in places)


def completed(case: Case, number: int, act: Act, arguments: Json) -> Json | Open | Stuck:
    """The arguments with what only a look at the thing itself tells."""
    match BY_NAME[act.intent].then:
        case "parameters":
            return with_parameters(case, number, act, arguments)
        case "expression" if "expr" not in arguments and "spoken" in act.slots:
            return with_translation(case, number, act, arguments)
        case "expression" if "expr" not in arguments:
            return with_expression(case, number, act, arguments)
        case "threshold" if "threshold" in act.slots:
            return with_threshold(case, number, act, arguments)
        case _:
            return arguments


def found(case: Case, number: int, act: Act, finder: Finder) -> Mapping[str, Any] | Open | Stuck:
    """The row that the name of the act means; a search that gave nothing is followed by the list of all."""
    name = str(act.slots["name"])
    searched = case.made(number, FIND)
    if searched is None:
        asked = {finder.search: name} if finder.search else {}
        return Open((call(number, FIND, finder.tool, {**finder.fixed, **asked}, f"find {finder.noun} {name}"),))
    if not searched.result.supports_claims:
        return unreadable(f"Whether there is a {finder.noun} named {name}", searched)
    row = the_one(name, rows(searched, finder), finder)
    if not isinstance(row, Stuck) or rows(searched, finder) or not finder.search:
        return row
    every = case.made(number, ALL)
    if every is None:
        return Open((call(number, ALL, finder.tool, dict(finder.fixed), f"all {finder.noun}s"),))
    row = the_one(name, rows(every, finder), finder)
    service = str(act.slots.get("service") or "")
    return of_service(name, service, rows(every, finder), finder) or row if isinstance(row, Stuck) else row


def of_service(name: str, service: str, all_rows: Sequence[Json], finder: Finder) -> Mapping[str, Any] | None:
    """The only runbook for the deed that is made for this service or takes one: "scale checkout" by scale-service."""
    deed = " ".join(word for word in name.split() if word != service)
    if not service or deed == name:
        return None
    serving = [row for row in all_rows if row.get("service") == service or "service" in (row.get("parameters") or ())]
    row = the_one(deed, serving, finder) if deed else None
    return None if isinstance(row, Stuck) else row


def rows(each: Gathered, finder: Finder) -> list[Json]:
    return list(each.result.data.get(finder.rows) or [])


def unreadable(what: str, each: Gathered) -> Stuck:
    return Stuck(f"{what} could not be read. {each.result.error or ''}".strip(), asks=False)


def with_parameters(case: Case, number: int, act: Act, arguments: Json) -> Json | Open | Stuck:
    """The run of a runbook with its parameters fitted, once what it declares was read."""
    name = arguments["runbook"]
    details = case.made(number, DETAILS)
    if details is None:
        return Open((call(number, DETAILS, "get_runbook_details", {"runbook": name}, f"parameters of {name}"),))
    if not details.result.supports_claims:
        return unreadable(f"What {name} takes", details)
    fitted = parameters.of_runbook(act.slots, details.result.data.get("runbook") or details.result.data)
    if isinstance(fitted, Stuck):
        return fitted
    dry: Json = {"dry_run": True} if act.slots.get("dry_run") else {}
    return {**arguments, **fitted, "reason": reason(case, act), **dry}


def with_expression(case: Case, number: int, act: Act, arguments: Json) -> Json | Open | Stuck:
    """The alert rule on the first expression for its wish that has series now."""
    wish, service = str(act.slots["wish"]), str(act.slots.get("service") or "")
    queries = probing.queries(wish, service)
    answers = [case.made(number, f"{PROBE}{place}") for place in range(len(queries))]
    if not all(answers):
        label = f"what shows {wish} of {service}"
        probes = [
            call(number, f"{PROBE}{place}", "query_prometheus", {"query": query, "instant": True}, label)
            for place, query in enumerate(queries)
        ]
        return Open(tuple(probes))
    unread = next((each for each in answers if each and not each.result.supports_claims), None)
    if unread:
        return unreadable(f"Which metric shows {wish} of {service}", unread)
    chosen = probing.chosen(wish, service, [each.result.data for each in answers if each])
    fitted = probing.fitted(chosen, wish, service, act.slots["condition"])
    return fitted if isinstance(fitted, Stuck) else {**arguments, **fitted}


def with_translation(case: Case, number: int, act: Act, arguments: Json) -> Json | Open | Stuck:
    """The alert rule on what its words mean as PromQL, as the translator has it for the metrics there are."""
    wish = str(act.slots["spoken"])
    words = " of ".join(filter(None, (wish, str(act.slots.get("service") or ""))))
    made = case.made(number, DETAILS)
    if made is None:
        asked = {"question": words, "language": "promql"}
        return Open((call(number, DETAILS, "translate_query", asked, f"what shows {words}"),))
    if not made.result.supports_claims:
        return Stuck(f"Nothing shows {words}: {made.result.error or 'no query came back'}", asks=False)
    fitted = probing.of_query(made.result.data["queries"][0], words, act.slots["condition"])
    return fitted if isinstance(fitted, Stuck) else {**arguments, **fitted}


def with_threshold(case: Case, number: int, act: Act, arguments: Json) -> Json | Open | Stuck:
    """The change of a rule's threshold alone: its side, above or below, stays as it is."""
    uid = arguments["uid"]
    rule = case.made(number, DETAILS)
    if rule is None:
        return Open((call(number, DETAILS, "get_alert_rule_by_uid", {"uid": uid}, "the rule as it stands"),))
    if not rule.result.supports_claims:
        return unreadable("The rule as it stands", rule)
    fitted = probing.changed(rule.result.data, act.slots["threshold"])
    return fitted if isinstance(fitted, Stuck) else {**arguments, "condition": fitted}


def reason(case: Case, act: Act) -> str:
    """The reason that was given, else the request itself: the record says at least what was asked."""
    given = act.slots.get("reason")
    return str(given) if given else NO_REASON.format(text=" ".join(case.question.text.split()))[:LONGEST_REASON]


def call(number: int, purpose: str, tool: str, arguments: Mapping[str, Any], label: str) -> Call:
    return Call(tool=tool, arguments=dict(arguments), label=capital(label), id=f"{number}.{purpose}")
