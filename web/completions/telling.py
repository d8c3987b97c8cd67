"""What is told of an outcome: its text, what it cost, or why there is none."""

from dataclasses import dataclass

from graphs.live import Live, Outcome
from web.completions import writing
from web.completions.deciding import Heard
from web.inquiry import STOPPED
from web.models.completions import AssistantMessage, Choice, Completion, CompletionRequest, Usage
from web.models.problems import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One reply to be: what was asked, what came of it so far, when it was begun (epoch seconds)."""

    asked: CompletionRequest
    heard: Heard
    is_lost: bool
    created: int

    @property
    def id(self) -> str:
        return f"chatcmpl-{(self.heard.run_id or self.heard.session_id).hex}"

    @property
    def headers(self) -> dict[str, str]:
        """Ours, for scripts: where the answer stands on record."""
        run = {"X-Trivium-Run-Id": str(self.heard.run_id)} if self.heard.run_id else {}
        return {"X-Trivium-Session-Id": str(self.heard.session_id), **run}


def failure(live: Live, outcome: Outcome | None) -> Refusal | None:
    """Why there is nothing to tell; None when there is."""
    if outcome is None:
        return STOPPED
    if outcome.answer or outcome.status == "awaiting_confirmation":
        return None
    error = outcome.error or {"error": outcome.status, "message": f"The run {live.run_id} is {outcome.status}."}
    return Refusal.model_validate(error)


def told(of: Telling, outcome: Outcome | None, said: str = "") -> tuple[str, dict[str, str]]:
    """The text, as far as it was not said before, and the change that it puts before the person."""
    if outcome is None:
        return of.heard.text, {}
    if waiting := outcome.waiting:
        return writing.asked_back(waiting), {str(waiting.id): waiting.arguments_sha256}
    if outcome.answer is None:
        return "It was decided in the meantime; ask again for what came of it.", {}
    answer = writing.unread(outcome.answer) if of.is_lost else outcome.answer
    return writing.written(answer, outcome.run_id, said), {}


def whole(of: Telling, outcome: Outcome | None, text: str) -> Completion:
    return Completion(
        id=of.id,
        created=of.created,
        model=of.asked.model,
        choices=(Choice(message=AssistantMessage(content=text)),),
        usage=usage(outcome),
    )


def usage(outcome: Outcome | None) -> Usage:
    tokens = outcome.answer.tokens_used if outcome and outcome.answer else 0
    return Usage(prompt_tokens=tokens, completion_tokens=0, total_tokens=tokens)
