"""Clouds, service scripts and the Java tools: read by the verb of the operation, and only where a verb may stand."""

import re

from tools.shell.kinds import Kind
from tools.shell.options import options
from tools.shell.programs import Program
from tools.shell.runners import held
from tools.shell.script import Command
from tools.shell.told import HARMLESS, Told, changes

READS = re.compile(
    r"(describe|list|get|head|show|lookup|search|batch-get|filter)(-[a-z0-9-]+)?|ls|query|scan|read|tail|list-\w+|help"
)
DESTROYS = re.compile(
    r"(delete|terminate|remove|destroy|purge|deregister|reset)(-[a-z0-9-]+)?|rm|rb|stop(-[a-z0-9-]+)?"
)
SECRET_OR_FILE = re.compile(
    r".*(secret|token|credential|password|login|get-(object|job-output|export|sdk|media|clip)).*"
)
NOUNS = frozenset({
    "alpha", "beta", "compute", "instances", "disks", "networks", "firewall-rules", "container", "clusters",
    "node-pools", "operations", "projects", "sql", "backups", "databases", "run", "services", "revisions",
    "functions", "logging", "logs", "monitoring", "pubsub", "topics", "subscriptions", "iam", "roles",
    "service-accounts", "storage", "buckets", "dns", "managed-zones", "record-sets", "redis", "config", "auth", "app",
    "versions", "zones", "regions", "forwarding-rules", "backend-services", "health-checks", "url-maps",
    "instance-groups", "managed", "addresses", "routers", "jobs", "vm", "aks", "group", "network", "nsg", "vnet",
    "account", "webapp", "server", "db", "monitor", "metrics", "activity-log", "acr", "postgres", "appservice",
    "functionapp", "resource", "nic", "lb", "public-ip", "disk", "image", "vmss", "repository", "nodepool", "alert",
    "log-analytics",
})  # fmt: skip
JCMD_LOOKS = frozenset({
    "Thread.print", "VM.version", "VM.uptime", "VM.flags", "VM.command_line", "VM.system_properties", "VM.info",
    "VM.native_memory", "VM.metaspace", "VM.events", "GC.heap_info", "GC.class_histogram", "Compiler.codecache",
    "PerfCounter.print", "JFR.check", "help",
})  # fmt: skip


def cloud(command: Command, program: Program) -> Told:
    """`aws ec2 describe-instances`: the second word; else the first word that is not a noun of theirs."""
    words = [word.text if word.is_known else "" for word in options(program, command.words[1:]).positional]
    place = 1 if command.name == "aws" else next((i for i, word in enumerate(words) if word not in NOUNS), len(words))
    verb = words[place] if place < len(words) else ""
    said = f"{command.name} {' '.join(words[: place + 1])}"
    if DESTROYS.fullmatch(verb):
        return Told(Kind.DESTRUCTIVE, said)
    reads = READS.fullmatch(verb) and not SECRET_OR_FILE.fullmatch(verb) and place > 0
    return HARMLESS if reads else held(command, said)


def service(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:])
    words = [word.text for word in found.positional]
    if (len(words) == 2 and words[1] == "status") or [word.text for word in command.words[1:]] == ["--status-all"]:
        return HARMLESS if not found.unknown else changes(f"{command.name} {found.unknown[0]}")
    return changes(f"{command.name} {' '.join(words[1:]) or 'without status'}")


def jcmd(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:])
    words = [word.text for word in found.positional]
    is_look = len(words) <= 1 or (words[1] in JCMD_LOOKS and len(words) == 2)
    return HARMLESS if is_look and not found.unknown else changes(f"jcmd {' '.join(words[1:2])}")


def ansible(command: Command, program: Program) -> Told:
    """Only its ping only looks; the shell and command modules run what `-a` says."""
    found = options(program, command.words[1:])
    modules = {word.text for word in found.values("-m", "--module-name")}
    if modules == {"ping"} and not found.unknown and not found.has("-a", "--args"):
        return HARMLESS
    return held(command, "ansible runs a module on its hosts")


def git(command: Command, program: Program) -> Told:
    """A setting given with -c can name a program to run."""
    found = options(program, command.words[1:], stops=True)
    lines = tuple(word.text.partition("=")[2].lstrip("!") for word in found.values("-c") if word.is_known)
    return Told(Kind.CHANGING, "git -c sets what it runs", tuple(line for line in lines if line)) if lines else HARMLESS
