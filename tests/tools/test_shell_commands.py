import random
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.shell.classify import LONGEST, classify
from tools.shell.kinds import Kind
from tools.shell.programs import table
from tools.shell.special import READERS

HERE = Path(__file__).parent
CORPUS: dict[str, list[str]] = tomllib.loads((HERE / "shell_corpus.toml").read_text())
HELD_OUT: dict[str, list[str]] = tomllib.loads((HERE / "shell_corpus_held_out.toml").read_text())
CORPORA = pytest.mark.parametrize("corpus", [CORPUS, HELD_OUT], ids=["corpus", "held_out"])
LEAST_READ, LEAST_DESTRUCTIVE = 0.85, 0.90

PLAIN_WRAPS = (
    "sudo {}", "sudo -n -u root {}", "env {}", "env -i TZ=UTC {}", "nice -n 5 {}", "timeout -k 5 10 {}", "time {}",
    "nohup {}", "stdbuf -oL {}", "command {}", "ionice -c3 {}", "xargs -r -n 1 {}", "kubectl exec pod-0 -- {}",
    "docker exec -it web {}", "nsenter -t 1 -m {}", "chroot /mnt {}", "busybox {}", "LC_ALL=C {}", "! {}",
    "find /tmp -name x -exec {} \\;",
)  # fmt: skip
LIST_WRAPS = (
    "uptime; {}", "{}; uptime", "uptime && {}", "df || {}", "uptime\n{}", "{} | cat", "{} > /dev/null 2>&1", "( {} )",
    "{{ {}; }}", "if true; then {}; fi", "for i in 1 2; do {}; done", "while true; do {}; done",
    'echo "$( {} )"',
    "ls $( {} )", "cat <({})", "X=1; {}", "uptime # fine\n{}", "uptime \\\n -p\n{}", "uptime\n\n\t{}",
    "[ -f x ] && {}", "case x in x) {};; esac", "echo ${{A:-$( {} )}}",
)  # fmt: skip
QUOTED_WRAPS = (
    "bash -c {}", "sh -c {}", "sudo bash -c {}", "ssh web-01 {}", "ssh -p 2222 -o BatchMode=yes ops@web-01 {}",
    "eval {}", "echo {} | bash", "bash <<< {}",
    "su - postgres -c {}", "watch -n 1 {}", "timeout 5 sh -c {}", "xargs -I% sh -c {}",
    "kubectl exec pod-0 -c web -- sh -c {}", "docker exec web bash -c {}", "find . -exec sh -c {} \\;", "trap {} EXIT",
    "env bash -c {}", "bash -xc {}", "printf {} | sh",
)  # fmt: skip
LONE = [text for text in CORPUS["destructive"] if not set(text) & set("\n;&|<>$`(){}")]
WHOLE = [text for text in CORPUS["destructive"] if "\n" not in text and not text.endswith("&")]


def kinds(texts: Sequence[str]) -> list[Kind]:
    return [classify(text).kind for text in texts]


@CORPORA
def test_what_is_not_read_only_never_passes_as_read_only(corpus: dict[str, list[str]]) -> None:
    """TS-14: compound, quoted, piped, hidden or remote: not one passes."""
    texts = [*corpus["changing"], *corpus["destructive"]]
    assert [text for text in texts if classify(text).kind is Kind.READ_ONLY] == []


@CORPORA
def test_most_commands_that_only_look_are_known_to(corpus: dict[str, list[str]]) -> None:
    """TS-14: a reader that calls everything dangerous would be of no use."""
    found = [classify(text) for text in corpus["read_only"]]
    known = [each for each in found if each.kind is Kind.READ_ONLY and not each.problems]
    assert len(known) / len(found) >= LEAST_READ


@CORPORA
def test_nearly_all_that_destroys_is_known_to(corpus: dict[str, list[str]]) -> None:
    found = kinds(corpus["destructive"])
    assert found.count(Kind.DESTRUCTIVE) / len(found) >= LEAST_DESTRUCTIVE


@CORPORA
def test_nothing_that_only_looks_is_taken_for_destructive(corpus: dict[str, list[str]]) -> None:
    assert [text for text in corpus["read_only"] if classify(text).kind is Kind.DESTRUCTIVE] == []


def test_the_corpora_are_large_and_share_no_command() -> None:
    assert len(CORPUS["read_only"]) >= 150
    assert len(CORPUS["changing"]) + len(CORPUS["destructive"]) >= 200
    assert sum(map(len, HELD_OUT.values())) >= 100
    both = [text for corpus in (CORPUS, HELD_OUT) for texts in corpus.values() for text in texts]
    assert len(both) == len(set(both))


def wrapped(dice: random.Random) -> str:
    """A destructive command in up to three wrappings, the inner ones valid for the outer."""
    text = dice.choice(PLAIN_WRAPS).format(dice.choice(LONE)) if dice.random() < 0.5 else dice.choice(WHOLE)
    for _ in range(dice.randint(1, 3)):
        if dice.random() < 0.5:
            text = dice.choice(LIST_WRAPS).format(text)
        else:
            text = dice.choice(QUOTED_WRAPS).format(shlex.quote(text))
    return text


@pytest.mark.parametrize("seed", range(4))
def test_no_wrapping_makes_a_destructive_command_read_only(seed: int) -> None:
    """TS-14: sudo, env, ssh in ssh, shells in shells, pipes, lists, substitutions, lines joined."""
    dice = random.Random(seed)  # noqa: S311 - the same commands every time
    texts = [wrapped(dice) for _ in range(500)]
    assert [text for text in texts if classify(text).kind is Kind.READ_ONLY] == []


def test_what_follows_on_another_line_is_not_taken_for_words_of_the_one_before() -> None:
    """TS-14: the parser reads a backslash at the beginning of a line as a part of the command above it."""
    for first in ("uptime", "cat /proc/mdstat", "df -h # fine", "while true; do uptime", "ls -la \\\n /tmp"):
        last = "; done" if "do" in first.split() else ""
        assert classify(f"{first}\n\\touch /srv/x{last}").kind is not Kind.READ_ONLY
        assert classify(f"{first}\n\\rm -rf /data{last}").kind is not Kind.READ_ONLY


def test_words_thrown_together_never_break_the_reader() -> None:
    dice = random.Random(7)  # noqa: S311
    pieces = [piece for texts in CORPUS.values() for text in texts for piece in text.split()]
    for _ in range(1500):
        classify(" ".join(dice.choices(pieces, k=dice.randint(1, 8))))


@pytest.mark.parametrize("text", ["", "   ", "# only a comment", "ls 'open", "ls" + " a" * LONGEST, "ls\0", "ls\u202e"])
def test_what_cannot_be_read_is_a_change_with_a_problem(text: str) -> None:
    found = classify(text)
    assert (found.kind, bool(found.problems)) == (Kind.CHANGING, True)


def test_shells_within_shells_end_at_some_depth() -> None:
    text = "uptime"
    for _ in range(8):
        text = f"bash -c {shlex.quote(text)}"
    assert classify(text).kind is Kind.CHANGING


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "kubectl rollout undo deployment/api --to-revision=previous",
            "kubectl --to-revision takes a revision number (0 is the one before), not 'previous'",
        ),
        ("kubectl scale deploy/api --replicas=two", "kubectl --replicas takes a number, not 'two'"),
        ("kubectl rollout undo", "kubectl rollout undo takes a resource like deployment/name"),
        ("kubectl logz api", "kubectl has no command 'logz'"),
        ("systemctl nginx", "systemctl has no command 'nginx'"),
        ("systemctl restart", "systemctl restart takes the name of a unit"),
        ("sudo systemctl restart", "systemctl restart takes the name of a unit"),
        ("ssh web-01 'systemctl nginx'", "systemctl has no command 'nginx'"),
        ("journalctl -u api -n ten", "journalctl -n takes a number of lines or all, not 'ten'"),
    ],
)
def test_a_command_that_cannot_work_says_what_it_takes(text: str, problem: str) -> None:
    """TS-15"""
    assert classify(text).problems == (problem,)


@pytest.mark.parametrize(
    "text",
    [
        "kubectl rollout undo deployment/api --to-revision=3",
        "kubectl rollout undo deployment/api",
        "kubectl logs -l app=api",
        "systemctl --failed",
        "systemctl",
        "systemctl daemon-reload",
        "journalctl -u api -n 50",
        "journalctl --lines=all",
    ],
)
def test_a_command_that_works_has_no_problem(text: str) -> None:
    assert classify(text).problems == ()


def test_the_reasons_say_which_part_of_a_command_changes_something() -> None:
    found = classify("uptime; systemctl restart nginx; df -h > /srv/out")
    assert (found.kind, found.reasons) == (Kind.CHANGING, ("systemctl restart", "it writes to /srv/out"))


def test_every_reader_is_used_and_every_name_has_one() -> None:
    assert {program.special for program in table().values()} - {""} == set(READERS)
