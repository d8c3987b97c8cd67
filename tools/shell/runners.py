"""Programs that run other commands: shells, ssh, su, find, containers; what they run is read in its turn."""

import re
from collections.abc import Sequence

from tools.shell.kinds import Kind
from tools.shell.options import options
from tools.shell.programs import Program, is_plain_variable
from tools.shell.script import Command
from tools.shell.told import HARMLESS, HARMLESS_TARGETS, Told, changes, line_of, unreadable
from tools.shell.words import Word

EXECUTES = ("-exec", "-execdir", "-ok", "-okdir")
STRINGS = re.compile(r"'([^']*)'|\"([^\"]*)\"|`([^`]*)`")
REMOVES = re.compile(r"rmtree|unlink|os\.remove|remove_tree|rm_rf|rmSync|rmdirSync|FileUtils\.rm|os\.rmdir|\brm\s+-")
SSH_OPTIONS = re.compile(
    r"(?i)(connecttimeout|stricthostkeychecking|batchmode|loglevel|serveralive\w+|user|port|identityfile|identitiesonly|"
    r"connectionattempts|passwordauthentication|preferredauthentications|requesttty|compression|addressfamily)[= ].*"
    r"|(?i:userknownhostsfile)[= ]/dev/null"
)
JUMPS = re.compile(r"\w[\w.@:,-]*")
SESSIONS = "opens a session, where anything may follow"


def shell(command: Command, program: Program) -> Told:
    """`sh -c "..."` is read, and so is text that is given to it; a script file, or what a pipe brings, is not."""
    found = options(program, command.words[1:], stops=True)
    if found.unknown:
        return Told(Kind.CHANGING, f"{command.name} {found.unknown[0]}", lines_in(command.words[1:]))
    if found.has("-c"):
        script = found.positional[0] if found.positional else Word("", is_known=False)
        return Told(lines=(script.text,)) if script.is_known else unreadable(command.name)
    if found.positional and not found.has("-s") and found.positional[0].text != "-":
        return changes(f"{command.name} runs the script {found.positional[0].text or 'it is given'}")
    return HARMLESS if found.has("--version", "--help") else from_input(command)


def from_input(command: Command) -> Told:
    if command.given and command.given.strip():
        return Told(lines=(command.given,))
    return unreadable(command.name) if command.is_fed else changes(f"{command.name} {SESSIONS}")


def lines_in(words: Sequence[Word]) -> tuple[str, ...]:
    """Words that may be command lines."""
    return tuple(word.text for word in words if " " in word.text.strip() and word.is_known)


def interpreter(command: Command, program: Program) -> Told:  # noqa: ARG001 - every reader is called alike
    words = [word.text for word in command.words[1:]]
    if words in (["--version"], ["-V"], ["-v"]) or words == ["-m", "json.tool"]:
        return HARMLESS
    if command.is_fed and not [word for word in words if not word.startswith("-")]:
        return unreadable(command.name)
    return held(command, f"{command.name} runs a program of its own")


def holding(command: Command, program: Program) -> Told:  # noqa: ARG001
    """It runs something that one of its words says."""
    return held(command, f"{command.name} runs what it is given")


def held(command: Command, why: str) -> Told:
    """A change, or worse when a word, or a text quoted in one, would destroy something as a command line."""
    texts = [word.text.rpartition("=")[2] if word.text.startswith("-") else word.text for word in command.words[1:]]
    if any(REMOVES.search(text) for text in texts):
        return Told(Kind.DESTRUCTIVE, f"{command.name} removes files")
    quoted = [part for text in texts for match in STRINGS.findall(text) for part in match if part.strip()]
    lines = [text for text in (*texts, *quoted) if " " in text.strip()]
    return Told(Kind.CHANGING, why, tuple(lines))


def joined(command: Command, program: Program) -> Told:
    """`watch` and `eval` put their words together and run them."""
    found = options(program, command.words[1:], stops=True)
    told = line_of(command.name, found.positional)
    return Told(Kind.CHANGING, f"{command.name} {found.unknown[0]}", told.lines) if found.unknown else told


def ssh(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:], stops=True)
    told = line_of("ssh", found.positional[1:]) if found.positional[1:] else changes(f"ssh {SESSIONS}")
    if found.unknown or (found.positional[1:] and found.positional[1].text.startswith("-")):
        return Told(Kind.CHANGING, "ssh with a flag that is not known to be harmless", told.lines)
    strange = [word for word in found.values("-o") if not (word.is_known and SSH_OPTIONS.fullmatch(word.text))]
    strange += [word for word in found.values("-J") if not (word.is_known and JUMPS.fullmatch(word.text))]
    if strange:
        return Told(Kind.CHANGING, f"ssh with {strange[0].text}", told.lines)
    return told


def su(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:], stops=command.name == "runuser")
    given = found.values("-c", "--command")
    if given:
        told = line_of(command.name, given[-1:])
        return Told(Kind.CHANGING, f"{command.name} {found.unknown[0]}", told.lines) if found.unknown else told
    if command.name == "runuser" and found.positional and not found.unknown:
        return Told(commands=(Command(words=tuple(found.positional)),))
    return changes(f"{command.name} {SESSIONS}")


def find(command: Command, program: Program) -> Told:  # noqa: ARG001
    words = command.words
    inner: list[Command] = []
    for place, word in enumerate(words):
        if word.text in EXECUTES:
            end = next((i for i in range(place + 1, len(words)) if words[i].text in (";", "+")), len(words))
            inner.append(Command(words=words[place + 1 : end]))
    return Told(commands=tuple(inner))


def kubectl(command: Command, program: Program) -> Told:
    """`kubectl exec pod -- command` runs the command; a raw request is read when it only gets."""
    words = [word.text for word in command.words[1:]]
    found = options(program, command.words[1:])
    verb = found.positional[0].text if found.positional else ""
    if verb == "exec":
        if "--" not in words:
            return changes("kubectl exec without -- opens a session")
        return Told(commands=(command.after(words.index("--") + 2),))
    raw = any(word.startswith("--raw") for word in words)
    acts = any(re.search(r"/(proxy|exec|attach|portforward|run)\b", word) for word in words)
    return changes("kubectl --raw") if raw and (verb not in ("get", "config") or acts) else HARMLESS


def docker(command: Command, program: Program) -> Told:
    """`docker exec name command` runs the command; `docker run` makes a container for it besides."""
    found = options(program, command.words[1:], stops=True)
    words = found.positional[1:] if found.positional[:1] and found.positional[0].text in ("compose", "container") else (
        found.positional
    )  # fmt: skip
    verb = words[0].text if words else ""
    if verb not in ("exec", "run"):
        return HARMLESS
    inside = options(program, words[1:], stops=True)
    run = (Command(words=tuple(inside.positional[1:])),) if inside.positional[1:] else ()
    is_plain = all(is_plain_variable(word.text) for word in inside.values("-e", "--env"))
    if verb == "exec" and run and is_plain and not inside.unknown:
        return Told(commands=run)
    return Told(Kind.CHANGING, f"{command.name} {verb}", commands=run)


def read(command: Command, program: Program) -> Told:
    names = options(program, command.words[1:])
    if names.unknown or not all(word.is_known and word.text.isidentifier() for word in names.positional):
        return changes("read sets what is only known when it runs")
    risky = next((word.text for word in names.positional if word.text.isupper()), "")
    return changes(f"it sets {risky}") if risky else HARMLESS


def tee(command: Command, program: Program) -> Told:
    targets = options(program, command.words[1:]).positional
    writes = next((word for word in targets if word.text not in HARMLESS_TARGETS or not word.is_known), None)
    if writes is None:
        return HARMLESS
    kind = Kind.DESTRUCTIVE if writes.text.startswith("/dev/") else Kind.CHANGING
    return Told(kind, f"tee writes to {writes.text or 'a file'}")
