"""curl, wget and ip: what they send, what they write, and what they change of the network."""

import re

from tools.shell.kinds import Kind
from tools.shell.options import Options, options
from tools.shell.programs import Program
from tools.shell.script import Command
from tools.shell.told import HARMLESS, HARMLESS_TARGETS, Told, changes
from tools.shell.words import Word

READ_METHODS = ("GET", "HEAD", "OPTIONS")
DATA = ("-d", "--data", "--data-raw", "--data-urlencode", "--data-binary", "--data-ascii")
ACTING_PATH = re.compile(
    r"(?i)[/?&=](delete|remove|drop|shutdown|restart|reload|kill|quit|reset|flush|purge|stop|terminate|destroy|exec|trigger|"
    r"abort|disable|enable|drain|deploy|rollback|quitquitquit|abortabortabort|failover|promote)(?=[/?&#]|$)"
)
PLAIN_URL = re.compile(
    r"(?i)(https?|file)://.*|(?!(ftp|dict|ldap|imap|smtp|pop3|telnet|gopher|scp|sftp)\.)[^:]*(:\d.*|/.*)?"
)
IP_LOOKS = ("show", "list", "ls", "get", "sh")
IP_BARE = ("a", "addr", "address", "r", "route", "link", "l", "neigh", "rule", "n", "maddr")


def curl(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:])
    methods = [word.text.upper() for word in found.values("-X", "--request")]
    sent = next((method for method in methods if method not in READ_METHODS), None)
    if sent is not None:
        kind = Kind.DESTRUCTIVE if "DELETE" in methods else Kind.CHANGING
        return Told(kind, f"curl sends {sent or 'what is only known when it runs'}")
    return changes(why) if (why := curl_changes(found)) else HARMLESS


def curl_changes(found: Options) -> str:
    if found.unknown:
        return f"curl {found.unknown[0]}"
    if found.has(*DATA) and not found.has("-G", "--get"):
        return "curl sends data"
    if any(word.text not in (*HARMLESS_TARGETS, "-") for word in found.values("-o", "--output")):
        return "curl writes a file"
    if any("%output" in word.text or not word.is_known for word in found.values("-w", "--write-out")):
        return "curl's format may write a file"
    strange = [url for url in (*found.positional, *found.values("--url")) if not only_gets(url)]
    return f"{strange[0].text or 'an address'} may do more than answer" if strange else ""


def only_gets(url: Word) -> bool:
    return bool(PLAIN_URL.fullmatch(url.text)) and not ACTING_PATH.search(url.text)


def wget(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:])
    targets = [word.text for word in found.values("-O", "--output-document")]
    to_nobody = found.has("--spider") or (targets and all(target in ("-", *HARMLESS_TARGETS) for target in targets))
    if to_nobody and not found.unknown and all(map(only_gets, found.positional)):
        return HARMLESS
    return changes("wget writes a file or sends something")


def ip(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:])
    words = [word.text for word in found.positional]
    if "flush" in words:
        return Told(Kind.DESTRUCTIVE, "ip flush")
    looks = words[1:2] and (words[1] in IP_LOOKS or (words[1] == "s" and words[0] in ("a", "addr", "address")))
    is_bare = len(words) == 1 and words[0] in (*IP_BARE, "monitor")
    if (looks or is_bare) and not found.unknown and all(word.is_known for word in found.positional[:2]):
        return HARMLESS
    return changes("ip changes the network, or may")


def nft(command: Command, program: Program) -> Told:
    """Its words are put together to one text, in which a `;` begins another command."""
    found = options(program, command.words[1:])
    text = " ".join(word.text for word in found.positional)
    if re.search(r"\b(flush|delete|destroy)\b", text):
        return Told(Kind.DESTRUCTIVE, "nft removes rules")
    reads = text.startswith("list ") and not re.search(r"[;{\n]", text)
    is_known = all(word.is_known for word in found.positional) and not found.unknown
    return HARMLESS if reads and is_known else changes("nft changes rules")
