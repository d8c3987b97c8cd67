"""Readers for servers, credentials, rules, runbooks and the audit log."""

import re
from typing import Any, TypeAlias

from agents.rules.revive import naming, values, vocabulary
from agents.rules.revive.said import Said
from agents.rules.revive.writing import KEY, of_kind

Json: TypeAlias = dict[str, Any]
HOST = r"[A-Za-z0-9](?:[\w-]*\.)*[\w-]+|\[?[0-9a-fA-F:]{3,}\]?"
HOSTNAME = re.compile(
    rf"\b(?:at|hostname|host|address|ip|ip\s+address)\s*[:=]?\s*(?:(?P<user>[\w.-]+)@)?(?P<host>{HOST})(?::(?P<port>\d{{1,5}}))?",
    re.IGNORECASE,
)
LOGIN = re.compile(rf"\b(?P<user>[\w.-]+)@(?P<host>{HOST})(?::(?P<port>\d{{1,5}}))?")
ADDRESS = re.compile(r"(?<![\w.])(?P<host>\d{1,3}(?:\.\d{1,3}){3})(?::(?P<port>\d{1,5}))?(?![\w.])")
PORT = re.compile(r"\bport\s*[:=]?\s*(?P<port>\d{1,5})\b", re.IGNORECASE)
USER = re.compile(
    r"\b(?:user(?:name)?|login|logging\s+in\s+as|as\s+user)\s*[:=]?\s*(?P<user>(?!the\b|an?\b)[\w.-]+)", re.IGNORECASE
)
AS_USER = re.compile(r"\bas\s+(?P<user>(?!the\b|an?\b)[\w.-]+)", re.IGNORECASE)
KINDS = ("ssh", "ssh_key", "ssh-key", "private", "password", "token", "api", "server", "host")
CREDENTIAL = re.compile(r"\bcredentials?\s*[:=]?\s*(?P<name>⟦quote[a-z]⟧|[\w.-]+)", re.IGNORECASE)
CREDENTIAL_BEFORE = re.compile(r"(?P<name>[\w-]+)\s+credential", re.IGNORECASE)
REFERENCE = re.compile(r"\b(?P<reference>env:[A-Za-z_]\w*|file:/[^\s,;]+)")
GLOB = re.compile(
    r"(?<![\w*])(?P<glob>[A-Za-z][\w-]*\*[\w*-]*|\*[\w-]+\*?|[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+)(?![\w*])"
)
DOER = re.compile(
    r"\b(?:by|of|from|user)\s+(?:the\s+)?(?:user\s+)?(?P<by>[\w.@-]+)|\b(?:what|when)\s+did\s+(?P<did>[\w.@-]+)|\b(?P<own>[\w.@-]+)[’']s\s+(?:audit|actions|changes)",
    re.IGNORECASE,
)
TOOL = re.compile(r"(?<!\w)(?P<tool>[a-z]+(?:_[a-z]+)+)(?!\w)")
BACK = re.compile(
    r"\b(?:roll(?:s|ing)?\s*back|rollback|undo(?:ne)?|on\s+failure)\b\D{0,40}?(?P<mark>⟦code[a-z]⟧)", re.IGNORECASE
)
FOLLOWED = re.compile(r"\bannotat", re.IGNORECASE)
STATUS = {
    "resolve": "resolved",
    "close": "resolved",
    "resolved": "resolved",
    "closed": "resolved",
    "reopen": "active",
    "active": "active",
}


def address(said: Said, part: str) -> str | None:
    """`host`, `port` or `user` of where a server is: "deploy@10.0.0.7:2222", "at db.example.com"."""
    for pattern in (LOGIN, HOSTNAME, ADDRESS):
        match = pattern.search(said.text)
        found = match.groupdict().get(part) if match else None
        if found:
            return found
    return None


def hostname(said: Said) -> str | None:
    return address(said, "host")


def port(said: Said) -> int | None:
    match = PORT.search(said.text)
    number = match["port"] if match else address(said, "port")
    return int(number) if number else None


def username(said: Said) -> str | None:
    """Who signs in: "user deploy", "deploy@10.0.0.7", and "as deploy" where that is no kind of thing."""
    match = USER.search(said.text)
    if match:
        return match["user"]
    spoken = AS_USER.search(said.text)
    is_name = spoken is not None and not vocabulary.values(spoken["user"], "credential") and spoken["user"] not in KINDS
    return address(said, "user") or (spoken["user"] if spoken and is_name else None)


def host_key(said: Said) -> str | None:
    """The public key, written out or in backquotes."""
    marks = [*of_kind(said.text, "key"), *of_kind(said.text, "code"), *of_kind(said.text, "quote")]
    return next((said.clause.literals[mark] for mark in marks if KEY.search(said.clause.literals[mark])), None)


def credential(said: Said) -> str | None:
    match = CREDENTIAL.search(said.text) or CREDENTIAL_BEFORE.search(said.text)
    name = said.clause.restore(match["name"]) if match else ""
    return name if name and name.casefold() not in vocabulary.load().function else None


def credential_kind(said: Said) -> str | None:
    """The kind by its longest word: an "ssh key" is no plain token."""
    behind = said.text[said.clause.noun.start :] if said.clause.noun else said.text
    found = vocabulary.values(behind, "credential") or vocabulary.values(said.text, "credential")
    return found[0] if found else None


def reference(said: Said) -> str | None:
    match = REFERENCE.search(said.text)
    return match["reference"] if match else None


def alert_name(said: Said) -> str | None:
    """The alert a rule is for: one the database knows, a glob, or a word in camel case."""
    if said.alerts:
        return said.alerts[0]
    match = GLOB.search(said.text)
    return match["glob"] if match else None


def annotates(said: Said) -> bool | None:
    return True if FOLLOWED.search(said.text) else None


def doer(said: Said) -> str | None:
    """Whose actions: "by alice", "what did alice do"."""
    for match in DOER.finditer(said.text):
        name = match["by"] or match["did"] or match["own"]
        plain = name.casefold()
        if plain not in vocabulary.load().function and name not in said.services and not naming.verbs_and_nouns(name):
            return None if values.is_time(plain) or plain.isdigit() else name
    return None


def tool(said: Said) -> str | None:
    match = TOOL.search(said.text)
    return match["tool"] if match else None


def incident_status(said: Said) -> str | None:
    """The status an incident is to get, or those listed have."""
    words = said.text.casefold().split()
    return next((STATUS[word.strip(".,")] for word in words if word.strip(".,") in STATUS), None)


def commands(said: Said) -> list[str] | None:
    """The commands of a new runbook, in backquotes and in their order, without the one that undoes them."""
    back = BACK.search(said.text)
    undoing = back["mark"] if back else ""
    return [said.clause.literals[mark] for mark in of_kind(said.text, "code") if mark != undoing] or None


def undo(said: Said) -> str | None:
    match = BACK.search(said.text)
    return said.clause.literals[match["mark"]] if match else None
