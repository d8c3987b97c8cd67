"""The names in a clause: of what is meant ("the 'Checkout' dashboard"), of what is to be made ("named restart-api")."""

import re
from collections.abc import Iterator

from agents.rules.revive import vocabulary
from agents.rules.revive.clauses import Clause, hits
from agents.rules.revive.writing import MARK

QUOTE = r"⟦(?:quote|code)[a-z]⟧"
WORD = r"[\w@*][\w@./*:-]*"
CALLED = re.compile(
    rf"\b(?:named|called|titled|entitled|(?:with|by)\s+(?:the\s+)?(?:name|title)(?:\s+of)?)\s*:?\s*(?P<name>{QUOTE}|{WORD})",
    re.IGNORECASE,
)
UID = re.compile(r"\b(?:uid|id|number)\s*[:=]?\s*(?P<uid>[\w-]{1,64})", re.IGNORECASE)
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
AFTER = re.compile(rf"\s*:?\s*(?P<name>{QUOTE}|{WORD}(?:\s+{WORD})*)")
IDENTIFIER = re.compile(r"(?<![\w-])[A-Za-z0-9]+(?:[-_][\w.]+)+(?![\w-])")
ONE_WORD = ("runbook", "server", "credential", "execution", "template", "auto_rule", "rule")
ARTICLES = (
    "the",
    "a",
    "an",
    "my",
    "our",
    "all",
    "this",
    "that",
    "any",
    "some",
    "existing",
    "current",
    "new",
    "latest",
    "last",
    "whole",
    "old",
    "me",
    "us",
)


def of_thing(clause: Clause) -> str:
    """The name of something that is there: called so, behind its noun, before it, or behind the verb alone."""
    return called(clause) or behind(clause) or before(clause) or beside_verb(clause)


def of_new(clause: Clause) -> str:
    """The name that something new is to have, "" when none is given."""
    return called(clause) or behind(clause)


def called(clause: Clause) -> str:
    match = CALLED.search(clause.text)
    if match is None:
        return ""
    if match["name"].startswith("⟦") or (clause.noun and clause.noun.meaning in ONE_WORD):
        return clause.restore(match["name"])
    return clause.restore(" ".join(run_of_words(clause.text[match.start("name") :])))


def uid(clause: Clause) -> str:
    match = UID.search(clause.text) or None
    if match:
        return match["uid"]
    whole = UUID.search(clause.text)
    return whole[0] if whole else ""


def behind(clause: Clause) -> str:
    """The name right behind the noun: "runbook restart-api", "dashboard 'Checkout'"."""
    if clause.noun is None:
        return ""
    match = AFTER.match(clause.text, clause.noun.end)
    if match is None:
        return ""
    if match["name"].startswith("⟦"):
        return clause.restore(match["name"])
    words = list(run_of_words(clause.text[match.start("name") :]))
    if clause.noun.meaning in ONE_WORD:
        words = words[:1]
    return clause.restore(" ".join(words))


def run_of_words(part: str) -> Iterator[str]:
    """The words up to the next one that no name has in it, or the next mark of punctuation."""
    function = vocabulary.load().function
    for word in re.findall(rf"{MARK}|[^\s⟦]+", part):
        bare = word.rstrip(",.;:?!")
        if bare.startswith("⟦") or bare.casefold() in function or "=" in bare or not re.fullmatch(WORD, bare):
            return
        yield bare
        if bare != word:
            return


def before(clause: Clause) -> str:
    """The name before the noun: "the checkout overview dashboard", "run 'restart api' runbook"."""
    if clause.noun is None:
        return ""
    start = clause.verb.end if clause.verb and clause.verb.end <= clause.noun.start else 0
    part = clause.text[start : clause.noun.start].strip()
    mark = re.search(rf"({QUOTE})\s*$", part)
    if mark:
        return clause.restore(mark[1])
    if not part or re.search(r"[,;:.]\s", part):
        return ""
    words = vocabulary.strip_words(part.split(), (*ARTICLES, *vocabulary.load().polite, "of", "for", "on", "to", "up"))
    function = vocabulary.load().function
    while any(word.casefold() in function for word in words):
        words = words[1:]
    return clause.restore(" ".join(words)) if clause.verb or start == 0 else ""


def beside_verb(clause: Clause) -> str:
    """What the verb alone is about: "run restart-api", "execute 'db failover' on web-1"."""
    if clause.verb is None or clause.noun is not None:
        return ""
    rest = re.sub(r"^\s*(?:the|a|an|my|our)\s+", " ", clause.text[clause.verb.end :], flags=re.IGNORECASE)
    mark = re.match(rf"\s*({QUOTE})", rest)
    if mark:
        return clause.restore(mark[1])
    words = list(run_of_words(rest.strip()))
    identifier = IDENTIFIER.match(words[0]) if words else None
    return words[0] if identifier else " ".join(words)


def deed(clause: Clause) -> list[str]:
    """The words of a deed: "restart the checkout service on web-1" is restart, checkout."""
    if clause.verb is None:
        return []
    rest = re.sub(r"^\s*(?:the|a|an|my|our|all)\s+", " ", clause.text[clause.verb.end :], flags=re.IGNORECASE)
    words = [clause.restore(word) for word in run_of_words(rest.strip())]
    return [*clause.verb.written.casefold().split(), *(word for word in words if word.casefold() != "service")]


def listed(clause: Clause, first: str) -> list[str]:
    """Every name of a list that begins with `first`: "'A', 'B' and 'C'", "restart-api and restart-worker"."""
    one = rf"(?:{QUOTE}|{IDENTIFIER.pattern})"
    for match in re.finditer(rf"{one}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+){one})+", clause.text):
        names = [clause.restore(name) for name in re.findall(one, match[0])]
        if names[0] == first:
            return names
    return [first]


def identifiers(clause: Clause) -> list[str]:
    """Every word written like a name (restart-api, web_1)."""
    return [match[0] for match in IDENTIFIER.finditer(clause.text)]


def verbs_and_nouns(part: str) -> bool:
    return bool(hits(part))
