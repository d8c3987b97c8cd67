"""What the tests of the rules brain share: an estate of names, a clock, questions, and results as tools give them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from agents.answer import Answer
from agents.brain import Call, Gathered, Message, Offer, Question, Understanding
from agents.rules.brain import RulesBrain
from domain.names import Names
from domain.windows import Window
from tools import ALL
from tools.spec import Status, ToolResult

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = Names(
    version=1,
    services=(
        "abc",
        "api-billing",
        "api-gateway",
        "auth",
        "checkout",
        "checkout-worker",
        "orders",
        "payment-service",
        "search",
        "users-api",
    ),
    alerts=("DiskFull", "HighErrorRate", "PodCrashLooping"),
    teams=("payments", "platform"),
    environments=("production", "staging"),
)
OFFER = Offer(tools=tuple(ALL))
UTTERANCES = tomllib.loads(Path(__file__).with_name("utterances.toml").read_text(encoding="utf-8"))
BRAIN = RulesBrain()


def question(text: str, **changes: Any) -> Question:
    given: dict[str, Any] = {"text": text, "now": NOW, "zone": ZoneInfo("UTC"), "names": NAMES}
    return Question(**(given | changes))


async def understood(text: str, **changes: Any) -> Understanding:
    return await BRAIN.understand(question(text, **changes))


def read(understanding: Understanding) -> dict[str, Any]:
    """An understanding in the form of `utterances.toml`: the intent, every slot that was filled, times when named."""
    slots = dict(understanding.slots)
    slots.pop("concepts", None)
    slots.pop("read_as", None)
    periods = [period["window"] for period in slots.pop("periods", []) if not period.get("why")]
    windows = [f"{window['start']}/{window['end']}" for window in periods]
    return {"intent": understanding.intent, **slots, **({"windows": windows} if windows else {})}


def message(understanding: Understanding, content: str = "") -> Message:
    return Message(role="assistant", content=content, understanding=asdict(understanding))


async def conversation(*texts: str) -> list[Understanding]:
    """Each question read with those before it as its history."""
    history: tuple[Message, ...] = ()
    found: list[Understanding] = []
    for text in texts:
        understanding = await understood(text, history=history)
        history = (*history, Message(role="user", content=text), message(understanding))
        found.append(understanding)
    return found


def result(number: int, data: Mapping[str, Any], status: Status = "ok", **changes: Any) -> ToolResult:
    """A result proved by execution `number`."""
    given = ToolResult(
        status=status,
        source="trivium alerts database",
        data=dict(data),
        query=f"select {number}",
        as_of=NOW,
        execution_id=UUID(int=number),
    )
    return replace(given, **changes)


@dataclass(slots=True)
class Told:
    """An answer, what was emitted while it was written, and every call that was made for it."""

    answer: Answer
    emitted: list[str]
    calls: list[Call]


async def ask(text: str, results: Sequence[ToolResult], **changes: Any) -> Told:
    """The answer to a question whose calls give these results, in the order they are made."""
    asked = question(text, **changes)
    understanding = await BRAIN.understand(asked)
    gathered: list[Gathered] = []
    emitted: list[str] = []
    left = list(results)
    while calls := await BRAIN.plan(asked, understanding, gathered, OFFER):
        gathered += [Gathered(call=call, result=left.pop(0)) for call in calls]
    assert not left, "every result given belongs to a call"

    async def emit(words: str) -> None:
        emitted.append(words)

    answer = await BRAIN.write(asked, understanding, gathered, emit)
    return Told(answer, emitted, [each.call for each in gathered])


def plainly(text: str) -> str:
    """Text with ordinary spaces in place of those that keep number and unit together."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def alert(name: str, severity: str, starts_at: str, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": f"{name}-{starts_at}", "name": name, "service": "checkout", "severity": severity, "status": "resolved",
        "starts_at": starts_at, "ends_at": starts_at, "duration_seconds": 300, "summary": name,
        "environment": "production", "team": "payments", "instance": "",
    }  # fmt: skip
    return given | changes


def incident(number: int, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": str(UUID(int=number)), "number": f"INC-{number}", "title": "Checkout down", "service": "checkout",
        "services": ["checkout"], "severity": "critical", "status": "resolved", "environment": "production",
        "team": "payments", "opened_at": "2026-11-19T14:00:00Z", "resolved_at": "2026-11-19T14:43:00Z",
        "duration_seconds": 2580, "alert_count": 12, "root_cause": "", "resolution": "",
    }  # fmt: skip
    return given | changes


def severities(critical: int = 0, warning: int = 0, info: int = 0) -> dict[str, int]:
    return {"critical": critical, "warning": warning, "info": info}


def window(start: str, end: str) -> Window:
    return Window(datetime.fromisoformat(start), datetime.fromisoformat(end))
