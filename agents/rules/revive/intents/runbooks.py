"""What can be asked about runbooks: found, run, made; services provisioned from templates; executions."""

import re
from collections.abc import Iterable
from typing import Any, cast

from agents.rules.revive import machines, naming, values
from agents.rules.revive.intents import names
from agents.rules.revive.intents.shape import Finder, Intent, Json, Slots
from agents.rules.revive.said import Said

RUNBOOK = Finder(
    tool="list_runbooks", search="search", rows="runbooks", called=("name", "title", "id"), key="name", noun="runbook"
)
TEMPLATE = Finder(
    tool="list_runbooks", search="search", rows="runbooks", called=("name", "title", "id"), key="name",
    noun="service template",
    fixed={"kind": "service_template"},
)  # fmt: skip
EXECUTION = Finder(
    tool="list_executions",
    search="runbook",
    rows="executions",
    called=("runbook", "id"),
    key="id",
    noun="execution",
    fixed={"limit": 1},
)
WHICH_RUNBOOK = "Which runbook?"


def runbook(said: Said) -> str | None:
    """The runbook to run; of a deed without one ("restart checkout") the words to find it by."""
    if not is_deed(said):
        return naming.of_thing(said.clause) or None
    return " ".join(word for word in naming.deed(said.clause) if not naming.IDENTIFIER.fullmatch(word)) or None


def is_deed(said: Said) -> bool:
    """Whether a verb like "restart" says what is to be done, and no runbook is named."""
    verb, noun = said.clause.verb, said.clause.noun
    return bool(verb and verb.meaning == "do") and not (noun and noun.meaning == "runbook")


def target(said: Said) -> str | None:
    """The server it is to be done on: "on web-1", "reboot server web-1"."""
    placed = values.target(said)
    if placed or not is_deed(said):
        return placed
    return next((word for word in naming.deed(said.clause) if naming.IDENTIFIER.fullmatch(word)), None)


def runbook_name(said: Said) -> str | None:
    """The name of a new runbook, in the small letters that runbooks are named with."""
    return re.sub(r"[^a-z0-9]+", "-", (names.new_name(said) or "").casefold()).strip("-") or None


def template_of(said: Said) -> str | None:
    """What is to be provisioned, without its amounts: "a postgres with 2 cores" is postgres."""
    quoted = re.search(r"⟦quote[a-z]⟧", said.text)
    if quoted:
        return said.clause.restore(quoted[0])
    start = said.clause.verb.end if said.clause.verb else 0
    rest = re.split(r"\S+=|\b(?:with|named|called|for|in|of|using|because)\b|,", said.text[start:], maxsplit=1)[0]
    words = re.sub(
        r"\b(?:an?|the|new|me|us|small|large|big|from|template|service|instance|database|cluster|cache|please|up)\b",
        " ",
        rest,
        flags=re.IGNORECASE,
    )
    return " ".join(words.split()) or None


def new_instance(said: Said) -> str | None:
    match = naming.CALLED.search(said.text)
    return said.clause.restore(match["name"]) if match else None


def runbook_arguments(slots: Slots) -> Json:
    """The runbook of the code block, else its steps from the commands, each on the server named."""
    whole: Any = slots.get("body")
    name = {"name": slots["name"]} if slots.get("name") else {}
    if isinstance(whole, dict):
        return {**whole, **name}
    given = cast("list[Json]", whole) if isinstance(whole, list) else None
    steps = given or ssh_steps("step", slots.get("commands", ()), slots)
    undo = slots.get("undo")
    if not undo:
        return {**name, "service": slots.get("service"), "steps": steps}
    going_back = [{**step, "on_failure": "rollback"} for step in steps]
    return {**name, "service": slots.get("service"), "steps": going_back, "rollback": ssh_steps("undo", (undo,), slots)}


def ssh_steps(what: str, commands: Iterable[str], slots: Slots) -> list[Json]:
    return [
        {"kind": "ssh", "name": f"{what} {number}", "server": slots.get("target"), "command": command}
        for number, command in enumerate(commands, 1)
    ]


def execution(said: Said) -> str | None:
    """The id of an execution."""
    match = naming.UUID.search(said.text)
    return match[0] if match else None


def runbook_of(said: Said) -> str | None:
    """The runbook whose executions are meant: written like a name, or behind "of"."""
    names = [name for name in naming.identifiers(said.clause) if not naming.UUID.fullmatch(name)]
    quoted = re.search(r"⟦quote[a-z]⟧", said.text)
    match = re.search(
        r"\b(?:of|ran|run)\s+(?:the\s+)?(?:runbook\s+)?(?P<name>(?!history)[A-Za-z][\w-]+)", said.text, re.IGNORECASE
    )
    behind = match["name"] if match and not naming.verbs_and_nouns(match["name"]) else None
    name = said.clause.restore(quoted[0]) if quoted else next(iter(names), behind)
    return None if name in said.services and names != [name] else name


INTENTS = (
    Intent(
        name="get_runbook",
        mode="aiops",
        tool="get_runbook_details",
        cues=("+read runbook", "+read template"),
        reads={"name": names.named},
        finds=RUNBOOK,
        into="runbook",
        about="runbook {name}",
    ),
    Intent(
        name="list_templates",
        mode="aiops",
        tool="list_runbooks",
        cues=("read template",),
        fixed={"kind": "service_template"},
        about="service templates",
    ),
    Intent(
        name="list_runbooks",
        mode="aiops",
        tool="list_runbooks",
        cues=("read runbook",),
        reads={"service": values.service, "search": names.search},
        takes=("service", "search"),
        about="runbooks",
        extras=(" of {service}", " named like {search}"),
    ),
    Intent(
        name="execute_runbook",
        mode="aiops",
        tool="execute_runbook",
        cues=("run runbook", "do runbook", "run server", "run "),
        reads={
            "name": runbook,
            "parameters": values.parameters,
            "amounts": values.amounts,
            "target": target,
            "service": values.service,
            "reason": values.reason,
            "dry_run": values.dry_run,
        },
        needs={"name": WHICH_RUNBOOK},
        finds=RUNBOOK,
        into="runbook",
        is_change=True,
        then="parameters",
        about="run {name}",
        extras=(" on {target}", " for {service}", " with {parameters}", " as a dry run{dry_run}", ", because {reason}"),
    ),
    Intent(
        name="provision_service",
        mode="aiops",
        tool="execute_runbook",
        cues=("provision template", "provision server", "provision runbook", "run template"),
        reads={
            "name": template_of,
            "parameters": values.parameters,
            "amounts": values.amounts,
            "instance": new_instance,
            "service": values.service,
            "environment": values.environment,
            "reason": values.reason,
            "dry_run": values.dry_run,
        },
        needs={"name": "What is to be provisioned?"},
        finds=TEMPLATE,
        into="runbook",
        is_change=True,
        then="parameters",
        about="provision {name}",
        extras=(" named {instance}", " for {service}", " with {amounts}", " with {parameters}", ", because {reason}"),
    ),
    Intent(
        name="create_runbook",
        mode="aiops",
        tool="create_runbook",
        cues=("create runbook", "add runbook"),
        reads={
            "name": runbook_name,
            "body": values.block,
            "commands": machines.commands,
            "undo": machines.undo,
            "target": values.target,
            "service": values.service,
        },
        arguments=runbook_arguments,
        needs={
            "name|body": "What is the runbook to be called?",
            "commands|body": "Which commands is it to run? Put each in backquotes, or give the steps as a JSON block.",
            "target|body": "On which server are its commands to run?",
        },
        is_change=True,
        about="create runbook {name}",
        extras=(" running {commands}", " on {target}", ", undone by {undo}"),
    ),
    Intent(
        name="get_execution",
        mode="aiops",
        tool="get_execution_details",
        cues=("+read execution",),
        reads={"name": execution},
        takes=("execution=name",),
        about="execution {name}",
    ),
    Intent(
        name="list_executions",
        mode="aiops",
        tool="list_executions",
        cues=("read execution",),
        reads={
            "runbook": runbook_of,
            "status": values.kind_of_run,
            "since": values.since,
            "limit": values.limit,
        },
        takes=("runbook", "status", "since", "limit"),
        about="executions",
        extras=(" of {runbook}", " that are {status}", " since {since}", ", newest {limit}"),
    ),
    Intent(
        name="get_connection_info",
        mode="aiops",
        tool="get_execution_details",
        cues=("read connection",),
        reads={"name": runbook_of},
        needs={"name": "The connection details of what? Name the template it was made from."},
        finds=EXECUTION,
        into="execution",
        about="connection details of {name}",
    ),
)
