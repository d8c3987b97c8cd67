"""Fixtures of the conformance suite that take several rounds (2026-07-28): a result that asks, then the call again.

Names, texts and schemas are those that the suite looks for. Source: its scenarios `input-required-result-*`.
"""

import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import mcp_types as types
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError

Context: TypeAlias = ServerRequestContext[Any]
Answers: TypeAlias = Mapping[str, Any]
Outcome: TypeAlias = types.CallToolResult | types.InputRequiredResult
Round: TypeAlias = Callable[[Context, Answers, str | None], Outcome]
KEY = b"the suite tampers with what this signs"


def said(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text)])


def form(message: str, **fields: str) -> types.ElicitRequest:
    schema: types.ElicitRequestedSchema = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in fields.items()},
        "required": list(fields),
    }
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(question: str, most: int) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=types.TextContent(text=question))
    return types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=[message], max_tokens=most))


def asks(state: str | None = None, **requests: Any) -> types.InputRequiredResult:
    return types.InputRequiredResult(input_requests=requests, request_state=state)


def field(answers: Answers, name: str, key: str) -> str | None:
    answer = answers.get(name)
    content = answer.content if isinstance(answer, types.ElicitResult) else None
    return str(content[key]) if content and key in content else None


def sealed(state: str) -> str:
    return f"{state}.{hmac.digest(KEY, state.encode(), 'sha256').hex()}"


def opened(state: str | None) -> str:
    """What was sealed. Raises MCPError for anything else."""
    text = (state or "").partition(".")[0]
    if not hmac.compare_digest(sealed(text), state or ""):
        raise MCPError(code=types.INVALID_PARAMS, message="The request state is not one of this server's.")
    return text


def elicitation(_context: Context, answers: Answers, _state: str | None) -> Outcome:
    name = field(answers, "user_name", "name")
    return said(f"Hello, {name}!") if name else asks(user_name=form("What is your name?", name="string"))


def sampled(_context: Context, answers: Answers, _state: str | None) -> Outcome:
    answer = answers.get("capital_question")
    if isinstance(answer, types.CreateMessageResult) and isinstance(answer.content, types.TextContent):
        return said(answer.content.text)
    return asks(capital_question=sampling("What is the capital of France?", 100))


def list_roots(_context: Context, answers: Answers, _state: str | None) -> Outcome:
    answer = answers.get("client_roots")
    if isinstance(answer, types.ListRootsResult):
        return said("Roots: " + ", ".join(str(root.uri) for root in answer.roots))
    return asks(client_roots=types.ListRootsRequest())


def with_state(_context: Context, answers: Answers, state: str | None) -> Outcome:
    if state is None or not answers:
        return asks(sealed("waiting"), confirm=form("Please confirm", ok="boolean"))
    return said(f"state-ok: {opened(state)}")


def multiple(_context: Context, answers: Answers, state: str | None) -> Outcome:
    wanted = {
        "user_name": form("What is your name?", name="string"),
        "greeting": sampling("Generate a greeting", 50),
        "client_roots": types.ListRootsRequest(),
    }
    if state is None or not wanted.keys() <= answers.keys():
        return asks(sealed("multiple"), **wanted)
    return said(f"All three came: {opened(state)}")


def several_rounds(_context: Context, answers: Answers, state: str | None) -> Outcome:
    step = opened(state) if state else ""
    if step == "two" and "step2" in answers:
        return said(f"Color: {field(answers, 'step2', 'color')}")
    if step == "one" and "step1" in answers:
        return asks(sealed("two"), step2=form("Step 2: What is your favorite color?", color="string"))
    return asks(sealed("one"), step1=form("Step 1: What is your name?", name="string"))


def by_capability(context: Context, answers: Answers, _state: str | None) -> Outcome:
    has = context.session.client_capabilities or types.ClientCapabilities()
    offered: dict[str, Any] = {}
    if has.sampling is not None:
        offered["capital_question"] = sampling("What is the capital of France?", 100)
    if has.elicitation is not None:
        offered["user_name"] = form("What is your name?", name="string")
    return said("done") if answers or not offered else asks(**offered)


ROUNDS: Mapping[str, Round] = {
    "test_input_required_result_elicitation": elicitation,
    "test_input_required_result_sampling": sampled,
    "test_input_required_result_list_roots": list_roots,
    "test_input_required_result_request_state": with_state,
    "test_input_required_result_tampered_state": with_state,
    "test_input_required_result_multiple_inputs": multiple,
    "test_input_required_result_multi_round": several_rounds,
    "test_input_required_result_capabilities": by_capability,
    "test_streaming_elicitation": elicitation,
}


def prompted(answers: Answers) -> types.GetPromptResult | types.InputRequiredResult:
    given = field(answers, "user_context", "context")
    if given is None:
        return asks(user_context=form("What context should the prompt use?", context="string"))
    message = types.PromptMessage(role="user", content=types.TextContent(text=f"In the context of {given}."))
    return types.GetPromptResult(messages=[message])
