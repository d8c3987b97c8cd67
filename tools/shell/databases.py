"""Clients of databases: the statements that they are given are read; what is not certain to only look is a change."""

import re
from collections.abc import Sequence

from tools.shell import sql
from tools.shell.kinds import Kind
from tools.shell.options import Options, options
from tools.shell.programs import Program
from tools.shell.script import Command
from tools.shell.told import HARMLESS, Told, changes
from tools.shell.words import Word

REDIS_READS = frozenset({
    "get", "mget", "keys", "scan", "sscan", "hscan", "zscan", "ttl", "pttl", "type", "exists", "llen", "lrange",
    "lindex", "scard", "smembers", "sismember", "hgetall", "hget", "hmget", "hkeys", "hlen", "hexists", "zcard",
    "zrange", "zcount", "zscore", "zrevrange", "zrangebyscore", "info", "ping", "dbsize", "strlen", "time", "role",
    "lastsave", "xlen", "xinfo", "xrange", "xpending", "echo", "bitcount", "getrange", "randomkey", "monitor",
    "config get", "client list", "client info", "client id", "client getname", "cluster info", "cluster nodes",
    "cluster slots", "cluster shards", "cluster keyslot", "cluster countkeysinslot", "slowlog get", "slowlog len",
    "memory usage", "memory stats", "memory doctor", "memory malloc-stats", "latency latest", "latency history",
    "latency doctor", "latency graph", "latency histogram", "object encoding", "object freq", "object idletime",
    "object refcount", "pubsub channels", "pubsub numsub", "pubsub numpat", "command count", "command docs",
    "command info", "acl list", "acl whoami", "module list",
})  # fmt: skip
REDIS_DESTROYS = re.compile(r"(?i)\b(flushall|flushdb|shutdown|del|unlink|swapdb)\b|\bdebug segfault")
REDIS_LOOKS = ("--stat", "--latency", "--latency-history", "--latency-dist", "--bigkeys", "--memkeys", "--hotkeys",
               "--scan")  # fmt: skip
MONGO_PLAIN = r"(?:[^()$`]|\$(?:gte?|lte?|n?in|ne|exists|regex|and|or|not|eq|size|match|group|sum|count)\b)*"
MONGO_CALL = (
    r"(?:serverStatus|stats|currentOp|version|getCollectionNames|hostInfo|printReplicationInfo|status|conf|hello|isMaster|"
    r"printSecondaryReplicationInfo|find|findOne|count|countDocuments|estimatedDocumentCount|distinct|getIndexes|limit|sort|"
    r"pretty|toArray|skip|getMongo|getName|dataSize|storageSize|totalSize|getSiblingDB|explain|getProfilingStatus)"
)
MONGO_CHAIN = rf"(?:\.{MONGO_CALL}\({MONGO_PLAIN}\))+(?:\.\w+)*"
MONGO_READS = re.compile(rf"\s*(?:db|rs|sh)(?:\.\w+){{0,3}}{MONGO_CHAIN}\s*;?\s*|\s*show \w+\s*")
MONGO_DESTROYS = re.compile(r"(?i)\.(drop\w*|delete\w*|remove\w*|shutdownServer|findOneAndDelete)\s*\(")
SQLITE_LOOKS = re.compile(r"\s*\.(tables|schema|indexes|databases|dbinfo)( [\w.%]+)?\s*")


def redis(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:], stops=True)
    if not found.positional:
        return redis_bare(command, found)
    texts = [word.text.lower() for word in found.positional]
    if REDIS_DESTROYS.fullmatch(texts[0]) or (texts[0].startswith(("eval", "debug")) and destroys(texts)):
        return Told(Kind.DESTRUCTIVE, f"redis {' '.join(texts[:2]).upper()}")
    reads = bool({texts[0], " ".join(texts[:2])} & REDIS_READS) and all(word.is_known for word in found.positional[:2])
    strange = found.unknown or found.has("-x", "--eval", "--pipe")
    return HARMLESS if reads and not strange else changes(f"redis {' '.join(texts[:2]).upper()}")


def destroys(texts: Sequence[str]) -> bool:
    return bool(REDIS_DESTROYS.search(" ".join(texts)))


def redis_bare(command: Command, found: Options) -> Told:
    """Without a command of its own it takes them from what it is given."""
    if command.given is not None:
        lines = [line.strip().lower() for line in command.given.splitlines() if line.strip()]
        if any(REDIS_DESTROYS.match(line) for line in lines):
            return Told(Kind.DESTRUCTIVE, "redis is given a command that destroys")
    elif found.has(*REDIS_LOOKS) and not found.unknown:
        return HARMLESS
    return changes("redis-cli runs what it is given")


def sql_client(command: Command, program: Program) -> Told:
    """Every statement that it is given is read; a flag that is not known to be harmless makes it a change."""
    found = options(program, command.words[1:])
    if found.has("-l", "--list", "--version", "-V") and not found.unknown:
        return HARMLESS
    said = found.values("-c", "--command", "-e", "--execute", "--query", *(("-q",) if "-q" in program.valued else ()))
    texts = [Word(command.given)] if command.given and not said else said
    if not texts or not all(word.is_known for word in texts):
        return changes(f"{command.name} runs statements that cannot be read here")
    kind, why = max((sql.kind_of(word.text) for word in texts), key=lambda item: item[0].rank)
    if kind is Kind.READ_ONLY and found.unknown:
        return changes(f"{command.name} {found.unknown[0]}")
    return Told(kind, f"SQL: {why}" if why else "")


def sqlite(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:])
    words = found.positional
    if len(words) != 2 or not all(word.is_known for word in words):
        return changes("sqlite3 runs statements that cannot be read here")
    text = words[1].text
    if text.lstrip().startswith("."):
        is_look = SQLITE_LOOKS.fullmatch(text) and not found.unknown
        return HARMLESS if is_look else changes("a command of sqlite3")
    kind, why = sql.kind_of(text)
    if kind is Kind.READ_ONLY and found.unknown:
        return changes(f"sqlite3 {found.unknown[0]}")
    return Told(kind, f"SQL: {why}" if why else "")


def mongo(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:])
    scripts = found.values("--eval")
    if any(MONGO_DESTROYS.search(word.text) for word in scripts):
        return Told(Kind.DESTRUCTIVE, f"{command.name} drops or deletes")
    is_file = any(word.text.endswith((".js", ".mongodb")) or not word.is_known for word in found.positional)
    reads = scripts and all(word.is_known and MONGO_READS.fullmatch(word.text) for word in scripts)
    if reads and not is_file and not found.unknown:
        return HARMLESS
    return changes(f"{command.name} runs what is not known to only read")
