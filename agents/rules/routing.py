"""Which pillar a message is for, by its words alone: what is to be changed, one alert's cause, or what happened."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.brain import Question, Understanding
from agents.rules import index, lexicon, reading
from agents.rules.intents import choose, inquiry
from agents.rules.reading import Reading
from agents.rules.revive import brain as revive
from agents.rules.revive import clauses
from agents.rules.revive.intents import BY_NAME
from agents.rules.times import TimeError
from agents.rules.understand import Mind, understand
from domain.names import Names
from tools.spec import Pillar

CAUSE = re.compile(
    r"\b(?:why|caus(?:e|es|ed|ing)|root[ -]cause|troubleshoot(?:ing)?|diagnos(?:e|is)|debug|investigate|analy[sz]e"
    r"|triage|get to the bottom|what(?:'s| is| went| happened)? (?:going )?(?:wrong|on with|behind)|explain"
    r"|help me (?:with|fix)|how (?:do|can|should) (?:i|we) (?:fix|resolve|mitigate|stop)|what to do about"
    r"|what (?:should|can) (?:i|we) do)\b",
    re.IGNORECASE,
)
WORK = re.compile(r"\b(?:troubleshoot(?:ing)?|diagnos(?:e|is)|debug|triage)\b", re.IGNORECASE)
THE_ALERT = re.compile(r"\b(?:this|that|the|my) (?:\w+ )?(?:alert|page)\b(?! (?:rule|histor|trend))", re.IGNORECASE)
FIRING = re.compile(r"\b(?:firing|fires?|fired|alerting|paging|paged|triggered)\b", re.IGNORECASE)
MANY = re.compile(r"\b(?:alerts|incidents?|postmortems?|INC-\d+|outages?)\b", re.IGNORECASE)
PAST = re.compile(r"\b(?:did|was|were|had|went)\b", re.IGNORECASE)
ASKING = re.compile(r"\W*(?:how|when|what|which|why|who|did|have|has|was|were|is|are|any)\b", re.IGNORECASE)
STORY = re.compile(r"\b(?:was|were|did|when|graph|plot)\b", re.IGNORECASE)
QUERY = re.compile(r"[{(\[]|\b(?:prometheus|loki|tempo|promql|logql|traceql)\b", re.IGNORECASE)
OWN = frozenset({
    "get_runbook", "list_runbooks", "list_templates", "get_execution", "list_executions", "get_connection_info",
    "get_server", "list_servers", "list_credentials", "list_auto_analyze_rules", "query_audit_logs", "get_dashboard",
    "search_dashboards", "list_annotations", "get_alert_rule", "list_alert_rules", "list_oncall_teams",
    "list_sift_investigations", "get_sift_analysis", "translate_query",
})  # fmt: skip
WRITTEN = frozenset({"query_prometheus", "query_loki", "query_tempo"})
ON_CALL = frozenset({"get_oncall_schedule"})
SEVERAL = 2
OURS = ("impossible", "too_many", "other_mode", "secret", "too_long")


@dataclass(frozen=True, slots=True)
class Heard:
    """The pillar that a message's words are for, and by what that was told."""

    pillar: Pillar
    why: str


class Router:
    """The same words and names give the same pillar. Holds the lexicon, and the names of one version."""

    def __init__(self) -> None:
        words, intents = lexicon.load(), inquiry.INTENTS
        self._mind = Mind(
            lexicon=words,
            intents=intents,
            chooser=choose.chooser(intents, words.concepts),
            index=index.build(Names(), words.words.generic),
        )

    def heard(self, question: Question) -> Heard:
        """What is neither a change nor one alert's cause is a question, small talk too."""
        mind = self._mind_of(question.names)
        asked = replace(question, pillar=Pillar.REVIVE, history=())
        request = revive.understand(asked, mind.lexicon, mind.index)
        plain = understand(replace(question, pillar=Pillar.INQUIRY, history=()), mind)
        is_answered = plain.kind == "query" and ASKING.match(question.text) is not None
        if not is_answered and (is_change(request) or (plain.kind != "query" and is_begun(request, question.text))):
            return Heard(Pillar.REVIVE, "it asks for a change")
        if is_cause(question.text, read(question, mind)):
            return Heard(Pillar.TROUBLESHOOTING, "it asks what is behind one alert")
        if is_shown_by_revive(request, plain, question.text):
            return Heard(Pillar.REVIVE, "it asks for what revive shows")
        return Heard(Pillar.INQUIRY, "it asks about what is on record")

    def _mind_of(self, names: Names) -> Mind:
        if names.version != self._mind.index.version:
            self._mind = replace(self._mind, index=index.build(names, self._mind.lexicon.words.generic))
        return self._mind


def is_change(request: Understanding) -> bool:
    """Whether something is to be changed, clear or not yet; or what only revive refuses is asked for."""
    if any(BY_NAME[act["intent"]].is_change for act in acts_of(request)):
        return True
    return request.kind == "cannot" and request.intent in OURS


def is_begun(request: Understanding, text: str) -> bool:
    """Whether a verb of change is there, of which more has to be said."""
    verb = clauses.first_verb(clauses.hits(text)) if request.kind == "ask_back" else None
    return verb is not None and verb.meaning != "read"


def is_shown_by_revive(request: Understanding, plain: Understanding, text: str) -> bool:
    """Whether all that it asks to see is revive's own; who is on call only where inquiry cannot say more of it."""
    looks = {act["intent"] for act in acts_of(request)}
    if request.kind != "query" or not looks or (plain.kind == "query" and STORY.search(text)):
        return False
    written = WRITTEN if QUERY.search(text) else frozenset[str]()
    shared = ON_CALL if plain.kind != "query" else frozenset[str]()
    return looks <= OWN | written | shared


def acts_of(request: Understanding) -> Sequence[dict[str, Any]]:
    return [act for act in request.slots.get("acts") or () if act.get("intent") in BY_NAME]


def read(question: Question, mind: Mind) -> Reading | None:
    """The names in the words; None when they name a time that cannot be."""
    try:
        return reading.read(question, mind.lexicon, mind.index)
    except TimeError:
        return None


def is_cause(text: str, found: Reading | None) -> bool:
    """A cause is asked for, of one alert or of one service as it is now; the past is on record."""
    if not CAUSE.search(text):
        return False
    if THE_ALERT.search(text) or WORK.search(text):
        return True
    if found is None or MANY.search(text) or found.slots.periods:
        return False
    if FIRING.search(text):
        return len(found.slots.alerts) < SEVERAL
    return len((*found.slots.alerts, *found.slots.services)) in (1, 2) and not PAST.search(text)
