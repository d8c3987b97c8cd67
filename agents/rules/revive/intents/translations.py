"""Asked for the query itself: "what is the promql for p95 latency of checkout"; nothing is run."""

import re

from agents.rules.revive.intents.shape import Intent
from agents.rules.revive.said import Act

LANGUAGE = r"(?P<{0}>promql|logql|prometheus|loki|lokiql)"
FIRST = LANGUAGE.format("first")
QUERY = r"(?:query|queries|expression|expr|equivalent|selector|statement)"
MEANT = (
    r"(?:for|of|to\s+(?:get|see|measure|show|count|find|calculate|query)"
    r"|that\s+(?:shows?|gives?|gets?|measures?|counts?)|showing|counting|behind|(?:which\s+)?(?:shows?|gives?|measures?|counts?))"
)
ASKING = (
    r"^\W*(?:(?:please|can\s+you|could\s+you|just)\s+)*"
    r"(?:what(?:'s|\s+is|\s+would\s+be|\s+are)|which|how\s+(?:do|would|can|could|should|to)\s+(?:(?:i|we|you|one)\s+)?"
    r"(?:write|express|say|query|ask\s+for|get|measure)|give\s+me|show\s+me|write(?:\s+me)?|tell\s+me|get\s+me|generate"
    r"|make|build|i\s+need|need)?\s*(?:an?\s+|the\s+|in\s+)*"
)
WRITTEN = re.compile(
    rf"{ASKING}(?:{FIRST}\s*{QUERY}?|(?:query|expression)(?:\s+in\s+{LANGUAGE.format('later')})?)\s+{MEANT}\s+(?P<what>.+)$",
    re.IGNORECASE | re.DOTALL,
)
TURNED = re.compile(
    rf"^\W*(?:(?:please|can\s+you|could\s+you)\s+)*(?:translate|turn|convert)\s+(?P<what>.+?)\s+(?:in)?to\s+(?:an?\s+)?{FIRST}\b.*$",
    re.IGNORECASE | re.DOTALL,
)
EXPRESSED = re.compile(
    rf"^\W*how\s+(?:do|would|can|could|should)\s+(?:i|we|you)\s+(?:write|express|say|query|ask\s+for|get|measure)\s+"
    rf"(?P<what>.+?)\s+(?:in|with|as|using)\s+{FIRST}\W*$",
    re.IGNORECASE | re.DOTALL,
)
OF_LANGUAGE = {"promql": "promql", "prometheus": "promql", "logql": "logql", "loki": "logql", "lokiql": "logql"}
SYNTAX = re.compile(r"[{}\[\]|`]|\w\(")
LONGEST = 500
NOUN = re.compile(r"\b(?:dashboards?|boards?|panels?|alert\s+rules?|rules?)\b", re.IGNORECASE)


def act(text: str) -> Act | None:
    """The words to translate, and the language where one is named; None when no query is asked for."""
    match = next(filter(None, (pattern.match(text) for pattern in (EXPRESSED, TURNED, WRITTEN))), None)
    if match is None:
        return None
    said = match.groupdict()
    what = said["what"].strip().rstrip(" ?.!").strip("\"“”'")
    if not what or SYNTAX.search(what) or NOUN.search(what) or len(what) > LONGEST:
        return None
    language = OF_LANGUAGE.get((said.get("first") or said.get("later") or "").casefold())
    named = {"language": language} if language else {}
    return Act(intent="translate_query", slots={"question": what, **named})


INTENTS = (
    Intent(
        name="translate_query",
        mode="grafana",
        tool="translate_query",
        cues=(),
        takes=("question", "language"),
        in_either=True,
        about="the query for “{question}”",
        extras=(" in {language}",),
    ),
)
