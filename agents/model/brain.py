"""The model's brain: it asks for tools and writes, under the rules' eyes; when it fails the rules go on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage

from agents.answer import Answer
from agents.brain import Brain, Call, Emit, Gathered, Offer, Question, Understanding
from agents.model import proposals
from agents.model.asking import Model, ModelFailed, ask
from agents.model.claims import Claims, read
from agents.model.conversation import Case, tried
from agents.model.proposals import MAX_ROUNDS, Toolbox
from agents.model.standby import Standby
from agents.model.voice import Voice

MAX_CORRECTIONS = 2
WRITE = "Answer now, from these results alone."
CORRECT = (
    "These numbers are in none of the results you cite: {numbers}. Write the whole answer again: use the numbers of "
    "the results, cite the result that shows each, and leave out what none shows."
)
UNPROVEN = "The model's summary held a number that is in none of the results, the rules took over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text the model wrote instead of asking for more, and the conversation it answers."""

    messages: list[BaseMessage]
    text: str


class ModelBrain:
    """A brain of one run: make a new one for each. It keeps what the run has cost and whether the model failed in it,
    after which it is not asked again; and the model's draft, valid for exactly the conversation it was written for.
    Losing all that (another process resumes the run) costs one more question to the model.
    """

    name: Literal["rules", "model"] = "model"

    def __init__(self, model: BaseChatModel, fallback: Brain, deadline_seconds: float = 60) -> None:
        """`deadline_seconds` bounds each reply, the client's own retries included."""
        self._model = model
        self._fallback = fallback
        self._rules = Standby(fallback)
        self._deadline_seconds = deadline_seconds
        self._failure = ""
        self._draft: Draft | None = None
        self._tokens = 0
        self._refused = 0

    async def understand(self, question: Question) -> Understanding:
        """The rules' understanding, as a hint; what they cannot answer is a query that the model may try."""
        return tried(await self._fallback.understand(question))

    async def plan(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], offer: Offer
    ) -> Sequence[Call]:
        """The model's next calls, each sound and new; none when it has written its text, or after MAX_ROUNDS."""
        case = Case(question=question, understood=understood, gathered=tuple(gathered))
        rules = await self._rules.plan(case, offer)
        if self._failure:
            return rules
        try:
            return await self._choose(case, Toolbox.of(offer), rules)
        except ModelFailed as failed:
            self._failure = str(failed)
            return rules

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        """The model's answer with every number checked, or the rules' where it failed; `notes` say which and why.

        An answer that breaks off half-way is ended with a line break, then the rules' follows.
        """
        if understood.kind != "query":
            return await self._fallback.write(question, understood, gathered, emit)
        case = Case(question=question, understood=understood, gathered=tuple(gathered))
        voice = Voice(emit)
        try:
            claims = await self._claims(case, voice)
        except ModelFailed as failed:
            self._failure = str(failed)
            return await self._by_rules(case, voice, f"The model did not answer ({failed}), the rules took over")
        if claims.sentences[0].unproven:
            answer = await self._by_rules(case, voice, UNPROVEN)
            return replace(answer, unknown=(*claims.unknown, *answer.unknown))
        await voice.settle(claims.proven_text)
        return self._signed(worded(await self._rules.rest(case), claims))

    async def _choose(self, case: Case, toolbox: Toolbox, rules: Sequence[Call]) -> tuple[Call, ...]:
        """Raises ModelFailed."""
        if proposals.rounds(case.gathered) >= MAX_ROUNDS:
            return ()
        messages = case.messages()
        for _ in range(1 + MAX_CORRECTIONS):
            reply = await self._ask(self._with_tools(toolbox), messages)
            proposed = proposals.read(reply, toolbox, case.gathered)
            if not proposed:
                self._draft = Draft(messages=case.messages(), text=reply.text)
                return ()
            self._refused += sum(bool(one.problem) for one in proposed)
            if calls := proposals.calls(proposed, toolbox, rules):
                return calls
            messages += proposals.refusals(proposed)
        return ()

    def _with_tools(self, toolbox: Toolbox) -> Model:
        return self._model.bind_tools(toolbox.schemas()) if toolbox.specs else self._model

    async def _ask(self, model: Model, messages: Sequence[BaseMessage], emit: Emit | None = None) -> AIMessageChunk:
        reply = await ask(model, messages, self._deadline_seconds, emit)
        self._tokens += reply.usage_metadata["total_tokens"] if reply.usage_metadata else 0
        return reply

    async def _claims(self, case: Case, voice: Voice) -> Claims:
        """The model's text as checked claims, at least one sentence. Raises ModelFailed."""
        if self._failure:
            raise ModelFailed(self._failure)
        claims = read(await self._text(case, voice), case)
        if not claims.sentences:
            raise ModelFailed("an empty answer")
        return await self._corrected(case, claims) if claims.unproven else claims

    async def _text(self, case: Case, voice: Voice) -> str:
        """The draft, when it answers this very conversation; else the model is asked and heard as it speaks."""
        messages = case.messages()
        if self._draft is not None and self._draft.messages == messages:
            return self._draft.text
        return (await self._ask(self._model, [*messages, HumanMessage(WRITE)], voice.say)).text

    async def _corrected(self, case: Case, claims: Claims) -> Claims:
        """The model's second text, or the first when no other came."""
        told = CORRECT.format(numbers=", ".join(claims.unproven))
        try:
            reply = await self._ask(self._model, [*case.messages(), AIMessage(claims.text), HumanMessage(told)])
        except ModelFailed as failed:
            self._failure = str(failed)
            return claims
        again = read(reply.text, case)
        return again if again.sentences else claims

    async def _by_rules(self, case: Case, voice: Voice, note: str) -> Answer:
        await voice.break_off()
        answer = await self._rules.write(case, voice.say)
        return self._signed(replace(answer, notes=(*answer.notes, note)))

    def _signed(self, answer: Answer) -> Answer:
        """With what the run cost, and what went wrong on the way."""
        notes = answer.notes
        if self._failure and answer.brain == "model":
            notes = (*notes, f"The model did not correct its numbers ({self._failure})")
        if self._refused:
            notes = (*notes, f"Tool calls of the model that were wrong and not made: {self._refused}")
        return replace(answer, tokens_used=self._tokens, notes=notes)


def worded(rest: Answer, claims: Claims) -> Answer:
    """`rest` in the model's words."""
    return replace(
        rest,
        summary=claims.summary,
        findings=claims.findings,
        unknown=(*claims.unknown, *rest.unknown),
        brain="model",
    )
