"""What a graph asks of a brain, whichever one it is: understand, choose the next calls, write the answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from agents.answer import Answer
from domain.names import Names
from domain.windows import Window
from tools.spec import AnySpec, Pillar, ToolResult

Json: TypeAlias = dict[str, Any]
Intent: TypeAlias = str
Emit: TypeAlias = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of the conversation so far, oldest first. `understanding` is what the assistant had read, `artifacts`
    the large results behind its answer, as `id of tool`."""

    role: Literal["user", "assistant"]
    content: str
    understanding: Json | None = None
    artifacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The question and all that may bear on it. `window`, `services`, `severities` are the caller's own context:
    they hold where the words say nothing else. `mode`, `page` and `selected` are revive's: what the caller chose,
    the page they are on ("/dashboards") and what they marked there. `alert` is
    troubleshooting's, `left_out` the parts of its context that the caller does not want."""

    text: str
    now: datetime
    zone: ZoneInfo
    names: Names
    history: tuple[Message, ...] = ()
    window: Window | None = None
    services: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    response_format: Literal["detailed", "summary", "table", "timeline"] = "detailed"
    pillar: Pillar = Pillar.INQUIRY
    mode: Literal["auto", "grafana", "aiops"] = "auto"
    page: str = ""
    selected: tuple[str, ...] = ()
    alert: UUID | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """How a question was read. `kind` chooses the way: `query` gathers, `converse` answers at once, `ask_back`
    needs one thing from the person, `cannot` says honestly that nothing here answers it.

    `slots` is JSON and is kept with the assistant's message, so that a follow-up can change one slot of it.
    `plain` reads it back in one line ("alerts of payment-service, 9-15 Nov 2026 UTC, by severity and day").
    """

    kind: Literal["query", "converse", "ask_back", "cannot"]
    intent: Intent
    slots: Json
    plain: str
    reply: str = ""
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One tool call to make. `label` tells the writer what it was for (for example which period of a comparison)."""

    tool: str
    arguments: Mapping[str, Any]
    label: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Gathered:
    """One call and what it gave."""

    call: Call
    result: ToolResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The tools this actor may use now, in a fixed order; a brain can name no other."""

    tools: tuple[AnySpec, ...]


class Brain(Protocol):
    """`plan` is asked again after each round, with everything gathered so far; no calls means: enough.

    In revive a round is reads, or changes: changes are proposed one after the other in their order, and stop at the
    first that is not carried out. Their results come back in `gathered` like any other, with
    `data["confirmation"]` {id, status, decided_by, decided_through, outcome, risk_level, title}; one that was
    rejected, expired or set aside has the status `forbidden` and the source `approval`.
    """

    @property
    def name(self) -> Literal["rules", "model"]: ...

    async def understand(self, question: Question) -> Understanding: ...

    async def plan(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], offer: Offer
    ) -> Sequence[Call]: ...

    def parts(self, question: Question, understood: Understanding) -> Sequence[str]:
        """The parts of an alert's context that bear on the question (troubleshooting alone)."""
        ...

    def diagnose(self, question: Question, gathered: Sequence[Gathered]) -> Json:
        """The rules' diagnosis of what was gathered; empty when the alert is not known."""
        ...

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer: ...
