"""Asking the person at the client, in the two ways of the protocol; or knowing that this client cannot.

Source: modelcontextprotocol.io, elicitation (2025-11-25: a request to the client; 2026-07-28: an interim result that
the client answers by sending its call again). A form holds one choice and a reason, never a secret.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import mcp_types as types
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError

Way: TypeAlias = Literal["none", "request", "interim"]
INTERIM_SINCE = "2026-07-28"
FORM: types.ElicitRequestedSchema = {
    "type": "object",
    "properties": {
        "decision": {"type": "string", "title": "Decision", "enum": ["approve", "reject"]},
        "reason": {"type": "string", "title": "Reason (optional)"},
    },
    "required": ["decision"],
}


@dataclass(frozen=True, slots=True)
class Said:
    """A person's decision on one confirmation."""

    action: Literal["approve", "reject"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whoever sits at the client. `answers` are what they said to the questions of an interim result."""

    way: Way
    context: ServerRequestContext[Any] | None = None
    answers: types.InputResponses | None = None
    state: str | None = None

    @classmethod
    def at(cls, context: ServerRequestContext[Any], params: types.CallToolRequestParams) -> "Person":
        return cls(way=way(context), context=context, answers=params.input_responses, state=params.request_state)

    async def decide(self, question: str) -> Said | None:
        """What they say, asked by a request of ours; None when they say nothing, or the client cannot ask after all."""
        if self.way != "request" or self.context is None:
            return None
        try:
            return said(await self.context.session.elicit_form(question, FORM, self.context.request_id))
        except MCPError:
            return None

    def said_of(self, confirmation_id: str) -> Said | None:
        """What they answered to the question of an interim result."""
        answer = (self.answers or {}).get(confirmation_id)
        return said(answer) if isinstance(answer, types.ElicitResult) else None


def way(context: ServerRequestContext[Any]) -> Way:
    """How this client lets a person be asked. A bare `elicitation: {}` means forms; one for URLs alone does not."""
    capabilities = context.session.client_capabilities
    offered = capabilities.elicitation if capabilities else None
    if offered is None or (offered.form is None and offered.url is not None):
        return "none"
    return "interim" if context.session.protocol_version >= INTERIM_SINCE else "request"


def said(answer: types.ElicitResult) -> Said | None:
    """A decision that was given in so many words; declining the form rejects, closing it says nothing."""
    if answer.action == "decline":
        return Said("reject", "declined")
    content = answer.content or {}
    decision = content.get("decision")
    if answer.action != "accept" or decision not in ("approve", "reject"):
        return None
    return Said("approve" if decision == "approve" else "reject", str(content.get("reason") or "")[:500])


def interim(confirmation_id: str, run_id: str, question: str) -> types.InputRequiredResult:
    """The question as a result: the client asks, then sends its call again with the answer and the run's id."""
    form = types.ElicitRequest(params=types.ElicitRequestFormParams(message=question, requested_schema=FORM))
    return types.InputRequiredResult(input_requests={confirmation_id: form}, request_state=run_id)
