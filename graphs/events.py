"""What a run tells while it goes: a closed union of events, numbered, for any number of readers."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from domain.masking import masked_json

Json: TypeAlias = dict[str, Any]
EventType: TypeAlias = Literal[
    "run", "context", "tool_use", "data", "chunk", "confirmation_required", "complete", "error"
]
LAST: frozenset[EventType] = frozenset({"complete", "error"})
NUMBERS_PER_ATTEMPT = 1_000_000
CHUNK_SECONDS = 0.025
CHUNK_CHARACTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run has begun, or begun anew after its worker died (`attempt` above 1: what was told before is void)."""

    run_id: str
    session_id: str
    attempt: int = 1
    type: Literal["run"] = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """A tool call begins (`executing`), tells a line of its output (`output`, in `label`), waits for a person
    (`pending_approval`), or has ended with a status; `execution_id` then names its row."""

    tool: str
    status: str
    label: str = ""
    execution_id: str | None = None
    type: Literal["tool_use"] = "tool_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """One part to draw, as soon as it is known."""

    part: Json
    type: Literal["data"] = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The next piece of the answer's text."""

    content: str
    type: Literal["chunk"] = "chunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationRequired:
    """A change waits for a person; `action` is the card they decide on, `confirmation_id` what they answer."""

    run_id: str
    confirmation_id: str
    action: Json
    type: Literal["confirmation_required"] = "confirmation_required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """The run has ended with this answer; the last event."""

    run_id: str
    session_id: str
    answer: Json
    tools_used: tuple[str, ...]
    tokens_used: int
    type: Literal["complete"] = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The run has ended without an answer; the last event. `error` is a code, `status` that of the run."""

    run_id: str
    error: str
    message: str
    status: str = "failed"
    required_permission: str | None = None
    alternative: str | None = None
    type: Literal["error"] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One part of what is known around an alert, as soon as it is: `status` ok, empty, error, late, unset or forbidden,
    with `why` for all but the first two. `data` is the little that is shown; the execution has the whole."""

    part: str
    title: str
    status: str
    why: str | None = None
    data: Json = field(default_factory=dict[str, Any])
    execution_id: str | None = None
    type: Literal["context"] = "context"


Event: TypeAlias = RunStarted | Context | ToolUse | Data | Chunk | ConfirmationRequired | Complete | Failed


@dataclass(frozen=True, slots=True)
class Numbered:
    number: int
    type: EventType
    data: Json

    @property
    def is_last(self) -> bool:
        return self.type in LAST


def body(event: Event) -> Json:
    """The event's fields by name, without its type; what they hold is shared, not copied."""
    return {field.name: getattr(event, field.name) for field in fields(event) if field.name != "type"}


@dataclass(slots=True)
class Relay:
    """Between one run and its readers: never waits for a reader, and ends with the run.

    Chunks that come within 25 ms are one event, so the number of events is bounded by time, not by tokens.
    A reader holds a position, no copy: slow or gone, it costs nothing. So do the record and other workers: `stored`
    and `published` are how far they have got, and `bell` rings for them at each event.
    """

    events: list[Numbered] = field(default_factory=list[Numbered])
    pending: str = ""
    last_chunk: float = 0.0
    first_number: int = 1
    stored: int = 0
    published: int = 0
    is_paused: bool = False
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, event: Event) -> None:
        if isinstance(event, Chunk):
            if self.is_due(event.content):
                await self.settle()
            return
        await self.settle(event)

    async def settle(self, event: Event | None = None) -> None:
        """Text that waited for more is told, then the event."""
        if self.pending:
            self.append("chunk", {"content": self.pending})
            self.pending = ""
        if event:
            self.append(event.type, body(event))
        self.move()

    def is_due(self, text: str) -> bool:
        self.pending += text
        now = asyncio.get_running_loop().time()
        if len(self.pending) < CHUNK_CHARACTERS and now - self.last_chunk < CHUNK_SECONDS:
            return False
        self.last_chunk = now
        return True

    def append(self, kind: EventType, data: Json) -> None:
        """The event stands, without a secret in it: from here it goes to every reader and into the record."""
        masked, _ = masked_json(data)
        self.events.append(Numbered(self.next_number, kind, masked))

    def move(self) -> None:
        """Everybody who waits looks again; who comes later waits for the next time."""
        self.moved.set()
        self.moved = asyncio.Event()
        self.bell.set()

    @property
    def next_number(self) -> int:
        return self.first_number + len(self.events)

    def pause(self) -> None:
        """Nothing more comes from this relay, for the run waits for a person or is another worker's: readers go."""
        self.is_paused = True
        self.move()

    @property
    def ended(self) -> bool:
        return self.is_paused or (bool(self.events) and self.events[-1].is_last)

    async def read(self, after: int = 0) -> AsyncGenerator[Numbered]:
        """Events numbered above `after`, as they come, up to and with the last, or to the pause."""
        position = max(0, after + 1 - self.first_number)
        while True:
            while position < len(self.events):
                position += 1
                yield self.events[position - 1]
            if self.ended:
                return
            await self.moved.wait()

    def unstored(self) -> list[Numbered]:
        """What the record does not have yet."""
        return self.events[self.stored :]
