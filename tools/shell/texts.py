"""sed, awk, tar and the like: taken for harmless only when every part of what they are told is known to be."""

import re

from tools.shell.kinds import Kind
from tools.shell.options import options
from tools.shell.programs import Program
from tools.shell.runners import held
from tools.shell.script import Command
from tools.shell.told import HARMLESS, HARMLESS_TARGETS, Told, changes
from tools.shell.words import Word

SED_ADDRESS = r"(?:\d+(?:~\d+)?|\$|/(?:\\.|[^/\\\n])*/I?)"
SED_SWAP = r"(?:s|y)([/|#,:@!_%])(?:\\.|(?!\{n})[^\\\n])*\{n}(?:\\.|(?!\{n})[^\\\n])*\{n}[gpiIm0-9]*"
SED_COMMAND = re.compile(
    rf"\s*(?:{SED_ADDRESS}(?:,[+~]?{SED_ADDRESS})?\s*!?\s*)?(?:[pPdD=nNgGhHxl{{}}]|[qQ]\d*|"
    + SED_SWAP.replace("{n}", "1")
    + r")\s*(?:[;\n}]+|(?<=\{)|$)"
)
AWK_RUNS = re.compile(r"system|getline|@")
AWK_PRINTS = re.compile(r"print")
AWK_STRING = re.compile(r'"(\\.|[^"\\])*"')


def awk(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:], stops=True)
    if found.unknown or not found.positional:
        return held(command, "awk runs a program from a file, or writes one")
    if not found.positional[0].is_known:
        return changes("awk's program is only known when it runs")
    if awk_acts(found.positional[0].text):
        return held(command, "awk's program runs or writes something")
    return HARMLESS


def awk_acts(text: str) -> bool:
    """Only print can send its words elsewhere; `>` and `|` before it compare, or are part of a pattern."""
    if AWK_RUNS.search(text):
        return True
    tails = [text[match.end() :] for match in AWK_PRINTS.finditer(text)]
    return any(re.search("[|>]", tail if "/" in tail else AWK_STRING.sub("", tail)) for tail in tails)


def sed(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:])
    given = found.values("-e", "--expression")
    scripts = given or found.positional[:1]
    if found.unknown or not scripts or not all(word.is_known and sed_only_prints(word.text) for word in scripts):
        return held(command, "sed writes or runs something, or its script is not known to be harmless")
    return HARMLESS


def sed_only_prints(script: str) -> bool:
    """Whether it is made of nothing but commands that print, leave out or replace on the way."""
    place = 0
    while place < len(script):
        match = SED_COMMAND.match(script, place)
        if match is None or match.end() == place:
            return False
        place = match.end()
    return True


def tar(command: Command, program: Program) -> Told:
    words = list(command.words[1:])
    if words and not words[0].text.startswith("-"):
        words[0] = Word("-" + words[0].text, words[0].is_known)
    found = options(program, words)
    lists = found.has("-t", "--list") and not found.unknown
    remote = any(":" in word.text or not word.is_known for word in found.values("-f", "--file"))
    return HARMLESS if lists and not remote else held(command, "tar writes files, or runs something")


def dd(command: Command, program: Program) -> Told:  # noqa: ARG001
    target = next((word.text[3:] for word in command.words if word.text.startswith("of=")), "/dev/null")
    if not all(word.is_known for word in command.words[1:]):
        return Told(Kind.DESTRUCTIVE, "dd writes what is only known when it runs")
    return HARMLESS if target in HARMLESS_TARGETS else Told(Kind.DESTRUCTIVE, f"dd writes over {target}")


def mv(command: Command, program: Program) -> Told:
    found = options(program, command.words[1:])
    lost = [word.text for word in found.positional][-1:] == ["/dev/null"]
    return Told(Kind.DESTRUCTIVE, "mv to /dev/null") if lost else changes(command.name)


def kill(command: Command, program: Program) -> Told:  # noqa: ARG001
    words = [word.text for word in command.words[1:]]
    if words in (["-l"], ["-L"]):
        return HARMLESS
    everyone = "1" in words or "-1" in words[1:]
    return Told(Kind.DESTRUCTIVE, "kill of every process") if everyone else changes(command.name)


def assigning(command: Command, program: Program) -> Told:  # noqa: ARG001
    sets = any("=" in word.text for word in command.words[1:])
    return changes(f"{command.name} sets a value") if sets else HARMLESS


def printf(command: Command, program: Program) -> Told:  # noqa: ARG001
    """With -v first it sets a variable."""
    first = command.words[1] if command.words[1:] else Word("")
    is_plain = first.is_known and not first.text.startswith("-")
    return HARMLESS if is_plain else changes("printf may set a variable")
