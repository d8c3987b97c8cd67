"""Checking: what can be known to be wrong with a runbook before it is ever run is refused when it is made."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from domain.errors import Refused
from tools.runbooks import parameters, shell
from tools.runbooks.definition import CheckStep, Command, Definition, HttpProbe, HttpStep, SshStep, Step, targets
from tools.runbooks.filling import check_url
from tools.runbooks.shell import HOLE


def check(definition: Definition) -> None:
    """Every placeholder is a parameter and stands where its value can be one word, and every default fits.

    Raises Refused naming the step, or the parameter.
    """
    for parameter in definition.parameters:
        parameters.pattern(parameter)
        if parameter.default is not None:
            parameters.value(parameter, None)
    for step in (*definition.steps, *definition.rollback):
        try:
            check_step(definition, step)
        except Refused as problem:
            message = f"Step {step.name!r}: {problem}"
            raise Refused(message, code=problem.code, alternative=problem.alternative) from problem


def check_step(definition: Definition, step: Step) -> None:
    refuse_unknown(definition, step)
    for target in targets(step):
        check_server(definition, target)
    for command in commands(step):
        check_command(definition, command)
    call = called(step)
    if call:
        check_url(call.url, closed=of_types(definition, "choice", "server"))


def refuse_unknown(definition: Definition, step: Step) -> None:
    for text in texts(step.model_dump(mode="json", exclude={"name", "contains"})):
        for name in shell.holes(text):
            if definition.parameter(name) is None:
                raise Refused(
                    f"{{{name}}} is no parameter.",
                    code="invalid_arguments",
                    alternative="Declare it; braces that are meant as such are written like {" + name + ";} or \\{.",
                )


def check_server(definition: Definition, target: str) -> None:
    """A server is named, or is a whole parameter of that type."""
    names = shell.holes(target)
    if not names:
        return
    parameter = definition.parameter(names[0])
    if HOLE.fullmatch(target) and parameter and parameter.type == "server":
        return
    raise Refused(
        f"The server {target!r} is not one parameter of type server.",
        code="invalid_arguments",
        alternative="Name a server, or write {parameter} of type server alone.",
    )


def check_command(definition: Definition, command: Command) -> None:
    choices = of_types(definition, "choice")
    if isinstance(command, str):
        shell.check_template(command, choices=choices)
    else:
        shell.check_words(command, choices=choices)


def of_types(definition: Definition, *types: str) -> frozenset[str]:
    return frozenset(parameter.name for parameter in definition.parameters if parameter.type in types)


def commands(step: Step) -> Iterator[Command]:
    if isinstance(step, SshStep):
        yield step.command
    if isinstance(step, CheckStep) and step.ssh:
        yield step.ssh.command


def called(step: Step) -> HttpStep | HttpProbe | None:
    if isinstance(step, HttpStep):
        return step
    return step.http if isinstance(step, CheckStep) else None


def texts(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys too."""
    match value:
        case str():
            yield value
        case dict():
            yield from texts_of(part for entry in cast("dict[str, Any]", value).items() for part in entry)
        case list():
            yield from texts_of(cast("list[Any]", value))
        case _:
            return


def texts_of(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from texts(value)
