"""The calls a model proposes: checked before any of them reaches the door."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall, ToolMessage
from langchain_core.messages.tool import ToolCallChunk
from pydantic import ValidationError

from agents.brain import Call, Gathered, Offer
from domain.schemas import schema
from tools.spec import AnySpec

MAX_TOOLS = 12
MAX_ROUNDS = 4
MAX_CALLS = 8
MOST_CHANGES = 5
CHOSEN = "chosen by the model"
PROPOSED = "proposed by the model"
PROPOSES = "Proposes; a person decides. "
HELD = "Another call of this reply is wrong, and changes are proposed together: ask again when all are right."
TOO_MANY = f"At most {MOST_CHANGES} changes are proposed at once: tell the person to ask in parts."
NO_SECRETS = "{name}: a secret never stands in a call. Give a reference, or say that the person stores it themselves."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One call as proposed. `problem` says what is wrong with it, for the model to read; "" when it may be made."""

    tool: str
    arguments: Mapping[str, Any]
    id: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """The tools offered to the model, by name."""

    specs: Mapping[str, AnySpec]

    @classmethod
    def of(cls, offer: Offer) -> "Toolbox":
        return cls(specs={spec.name: spec for spec in offer.tools[:MAX_TOOLS]})

    def schemas(self) -> list[dict[str, Any]]:
        return [
            {
                "type": "function",
                "function": {
                    "name": spec.name,
                    "description": spec.description if spec.is_read else f"{PROPOSES}{spec.description}",
                    "parameters": open_schema(spec),
                },
            }
            for spec in self.specs.values()
        ]

    def problem(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """What is wrong with the call, or ""."""
        spec = self.specs.get(tool)
        if spec is None:
            return f"There is no tool {tool[:80]!r}. The tools are: {', '.join(self.specs)}."
        sealed = next((name for name in spec.secrets if isinstance(arguments.get(name), str)), None)
        if sealed:
            return NO_SECRETS.format(name=sealed)
        try:
            spec.args.model_validate(arguments)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        return ""

    def fingerprint(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """Equal for calls that ask the same: defaults filled in, keys in one order."""
        spec = self.specs.get(tool)
        if spec is None or self.problem(tool, arguments):
            return json.dumps([tool, dict(arguments)], sort_keys=True, default=str)
        return f"{tool} {spec.args.model_validate(arguments).model_dump_json()}"


def open_schema(spec: AnySpec) -> dict[str, Any]:
    """The schema without the arguments that would hold a secret in words: no model is asked to fill them."""
    whole = schema(spec.args)
    sealed = {name for name in spec.secrets if whole["properties"].get(name, {}).get("type") == "string"}
    kept = {name: field for name, field in whole["properties"].items() if name not in sealed}
    return {**whole, "properties": kept} if sealed else whole


def read(reply: AIMessageChunk, toolbox: Toolbox, gathered: Sequence[Gathered]) -> list[Proposal]:
    """The calls of a reply in their order, at most MAX_CALLS; each impossible or repeated one with its problem."""
    made = {toolbox.fingerprint(one.call.tool, one.call.arguments): f"[e{n}]" for n, one in enumerate(gathered, 1)}
    turn = rounds(gathered) + 1
    proposals: list[Proposal] = []
    for position, chunk in enumerate(reply.tool_call_chunks[:MAX_CALLS]):
        proposal = sound(chunk, toolbox, f"r{turn}-{chunk['id'] or position}")
        key = toolbox.fingerprint(proposal.tool, proposal.arguments)
        if not proposal.problem and key in made:
            proposal = replace(proposal, problem=f"This very call was made already: see {made[key]}.")
        made.setdefault(key, "the other one of this turn")
        proposals.append(proposal)
    return few(proposals, toolbox)


def few(proposals: list[Proposal], toolbox: Toolbox) -> list[Proposal]:
    """The proposals; when they are too many changes for one go, none of the changes may be made."""
    changes = [one for one in proposals if not one.problem and not toolbox.specs[one.tool].is_read]
    if len(changes) <= MOST_CHANGES:
        return proposals
    return [replace(one, problem=TOO_MANY) if one in changes else one for one in proposals]


def sound(chunk: ToolCallChunk, toolbox: Toolbox, identity: str) -> Proposal:
    """Arguments are read strictly: the client's own reader completes JSON that broke off."""
    proposal = Proposal(tool=chunk["name"] or "", arguments={}, id=identity)
    try:
        arguments = json.loads(chunk["args"] or "{}")
    except ValueError as error:
        return replace(proposal, problem=f"The arguments are not valid JSON: {error}.")
    if not isinstance(arguments, dict):
        return replace(proposal, problem="The arguments are not a JSON object.")
    found = cast("dict[str, Any]", arguments)
    return replace(proposal, arguments=found, problem=toolbox.problem(proposal.tool, found))


def calls(proposals: Sequence[Proposal], toolbox: Toolbox, rules: Sequence[Call]) -> tuple[Call, ...]:
    """The reads without a problem; where there is none, the changes, if no call of the reply has a problem.

    Reads come first: a change beside one is asked for again, by who has seen what was read.
    """
    sound = [one for one in proposals if not one.problem]
    reads = [one for one in sound if toolbox.specs[one.tool].is_read]
    if reads:
        return looks(reads, toolbox, rules)
    return changes(sound) if len(sound) == len(proposals) else ()


def looks(reads: Sequence[Proposal], toolbox: Toolbox, rules: Sequence[Call]) -> tuple[Call, ...]:
    """A read that the rules would make as well becomes theirs, with their label and id, so that their writer knows it
    again."""
    planned = {toolbox.fingerprint(call.tool, call.arguments): call for call in rules}
    return tuple(
        planned.get(
            toolbox.fingerprint(one.tool, one.arguments),
            Call(tool=one.tool, arguments=one.arguments, label=CHOSEN, id=one.id),
        )
        for one in reads
    )


def changes(proposals: Sequence[Proposal]) -> tuple[Call, ...]:
    """Each with its place and how many there are in its id (`r1-2/3-call_abc`): a run is reported on by a process that
    was not there when it was planned."""
    total = len(proposals)
    return tuple(
        Call(tool=one.tool, arguments=one.arguments, label=PROPOSED, id=placed(one.id, f"{number}/{total}"))
        for number, one in enumerate(proposals, 1)
    )


def placed(identity: str, place: str) -> str:
    turn, _, own = identity.partition("-")
    return f"{turn}-{place}-{own}"


def refusals(proposals: Sequence[Proposal]) -> list[BaseMessage]:
    """The proposals said back, each with what is wrong: what the next try of the model is given."""
    made = [ToolCall(name=one.tool, args=dict(one.arguments), id=one.id, type="tool_call") for one in proposals]
    return [
        AIMessage("", tool_calls=made),
        *(ToolMessage(f"Not made. {one.problem or HELD}", tool_call_id=one.id, status="error") for one in proposals),
    ]


def rounds(gathered: Sequence[Gathered]) -> int:
    """How many rounds of calls of its own the model has had, as their ids tell (`r2-call_abc`)."""
    found = (re.match(r"r(\d+)-", one.call.id) for one in gathered)
    return max((int(match[1]) for match in found if match), default=0)


def of_rules(gathered: Sequence[Gathered]) -> tuple[Gathered, ...]:
    """What the rules asked for, or would have."""
    return tuple(one for one in gathered if one.call.label not in (CHOSEN, PROPOSED))
