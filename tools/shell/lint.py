"""Mistakes in commands that the program itself would only tell when it is too late to suggest another."""

import re
from collections.abc import Callable, Sequence

from tools.shell.programs import Program, command_word, without_flags
from tools.shell.words import Word

NUMBER = re.compile(r"\d+")
LINES = re.compile(r"[+-]?\d+[a-zA-Z]*|all|-1")
DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|ms|s|m|h))+|0")
CHECKED: dict[tuple[str, str], tuple[re.Pattern[str], str]] = {
    ("kubectl", "--to-revision"): (NUMBER, "a revision number (0 is the one before)"),
    ("kubectl", "--replicas"): (NUMBER, "a number"),
    ("kubectl", "--revision"): (NUMBER, "a number"),
    ("kubectl", "--tail"): (re.compile(r"-1|\d+"), "a number of lines"),
    ("kubectl", "--since"): (DURATION, "a duration like 5m or 2h"),
    ("kubectl", "--timeout"): (DURATION, "a duration like 60s"),
    ("journalctl", "-n"): (LINES, "a number of lines or all"),
    ("journalctl", "--lines"): (LINES, "a number of lines or all"),
    ("tail", "-n"): (LINES, "a number of lines"),
    ("head", "-n"): (LINES, "a number of lines"),
    ("docker", "--tail"): (LINES, "a number of lines or all"),
    ("helm", "--revision"): (NUMBER, "a number"),
}


NEEDS: dict[tuple[str, str], str] = {
    ("systemctl", verb): "the name of a unit"
    for verb in (
        "start",
        "stop",
        "restart",
        "reload",
        "enable",
        "disable",
        "is-active",
        "is-enabled",
        "cat",
        "kill",
        "mask",
    )
} | {
    ("kubectl", "rollout undo"): "a resource like deployment/name",
    ("kubectl", "rollout restart"): "a resource like deployment/name",
    ("kubectl", "rollout status"): "a resource like deployment/name",
    ("kubectl", "rollout history"): "a resource like deployment/name",
    ("kubectl", "rollout"): "what to do: status, history, restart or undo, and a resource",
    ("kubectl", "logs"): "the name of a pod, or a resource like deployment/name, or -l",
    ("kubectl", "describe"): "a resource",
    ("kubectl", "get"): "a resource like pods",
    ("docker", "logs"): "the name of a container",
    ("docker", "inspect"): "the name of a container",
    ("service", ""): "the name of a service and what to do",
}
SELECTING = ("-l", "--selector", "-f", "--filename", "-k", "--raw", "--all", "-a", "--help", "-h")


def problems(name: str, program: Program, rest: Sequence[Word]) -> tuple[str, ...]:
    """Each says what is wrong and what it takes instead."""
    found = [wrong_value(name, flag, value) for flag, value in flags_of(rest)]
    found += [wrong_verb(name, program, rest), missing(name, program, rest)]
    return tuple(filter(None, found))


def flags_of(rest: Sequence[Word]) -> list[tuple[str, Word]]:
    """Each flag with the value that stands behind its `=` or next to it."""
    pairs: list[tuple[str, Word]] = []
    for place, word in enumerate(rest):
        flag, equals, value = word.text.partition("=")
        if flag.startswith("-"):
            following = rest[place + 1] if place + 1 < len(rest) else Word("")
            pairs.append((flag, Word(value, word.is_known) if equals else following))
    return pairs


def wrong_value(name: str, flag: str, value: Word) -> str:
    checked = CHECKED.get((name, flag))
    if checked is None or not value.is_known or checked[0].fullmatch(value.text):
        return ""
    return f"{name} {flag} takes {checked[1]}, not {value.text!r}"


def wrong_verb(name: str, program: Program, rest: Sequence[Word]) -> str:
    if not program.verbs:
        return ""
    words = list(without_flags(program, rest))
    known: Callable[[str], bool] = lambda text: any(  # noqa: E731 - used once
        listed.split()[0] == text for group in program.words.values() for listed in group
    )
    if not words or not words[0].is_known or words[0].text == "exec" or known(words[0].text):
        return ""
    return f"{name} has no command {words[0].text!r}" if command_word(program, [words[0].text]) is None else ""


def missing(name: str, program: Program, rest: Sequence[Word]) -> str:
    """A verb that needs a word after it and has none; a flag can stand in its place."""
    words = [word.text for word in without_flags(program, rest)]
    needs = NEEDS.get((name, " ".join(words)))
    selects = any(word.text.partition("=")[0] in SELECTING or not word.is_known for word in rest)
    return f"{name} {' '.join(words)} takes {needs}" if needs and not selects else ""
