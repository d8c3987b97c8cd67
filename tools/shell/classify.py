"""What a shell command would do: look, change something, or destroy; by reading it whole, never by its start."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tools.shell import lint, script, special
from tools.shell.kinds import Kind
from tools.shell.options import Options, options
from tools.shell.programs import Program, command_word, holds_value, is_plain_variable, named, without_flags
from tools.shell.script import Command, Redirect
from tools.shell.told import HARMLESS_TARGETS
from tools.shell.words import Word

MOST_DEPTH = 6
LONGEST = 4000
RISKY_VARIABLES = (
    "PATH", "LD_", "BASH_ENV", "ENV", "PROMPT_COMMAND", "IFS", "PAGER", "MANPAGER", "LESSOPEN", "GIT_", "PYTHON",
    "PERL", "RUBY", "NODE_", "SHELL", "EDITOR", "VISUAL", "SYSTEMD_PAGER", "PS4", "KUBECONFIG", "KUBE_EDITOR",
    "KUBECTL_", "LESS", "GREP_OPTIONS", "JAVA_", "PSQL", "DOCKER_HOST", "DIFFPROG", "SYSTEMD_EDITOR", "BASHOPTS",
    "SHELLOPTS", "CDPATH", "GLOBIGNORE", "HOME", "BROWSER", "TAR_OPTIONS", "RSYNC_", "CURL_HOME", "WGETRC", "SSL",
    "OPENSSL_", "GCONV_PATH", "AWK", "XDG_", "SSH_", "MYSQL_", "PG", "AWS_", "HELM_", "DOCKER_", "MAN", "MORE", "JQ",
    "RIPGREP_", "TERM", "INPUTRC", "GLIBC_", "MALLOC_", "LOCPATH", "NLSPATH", "FPATH", "ZDOTDIR", "HOSTALIASES",
    "_JAVA", "JDK_", "TMPDIR",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Classified:
    """`reasons` say what made it so, `problems` what is wrong with it: with any, it should not be suggested."""

    kind: Kind
    reasons: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def classify(text: str, depth: int = 0, fed_by: Command | None = None) -> Classified:
    """The worst of all that it would run. What cannot be read, or is not known, counts as changing something."""
    if len(text) > LONGEST or depth > MOST_DEPTH:
        return Classified(Kind.CHANGING, ("it is too long or too deep to be read",), ("it is too long to be read",))
    found = script.read(text)
    if found.problem or not found.commands:
        problem = found.problem or "there is no command in it"
        return Classified(Kind.CHANGING, (problem,), (problem,))
    read = found.commands
    if fed_by is not None and fed_by.is_fed:
        read = (replace(read[0], given=read[0].given or fed_by.given, is_piped_into=fed_by.is_piped_into), *read[1:])
    defined = [Classified(Kind.CHANGING, (f"it gives {name} a meaning of its own",)) for name in found.functions]
    if any(called_by_itself(name, found.commands) for name in found.functions):
        defined.append(Classified(Kind.DESTRUCTIVE, ("a function that calls itself",)))
    return worst([*defined, *(of_command(command, depth) for command in read)])


def called_by_itself(name: str, commands: Iterable[Command]) -> bool:
    return sum(command.name == name for command in commands) > 1


def worst(found: Sequence[Classified]) -> Classified:
    kind = max((each.kind for each in found), key=lambda kind: kind.rank, default=Kind.READ_ONLY)
    reasons = dict.fromkeys(reason for each in found if each.kind is kind for reason in each.reasons)
    problems = dict.fromkeys(problem for each in found for problem in each.problems)
    return Classified(kind, tuple(reasons) if kind is not Kind.READ_ONLY else (), tuple(problems))


def of_command(command: Command, depth: int) -> Classified:
    found = [of_redirect(each) for each in command.redirects]
    found += [
        Classified(Kind.CHANGING, (f"it sets {name}",))
        for name in command.variables
        if (not is_plain_variable(name) if command.words else name.startswith(RISKY_VARIABLES))
    ]
    if command.words:
        found.append(of_words(command, depth))
    return worst(found)


def of_redirect(redirect: Redirect) -> Classified:
    if redirect.operator in ("<", "<&", "<<", "<<<") and redirect.target.startswith(("/dev/tcp/", "/dev/udp/")):
        return Classified(Kind.CHANGING, (f"it opens {redirect.target}",))
    if redirect.operator in ("<", "<&", "<<", "<<<") or redirect.target in HARMLESS_TARGETS:
        return Classified(Kind.READ_ONLY)
    if redirect.operator in (">&", "&>") and redirect.target.isdigit():
        return Classified(Kind.READ_ONLY)
    if redirect.target.startswith(("/dev/", "/proc/sysrq")):
        return Classified(Kind.DESTRUCTIVE, (f"it writes to {redirect.target}",))
    return Classified(Kind.CHANGING, (f"it writes to {redirect.target or 'a file'}",))


def of_words(command: Command, depth: int) -> Classified:
    name = command.name
    if not name:
        return Classified(Kind.CHANGING, ("what it runs is only known when it runs",))
    program = named(name)
    if program is None:
        return Classified(Kind.CHANGING, (f"{name} is not known to be harmless",))
    problems = lint.problems(name.rpartition("/")[2], program, command.words[1:])
    found = of_program(replace(command, words=(Word(name.rpartition("/")[2]), *command.words[1:])), program, depth)
    return replace(found, problems=(*found.problems, *problems))


def of_program(command: Command, program: Program, depth: int) -> Classified:
    """By its flags, its own words, and then whatever its arguments mean to it alone."""
    rest = command.words[1:]
    if program.wraps is not None:
        return of_wrapped(command, program, depth)
    found = [of_flags(command.name, program, rest), of_own_words(command.name, program, rest)]
    if program.strict and (unknown := options(program, rest).unknown):
        found.append(Classified(Kind.CHANGING, (f"{command.name} {unknown[0]} is not known to be harmless",)))
    if program.is_watchful and program.special != "printf" and is_open(program, rest):
        found.append(Classified(Kind.CHANGING, (f"an argument of {command.name} is only known when it runs",)))
    if program.special:
        found.append(of_special(command, program, depth))
    return worst(found)


def is_open(program: Program, rest: Sequence[Word]) -> bool:
    """Whether a word that is only known when it runs could be a flag: the quoted value of a flag cannot."""
    for place, word in enumerate(rest):
        is_value = not word.splits and place > 0 and rest[place - 1].text in program.valued
        if word.may_be_flag and not word.is_known and not is_value:
            return True
    return False


def of_flags(name: str, program: Program, rest: Sequence[Word]) -> Classified:
    for flags, kind in ((program.destructive, Kind.DESTRUCTIVE), (program.changing, Kind.CHANGING)):
        hit = next((word.text for word in rest if program.has(word, flags)), None)
        if hit:
            return Classified(kind, (f"{name} {hit}",))
    return Classified(Kind.READ_ONLY)


def of_own_words(name: str, program: Program, rest: Sequence[Word]) -> Classified:
    """The worse of two readings where a flag is not known: that it takes the next word, and that it does not."""
    return worst([of_reading(name, program, rest, greedy=greedy) for greedy in (False, True)])


def of_reading(name: str, program: Program, rest: Sequence[Word], *, greedy: bool) -> Classified:
    positional = list(without_flags(program, rest, greedy=greedy))
    if program.most is not None:
        counted = [word for word in positional if not (program.plus and word.text.startswith("+"))]
        if len(counted) > program.most:
            return Classified(program.otherwise, (f"{name} with arguments sets something",))
    known = [word.text for word in itertools.takewhile(lambda word: word.is_known, positional)]
    if program.each:
        return of_each(name, program, positional)
    hit = command_word(program, known)
    if hit:
        return after_word(name, program, rest, hit)
    if any(program.only_looks(word) for word in rest):
        return Classified(Kind.READ_ONLY)
    if program.words and positional:
        return Classified(
            Kind.CHANGING, (f"{name} {positional[0].text} is not known to be harmless".replace("  ", " "),)
        )
    return Classified(Kind.READ_ONLY if program.special else program.kind, (name,))


def of_each(name: str, program: Program, words: Sequence[Word]) -> Classified:
    """Each word is a command by itself; one that is not listed may be the value of the one before."""
    hits = [command_word(program, [word.text]) for word in words if word.is_known]
    told = [Classified(hit[0], (f"{name} {hit[1]}",)) if hit else Classified(Kind.CHANGING, (name,)) for hit in hits]
    return worst(told) if told and len(hits) == len(words) else Classified(Kind.CHANGING, (name,))


def after_word(name: str, program: Program, rest: Sequence[Word], hit: tuple[Kind, str]) -> Classified:
    worse = program.destructive_after.get(hit[1], ())
    if worse and any(program.has(word, worse) for word in rest):
        return Classified(Kind.DESTRUCTIVE, (f"{name} {hit[1]} with force",))
    if hit[0] is Kind.READ_ONLY and len(hit[1].split()) > settled(program, rest):
        return Classified(Kind.CHANGING, (f"{name} with a flag that is not known before {hit[1]}",))
    return Classified(hit[0], (f"{name} {hit[1]}",))


def settled(program: Program, rest: Sequence[Word]) -> int:
    """How many words stand before the first flag that is not known: behind it a word could be its value."""
    count, takes = 0, False
    for word in rest:
        if takes or not word.text.startswith("-") or word.text == "-":
            count, takes = count + (not takes), False
        elif word.text in program.valued:
            takes = True
        elif not ("=" in word.text or word.text in program.taken or holds_value(program, word.text)):
            return count
    return len(rest)


def of_wrapped(command: Command, program: Program, depth: int) -> Classified:
    """What it runs; its own flags, and what it sets, can make it worse."""
    found = options(program, command.words[1:], stops=True)
    words, sets = found.positional[program.wraps or 0 :], list[Word]()
    while program.assigns and words and "=" in words[0].text:
        sets.append(words.pop(0))
    own = [Word(flag, value.is_known) for flag, value in found.given]
    told = [of_flags(command.name, program, own)]
    doubts = [*found.unknown, *(word.text for word in sets if not is_plain_variable(word.text))]
    told += [Classified(Kind.CHANGING, (f"{command.name} {doubt}",)) for doubt in doubts]
    if found.has(*program.read_flags):
        return worst(told)
    if not words:
        return worst([*told, Classified(program.alone, (command.name,))])
    inner = replace(command, words=tuple(words), redirects=())
    told += [Classified(program.kind, (command.name,)), of_words(inner, depth + 1), *fed(program, found, inner)]
    return worst(told)


def fed(program: Program, given: Options, rest: Command) -> list[Classified]:
    """Words that come by the pipe can be flags of what xargs runs, or what it runs."""
    if not program.feeds:
        return []
    inner = named(rest.name) if rest.name else None
    is_replaced = any(value.text in rest.words[0].text for value in given.values("-I", "--replace"))
    is_risky = is_replaced or (inner is not None and inner.is_watchful)
    return [Classified(Kind.CHANGING, (f"{rest.name} gets arguments that are not known",))] if is_risky else []


def of_special(command: Command, program: Program, depth: int) -> Classified:
    """A reader says the kind at once, or gives other command lines to be read in its place."""
    told = special.READERS[program.special](command, program)
    found = [Classified(told.kind, (told.why,) if told.why else ())]
    read = [classify(line, depth + 1, command) for line in told.lines]
    found += read if told.kind is Kind.READ_ONLY else [each for each in read if each.kind is Kind.DESTRUCTIVE]
    found += [of_words(inner, depth + 1) for inner in told.commands]
    return worst(found)
