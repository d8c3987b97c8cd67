"""Small readers, each for one slot that most acts may have: text, tags, severity, parameters, reason, times."""

import re
from typing import Any

import orjson

from agents.rules.revive import naming, vocabulary
from agents.rules.revive.said import Said
from agents.rules.revive.writing import MARK, of_kind
from domain.windows import stamp

WORD = rf"(?:{MARK}|[^\s,;]+)"
PAIR = re.compile(rf"(?<![\w=])(?P<name>[A-Za-z_][\w.-]*)\s*=\s*(?P<value>{MARK}|[^\s,;]+)")
SPOKEN_PAIR = re.compile(
    r"(?:\bwith|\band|,)\s+(?:the\s+)?(?:parameter\s+)?(?P<name>[A-Za-z][\w-]*)\s+(?:set\s+to\s+|of\s+|to\s+|as\s+)?(?P<value>⟦quote[a-z]⟧|\d[\w.]*|true|false)(?=\s|,|$)",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"(?<![\w.=-])(?P<value>\d+(?:\.\d+)?\s*(?:[kmgt]i?b)?)\s+(?P<name>[A-Za-z][A-Za-z_-]+)", re.IGNORECASE
)
SIZE = re.compile(
    r"(?<![\w.=-])(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>[KMGT]i?B)\b(?:\s+(?:of\s+)?(?P<name>[A-Za-z]+))?", re.IGNORECASE
)
DRY = re.compile(
    r"\bdry[\s-]?run|\bwithout\s+(?:really\s+)?(?:executing|running|doing)|\bsimulate|\bonly\s+show\s+(?:me\s+)?what",
    re.IGNORECASE,
)
TARGET = re.compile(
    r"\b(?:on|against|at|to)\s+(?:the\s+)?(?:server\s+|host\s+|machine\s+)?(?P<target>⟦quote[a-z]⟧|[A-Za-z][\w.-]*)",
    re.IGNORECASE,
)
FOLDER = re.compile(
    rf"\b(?:in|into|under|to)\s+(?:the\s+)?(?P<name>{MARK}|[\w-]+(?:\s[\w-]+)?)\s+folder\b", re.IGNORECASE
)
FOLDER_NAMED = re.compile(rf"\bfolder\s*[:=]?\s*(?P<name>{MARK}|(?!tagged\b)[\w-]+)", re.IGNORECASE)
TAGS = re.compile(
    rf"\b(?:tagged(?:\s+(?:with|as))?|with\s+(?:the\s+)?tags?|tags?:?)\s+(?P<tags>{WORD}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+){WORD})*)",
    re.IGNORECASE,
)
TEAM = re.compile(r"\bteam\s+(?P<name>(?!on\b)[\w-]+)", re.IGNORECASE)
TEAM_BEFORE = re.compile(r"\b(?P<name>(?!for\b|the\b|my\b|our\b)[\w-]+)\s+team\b", re.IGNORECASE)
LIMIT = re.compile(
    r"\b(?:last|latest|first|top|newest|recent)\s+(?P<limit>\d{1,3})\b(?!\s*(?:h|m|s|d|w|hours?|hrs?|min(?:ute)?s?|sec(?:ond)?s?|days?|weeks?|months?|quarters?|years?)\b)|\blimit\s+(?P<other>\d{1,3})\b",
    re.IGNORECASE,
)
SAYING = re.compile(
    r"(?::\s+|\b(?:saying|that\s+says|with\s+(?:the\s+)?(?:text|note|message)|that)\s+)(?P<text>.+)$", re.IGNORECASE
)
NAMED_PLACE = re.compile(r"(?:dashboard|board)\s+(⟦quote[a-z]⟧)|(⟦quote[a-z]⟧)\s+(?:dashboard|board)", re.IGNORECASE)
RENAMED = re.compile(r"\b(?:to|as|title)\s+(?P<title>⟦quote[a-z]⟧|[A-Z]\w*(?:\s+\w+)*)")
SEVERITIES = frozenset({"critical", "warning", "warnings", "info", "informational", "firing", "open"})
SERVICE_TYPED = re.compile(
    r"\b(?:for|of|on|about)\s+(?:the\s+)?(?:service\s+)?(?P<service>[a-z][\w-]*)(?:\s+service)?\b", re.IGNORECASE
)


def service(said: Said) -> str | None:
    """The first service named, or that of the clause before when this one points at it."""
    if said.services:
        return said.services[0]
    before = said.before.slots.get("service") if said.before else None
    return before if before and (said.points or said.clause.is_elliptic) else None


def typed_service(said: Said) -> str | None:
    """The service, even one that no alert has named yet, when one is clearly meant: never silently every service."""
    known = service(said)
    if known:
        return known
    return next((match["service"] for match in SERVICE_TYPED.finditer(said.text) if is_name(match["service"])), None)


def is_name(word: str) -> bool:
    """Whether a word can be a service's name: not one of the grammar's, of a deed, a thing or a severity."""
    folded = word.casefold()
    plain = folded in vocabulary.load().function or folded in SEVERITIES or naming.verbs_and_nouns(word)
    return not plain and not word.startswith("⟦")


def services(said: Said) -> list[str] | None:
    return list(said.services) or None


def environment(said: Said) -> str | None:
    return said.environments[0] if said.environments else None


def team(said: Said) -> str | None:
    """The team called one, or whose name is in the clause."""
    match = TEAM.search(said.text) or TEAM_BEFORE.search(said.text)
    if match:
        return match["name"]
    words = re.findall(r"[\w-]+", said.text.casefold())
    return next((name for name in (*said.teams, *said.question.names.teams) if name.casefold() in words), None)


def severity(said: Said) -> str | None:
    found = vocabulary.values(said.text, "severity")
    return found[0] if found else None


def severities(said: Said) -> list[str] | None:
    return vocabulary.values(said.text, "severity") or None


def folder(said: Said) -> str | None:
    """The folder named, else that of the clause before whose verb this one shares."""
    match = FOLDER.search(said.text) or FOLDER_NAMED.search(said.text)
    if match:
        return said.clause.restore(match["name"])
    return said.before.slots.get("folder") if said.before and said.clause.is_elliptic else None


def tags(said: Said) -> list[str] | None:
    """The tags named, in the last place that names some: "tag" may be the verb."""
    found = list(TAGS.finditer(said.text))
    if not found:
        return None
    words = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", found[-1]["tags"])
    return [said.clause.restore(word) for word in words if word]


def parameters(said: Said) -> dict[str, str] | None:
    """Written `key=value`, or said: "with replicas 3", "with 2 cores and 8 GB"."""
    found = {match["name"]: said.clause.restore(match["value"]) for match in PAIR.finditer(said.text)}
    for match in SPOKEN_PAIR.finditer(said.text):
        found.setdefault(match["name"], said.clause.restore(match["value"]))
    return found or None


def pairs(said: Said) -> dict[str, str] | None:
    """Only what is written `key=value`."""
    return {match["name"]: said.clause.restore(match["value"]) for match in PAIR.finditer(said.text)} or None


def amounts(said: Said) -> dict[str, str] | None:
    """Amounts with what they are of: "2 cores", "8 GB", "100 GB of storage"; what has no name is `size`."""
    found: dict[str, str] = {}
    for match in SIZE.finditer(said.text):
        found[of_what(match["name"] or "")] = f"{match['value']} {match['unit']}"
    for match in COUNTED.finditer(SIZE.sub(" ", said.text)):
        name = of_what(match["name"])
        if name != "size" and not vocabulary.values(name, "execution"):
            found[name] = match["value"].strip()
    return found or None


def of_what(name: str) -> str:
    word = name.casefold()
    return "size" if not word or word in vocabulary.load().function else word


def reason(said: Said) -> str | None:
    return said.clause.restore(said.clause.reason).rstrip(". ") or None


def dry_run(said: Said) -> bool | None:
    return True if DRY.search(said.text) else None


def target(said: Said) -> str | None:
    """The server something is to be done on: "on web-1"."""
    for match in TARGET.finditer(said.text):
        word = said.clause.restore(match["target"])
        function = vocabulary.load().function
        if word.casefold() not in function and not naming.verbs_and_nouns(match["target"]) and not is_time(word):
            return word
    return None


def is_time(word: str) -> bool:
    return word.casefold() in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def limit(said: Said) -> int | None:
    match = LIMIT.search(said.text)
    return int(match["limit"] or match["other"]) if match else None


def since(said: Said) -> str | None:
    return stamp(said.window.start) if said.window else None


def until(said: Said) -> str | None:
    return stamp(said.window.end) if said.window else None


def time_range(said: Said) -> Any:
    return said.window.as_json() if said.window else None


def note(said: Said) -> str | None:
    """The text of an annotation: behind "saying", "that" or a colon, else what is quoted and names no dashboard."""
    match = SAYING.search(said.text)
    spoken = said.clause.restore(TAGS.sub("", match["text"])).strip() if match else ""
    if spoken:
        return spoken
    places = {mark for pair in NAMED_PLACE.findall(said.text) for mark in pair}
    quoted = [mark for mark in of_kind(said.text, "quote") if mark not in places]
    return said.clause.restore(quoted[-1]) if quoted else None


def new_title(said: Said) -> str | None:
    """The title something is renamed to."""
    if not re.search(r"\b(?:rename|retitle|call|title)\b", said.text, re.IGNORECASE):
        return None
    found = list(RENAMED.finditer(said.text))
    return said.clause.restore(found[-1]["title"]) if found else None


def block(said: Said) -> Any:
    """The JSON of a code block, None when there is none that is JSON."""
    for mark in of_kind(said.text, "block"):
        try:
            return orjson.loads(said.clause.literals[mark])
        except orjson.JSONDecodeError:
            continue
    return None


def kind_of_run(said: Said) -> str | None:
    found = vocabulary.values(said.text, "execution")
    return found[0] if found else None
