"""Plain words to queries: read, matched with what exists, reviewed. The same words and catalogue, the same answer."""

from tools.translate.answers import Translation, Untranslated
from tools.translate.logql import translating as to_logql
from tools.translate.promql import translating as to_promql
from tools.translate.situation import Situation

LONGEST_QUESTION = 1000


def translate_to_promql(words: str, situation: Situation) -> Translation | Untranslated:
    """The queries that answer the words from metrics, the best first, each reviewed; or why there are none."""
    return too_long(words) or to_promql.translated(words, situation)


def translate_to_logql(words: str, situation: Situation) -> Translation | Untranslated:
    """The queries that answer the words from logs, each reviewed; or why there are none."""
    return too_long(words) or to_logql.translated(words, situation)


def too_long(words: str) -> Untranslated | None:
    if len(words) <= LONGEST_QUESTION:
        return None
    return Untranslated(reason=f"A question has at most {LONGEST_QUESTION} characters.", code="too_long")
