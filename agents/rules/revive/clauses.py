"""Cuts a request into its clauses: one for each thing that is to be looked at or done, in the order asked."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents.rules import text
from agents.rules.lexicon import find
from agents.rules.revive import vocabulary
from agents.rules.revive.writing import MARK
from tools.grafana import panels

CONNECTOR = re.compile(
    r"(?:,|\s)\s*(?:and\s+(?:then|also|after\s+that|finally)|then|and|also|after\s+that|afterwards|plus|followed\s+by)\b,?\s*"
    r"|;\s*|\n+\s*|(?<=[\w⟧%])[.!?]\s+|,\s*",
    re.IGNORECASE,
)
LEAD = re.compile(r"(?:(?:then|also|please|finally|after\s+that|afterwards|next)\b,?\s*)*", re.IGNORECASE)
ARTICLES = re.compile(r"(?:(?:an?|the|all|my|our|another|any)\s+)*", re.IGNORECASE)
FEW_WORDS = re.compile(r"(?:[A-Za-z0-9]+\s+){0,3}")
IMPLIED = {"run": "runbook", "do": "runbook", "annotate": "annotation", "provision": "template"}
SHARING = ("create", "add", "delete", "read")
DRAWN = ("dashboard", "panel", "alert_rule")
NAMED = re.compile(rf"\s+(?:the\s+)?(?:{MARK}|[\w.]*[\w]-[\w.-]+|\w+)")
IDENTIFIER = re.compile(r"\s+(?:the\s+)?(?:⟦quote[a-z]⟧|\w+(?:-\w+)+)")
ONE = re.compile(r"(?:another\s+|a\s+second\s+)?(?P<one>one|another)\s+(?=for|of|on|called|named)", re.IGNORECASE)
WHETHER = re.compile(r"\W*(?:did|has|have|had|was|were|does|should|is|are)\b", re.IGNORECASE)
GAP = re.compile(r"\s+(?:[A-Za-z0-9]+\s+){0,2}")
REASON = re.compile(
    r"(?:,\s*)?\b(?:because(?:\s+of)?|due\s+to|reason\s*:|the\s+reason\s+is(?:\s+that)?|with\s+(?:the\s+)?reason"
    r"|as\s+the|in\s+order\s+to|since\s+the)\s+(?P<reason>.+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A verb or a noun at the characters `start..end`."""

    kind: str
    meaning: str
    start: int
    end: int
    written: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause with marks for what is written out, its `reason` ("because ...") apart. `noun` is the head of its
    first noun phrase; `is_elliptic` when its verb is that of the clause before ("a dashboard and an alert rule")."""

    text: str
    reason: str = ""
    verb: Hit | None = None
    noun: Hit | None = None
    is_elliptic: bool = False
    literals: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def wanted(self) -> tuple[str, str]:
        """The verb and the noun; a noun alone is to be read, a verb alone may imply its noun."""
        verb = self.verb.meaning if self.verb else "read"
        return verb, self.noun.meaning if self.noun else IMPLIED.get(verb, "")

    @property
    def is_another(self) -> bool:
        """Whether it asks for one more of the same: "and another for auth"."""
        return self.is_elliptic and self.noun is not None and self.noun.written.casefold() in ("one", "another")

    @property
    def is_plural(self) -> bool:
        return bool(self.noun and re.search(r"(?:s|logs|log|history)$", self.noun.written, re.IGNORECASE))

    def restore(self, part: str) -> str:
        return re.sub(MARK, lambda match: self.literals.get(match[0], ""), part).strip()


def cut(written: str, literals: Mapping[str, str]) -> tuple[Clause, ...]:
    """The clauses of a request, each with its verb and noun."""
    found: list[Clause] = []
    for piece, verb in pieces(written):
        clause = clause_of(piece, literals)
        found.append(completed(clause, verb, found[-1]) if verb and found else clause)
    return tuple(found)


def completed(clause: Clause, verb: Hit, before: Clause) -> Clause:
    """The clause with the verb of the one before, and its noun too where it says "one"."""
    shared, one = replace(verb, start=0, end=0), ONE.match(clause.text)
    if one is None or before.noun is None:
        return replace(clause, verb=shared, is_elliptic=True)
    noun = replace(before.noun, start=one.start("one"), end=one.end("one"), written=one["one"])
    return replace(clause, verb=shared, noun=noun, is_elliptic=True)


def pieces(written: str) -> Iterator[tuple[str, Hit | None]]:
    """The text of each clause, and the verb of the one before where a clause has none of its own."""
    start, inherited = 0, None
    request = Request(written)
    verb = first_verb(request.hits)
    for end, begin in request.joints:
        own = request.verb_of_its_own(begin)
        shared = None if own else request.shared_verb(start, end, begin, verb)
        if own or shared:
            yield written[start:end].strip(" ,"), inherited
            start, inherited, verb = begin, shared, own or verb
    yield written[start:].strip(" ,.?!"), inherited


class Request:
    """A request while it is cut: its verbs and nouns, and its joints, where one clause may end and the next begin."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.hits = hits(written)
        self.verbs = {hit.start: hit for hit in self.hits if hit.kind == "verb"}
        self.nouns = [hit for hit in self.hits if hit.kind == "noun"]
        self.joints = [(match.start(), self.led(match.end())) for match in CONNECTOR.finditer(written)]
        self.ends = [end for end, begin in self.joints if begin in self.verbs]

    def led(self, at: int) -> int:
        """Where a clause really begins: behind "then", "please" and the like."""
        lead = LEAD.match(self.written, at)
        return lead.end() if lead else at

    def verb_of_its_own(self, begin: int) -> Hit | None:
        """The verb a new clause begins with: it needs a noun of its own, or a name it can be about."""
        verb = self.verbs.get(begin)
        if verb is None:
            return None
        place = bisect_left(self.ends, verb.end)
        until = self.ends[place] if place < len(self.ends) else len(self.written)
        names = IDENTIFIER if verb.meaning == "do" else NAMED
        is_implied = verb.meaning in IMPLIED and names.match(self.written, verb.end)
        is_of_something = self.has_noun(verb.end, until) or is_implied or self.is_measured(verb, until)
        return verb if is_of_something else None

    def is_measured(self, verb: Hit, until: int) -> bool:
        """Whether numbers are to be read: "and show the error rate"; behind a dashboard it says what is on it."""
        is_drawn = any(noun.meaning in DRAWN for noun in self.nouns if noun.end <= verb.start)
        return verb.meaning == "read" and not is_drawn and panels.known(self.written[verb.end : until]) is not None

    def shared_verb(self, start: int, end: int, begin: int, verb: Hit | None) -> Hit | None:
        """The verb of the clause `start..end`, when a thing of its kind follows: "a dashboard and an alert rule"."""
        if verb is None or verb.meaning not in SHARING or not self.has_noun(start, end):
            return None
        if REASON.search(self.written, start, end):
            return None
        if ONE.match(self.written, begin):
            return verb
        article = ARTICLES.match(self.written, begin)
        at = article.end() if article else begin
        few = FEW_WORDS.match(self.written, at)
        reach = few.end() if few and at > begin else at
        noun = self.noun_from(at)
        is_listed = noun is not None and noun.meaning in vocabulary.load().listed
        return verb if noun and is_listed and noun.start <= reach else None

    def has_noun(self, start: int, end: int) -> bool:
        noun = self.noun_from(start)
        return noun is not None and noun.end <= end

    def noun_from(self, start: int) -> Hit | None:
        place = bisect_left(self.nouns, start, key=lambda hit: hit.start)
        return self.nouns[place] if place < len(self.nouns) else None


def clause_of(piece: str, literals: Mapping[str, str]) -> Clause:
    why = REASON.search(piece)
    text = piece[: why.start()].rstrip(" ,") if why else piece
    found = asked(text, hits(text))
    reason = why["reason"] if why else ""
    return Clause(text=text, reason=reason, verb=first_verb(found), noun=head(text, found), literals=literals)


def asked(text: str, found: list[Hit]) -> list[Hit]:
    """The verbs and nouns of a clause; in a question whether something was done its verb does nothing: "did
    restart-api run today?" is about executions."""
    verb = first_verb(found)
    if verb is None or verb.meaning == "read" or not WHETHER.match(text):
        return found
    runs = [replace(verb, kind="noun", meaning="execution")] if verb.meaning == "run" else []
    return [*(hit for hit in found if hit.kind == "noun"), *runs]


def hits(piece: str) -> list[Hit]:
    """Every verb and noun in reading order; the two sides of `host=web-1` are neither."""
    words = text.read(piece)
    found: list[Hit] = []
    for hit in find(words, vocabulary.load().acts):
        start, end = vocabulary.span(words, hit)
        if "=" in (piece[end : end + 1], piece[start - 1 : start]):
            continue
        kind, meaning = hit.meanings[0].split()
        found.append(Hit(kind, meaning, start, end, piece[start:end]))
    return found


def first_verb(found: Sequence[Hit]) -> Hit | None:
    return next((hit for hit in found if hit.kind == "verb"), None)


def head(piece: str, found: Sequence[Hit]) -> Hit | None:
    """The head of the first noun phrase: of "server overview dashboard" the dashboard."""
    nouns = [hit for hit in found if hit.kind == "noun"]
    if not nouns:
        return None
    words, chosen = vocabulary.load(), nouns[0]
    if chosen.meaning in words.first:
        return chosen
    for noun in nouns[1:]:
        if noun.meaning not in words.heads or not is_compound(piece[chosen.end : noun.start], words.function):
            break
        chosen = noun
    return chosen


def is_compound(gap: str, function: frozenset[str]) -> bool:
    """Whether what stands between two nouns leaves them one name."""
    return bool(GAP.fullmatch(gap)) and not any(word.casefold() in function for word in gap.split())
