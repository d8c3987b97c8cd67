"""What is answered without any tool: small talk, help, words of approval, and what another pillar answers."""

import re
from dataclasses import dataclass
from typing import Literal

from agents.brain import Question
from agents.rules import text
from agents.rules.lexicon import find
from agents.rules.revive import clauses, vocabulary
from agents.rules.revive.modes import Mode

EXAMPLES = (
    "Create a dashboard for checkout with CPU, memory and request rate",
    "Create an alert rule when the error rate of checkout is above 5 % for 10 minutes",
    "List the runbooks",
    "List the servers",
)
FOR_MODE: dict[Mode, tuple[str, ...]] = {
    "grafana": (EXAMPLES[0], EXAMPLES[1], "List the alert rules", "Who is on call?"),
    "aiops": ("List the runbooks", "Run restart-api on web-1", "List the servers", "Show the latest executions"),
}
APPROVAL = (
    "Nothing is approved or rejected by a message. A change that waits has a confirmation: decide it there (Approve, "
    "Reject or Edit on its card, the `confirm` tool over MCP, or the confirm call of the HTTP interface). "
    "Without one, nothing is waiting."
)
HELP = (
    "Revive looks at and changes Grafana (dashboards, alert rules, annotations, incidents, queries) and AIOps "
    "(runbooks, servers, credentials, auto-analyze rules, executions, the audit log). Looking happens at once; each "
    "change is shown first and made only after it is approved. Up to five changes can be asked for in one message."
)
GREETING = "Hello. Say what is to be looked at or changed in Grafana or AIOps; each change is shown before it is made."
THANKS = "Noted. Ask on when something else is needed."
REPLIES = {"approve": APPROVAL, "help": HELP, "greeting": GREETING, "thanks": THANKS}
OURS = "Revive looks at and changes Grafana and AIOps."
ELSEWHERE = {
    "inquiry": f"That is a question about what happened: ask it under inquiry. {OURS}",
    "troubleshooting": f"Finding a cause belongs to troubleshooting: ask it there. {OURS}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """An answer that needs no tool."""

    kind: Literal["converse", "cannot"]
    intent: str
    reply: str
    suggestions: tuple[str, ...] = ()


def small_talk(question: Question) -> Talk | None:
    """The answer to what is no request: all of it one phrase of talk, or a question for another pillar."""
    words = text.read(question.text)
    said = tuple(token.word for token in words.tokens)
    tables = vocabulary.load().tables
    meant = tables["talk"].get(said) or tables["talk"].get(tuple(word for word in said if word not in POLITE))
    if meant:
        offered = (*FOR_MODE["grafana"][:2], *FOR_MODE["aiops"][:2]) if meant[0] in ("help", "greeting") else ()
        return Talk(kind="converse", intent=meant[0], reply=REPLIES[meant[0]], suggestions=offered)
    if HOW.search(question.text):
        return Talk(
            kind="converse", intent="help", reply=HELP, suggestions=(*FOR_MODE["grafana"][:2], *FOR_MODE["aiops"][:2])
        )
    return pointer(question)


def pointer(question: Question) -> Talk | None:
    """Where a question for another pillar is to be asked; a request to change something is none."""
    found = clauses.hits(question.text)
    verb = clauses.first_verb(found)
    is_request = verb is not None and verb.meaning != "read"
    noun = clauses.head(question.text, found)
    is_revives = noun is not None and noun.written.casefold() not in (
        "alert",
        "alerts",
        "incident",
        "incidents",
        "metrics",
        "logs",
    )
    hits = find(text.read(question.text), vocabulary.load().tables["elsewhere"])
    if not hits or is_request or is_revives:
        return None
    pillar = hits[0].meanings[0]
    return Talk(kind="cannot", intent=f"ask_{pillar}", reply=ELSEWHERE[pillar])


HOW = re.compile(
    r"^\W*(?:please\s+)?(?:tell\s+me\s+|show\s+me\s+)?how\s+(?:do|can|could|should|would|to)\b", re.IGNORECASE
)
POLITE = frozenset(("please", "then", "now", "and", "so", "well"))
