"""A runbook in words: what a person reads before agreeing to make it, or to run it."""

import shlex
from collections.abc import Iterator, Sequence

from tools.runbooks import checking, dangers
from tools.runbooks.definition import CheckStep, Command, Definition, HttpStep, SshStep, Step, WaitStep, targets
from tools.runbooks.parameters import described
from tools.runbooks.plan import Command as Planned
from tools.runbooks.plan import Deed, Plan, Request

ON_FAILURE = {"stop": "stop", "continue": "go on", "rollback": "roll back"}


def of_definition(definition: Definition) -> list[str]:
    lines = [f"Parameter {described(parameter)}" for parameter in definition.parameters]
    lines += numbered("Step", definition.steps)
    return lines + numbered("Rollback", definition.rollback)


def numbered(word: str, steps: Sequence[Step]) -> list[str]:
    return [f"{word} {number}, {step.name}: {of_step(step)}" for number, step in enumerate(steps, start=1)]


def of_step(step: Step) -> str:
    match step:
        case SshStep():
            done = f"on {', '.join(targets(step))} run {text_of(step.command)}"
            return f"{done} ({limits(step)}, exit {codes(step.expected_exit_codes)})"
        case HttpStep():
            return f"{step.method} {step.url} ({limits(step)}, status {codes(step.expected_status)})"
        case WaitStep():
            return f"wait {step.seconds:g} s"
        case CheckStep():
            probe = f"GET {step.http.url}" if step.http else text_of(step.ssh.command) if step.ssh else ""
            where = f" on {', '.join(targets(step))}" if step.ssh else ""
            wanted = f" until it holds {step.contains!r}" if step.contains else ""
            return f"check {probe}{where} every {step.every_seconds:g} s{wanted} ({limits(step)})"


def limits(step: SshStep | HttpStep | CheckStep) -> str:
    return f"at most {step.timeout_seconds:g} s, on failure {ON_FAILURE[step.on_failure]}"


def codes(numbers: Sequence[int]) -> str:
    return " or ".join(map(str, numbers))


def text_of(command: Command) -> str:
    return command if isinstance(command, str) else shlex.join(command)


def warnings_of(definition: Definition) -> list[str]:
    """What is destructive in it, step by step."""
    return list(dict.fromkeys(destructive(definition)))


def destructive(definition: Definition) -> Iterator[str]:
    for step in (*definition.steps, *definition.rollback):
        found = [what for command in checking.commands(step) for what in dangers.in_command(text_of(command))]
        if isinstance(step, HttpStep):
            found += dangers.in_request(step.method)
        for what in found:
            yield f"Destructive: step {step.name!r} {what}."


def of_plan(plan: Plan) -> list[str]:
    """Every command and request, exactly as it will be sent, with the masks that the plan was made with."""
    lines = [f"{number}. {of_deed(deed)}" for number, deed in enumerate(plan.steps, start=1)]
    return lines + [f"Rollback {number}. {of_deed(deed)}" for number, deed in enumerate(plan.rollback, start=1)]


def of_deed(deed: Deed) -> str:
    act, limit = deed.act, f"at most {deed.timeout_seconds:g} s, on failure {ON_FAILURE[deed.on_failure]}"
    match act:
        case None:
            return f"{deed.name}: wait {deed.timeout_seconds:g} s"
        case Planned():
            server = act.server
            where = f"{server.name} ({server.username}@{server.hostname}:{server.port})"
            done = f"{where} $ {act.text}"
        case Request():
            headers = "".join(f" {name}: {value};" for name, value in act.headers.items())
            body = f" {act.body.decode()}" if act.body else ""
            done = f"{act.method} {act.url}{headers}{body}"
    again = f", again every {deed.every_seconds:g} s" if deed.kind == "check" else ""
    wanted = f", until the output holds {deed.contains!r}" if deed.contains else ""
    return f"{deed.name}: {done} ({limit}{again}{wanted})"


def dangers_of(plan: Plan) -> list[str]:
    """What is destructive with these values, deed by deed, each once."""
    return list(dict.fromkeys(destructive_deeds((*plan.steps, *plan.rollback))))


def destructive_deeds(deeds: Sequence[Deed]) -> Iterator[str]:
    for deed in deeds:
        match deed.act:
            case Planned():
                found = dangers.in_command(deed.act.text)
            case Request():
                found = dangers.in_request(deed.act.method)
            case None:
                found = []
        where = f" on {deed.server}" if deed.server else ""
        for what in found:
            yield f"Destructive: {deed.name!r} {what}{where}."
