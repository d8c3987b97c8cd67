"""How a run stands that may wait for a person: the same for a request, an alert's chat and a chat of any kind."""

from dataclasses import dataclass

from domain import confirmations
from domain.confirmations import Confirmation
from graphs.live import Live, Outcome
from web.desk import Visit
from web.models.problems import Refusal
from web.refusals import STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`proposed` is what the run has put forward so far. It `is_refused` where nothing at all was done: its `error`
    is then the whole answer."""

    proposed: list[Confirmation]
    error: Refusal | None
    is_refused: bool


async def standing(visit: Visit, outcome: Outcome) -> Standing:
    async with visit.desk.parts.pool.connection() as db:
        proposed = await confirmations.of_run(db, outcome.run_id)
    error = Refusal.model_validate(outcome.error) if outcome.error else None
    is_closed = error is not None and STATUSES.get(error.error) == 403 and not any(each.outcome for each in proposed)
    is_refused = error is not None and (is_closed or outcome.answer is None)
    return Standing(proposed=proposed, error=error, is_refused=is_refused)


def asking(waiting: Confirmation | None) -> str:
    if waiting is None:
        return "It was decided in the meantime; the run tells what came of it."
    whose = "a second person's" if waiting.mode == "four_eyes" else "your"
    return f"{waiting.details['title']}: this waits for {whose} approval."


def tools_used(live: Live) -> tuple[str, ...]:
    """The tools that a run called before it waited for a person."""
    calls = (event.data for event in live.relay.events if event.type == "tool_use")
    return tuple(dict.fromkeys(call["tool"] for call in calls if call["status"] == "executing"))
