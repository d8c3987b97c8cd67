"""The model's brain: it asks for tools and writes, under the rules' eyes; when it fails the rules go on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage

from agents.answer import Answer
from agents.brain import Brain, Call, Emit, Gathered, Offer, Question, Understanding
from agents.model import deeds, offering, proposals
from agents.model.asking import ModelFailed
from agents.model.claims import Claims, read
from agents.model.conversation import Case, tried
from agents.model.proposals import MAX_ROUNDS, PROPOSED, Toolbox
from agents.model.standby import Standby
from agents.model.succession import Candidate, Succession
from agents.model.voice import Voice
from tools.spec import Pillar

MAX_CORRECTIONS = 2
RUN = "run"  # what is run, and what came of it, is told by rules alone
WRITE = "Answer now, from these results alone."
CORRECT = (
    "These numbers are in none of the results you cite: {numbers}. Write the whole answer again: use the numbers of "
    "the results, cite the result that shows each, and leave out what none shows."
)
UNANSWERED = "The model did not answer ({failed}), the rules took over"
UNPROVEN = "The model's summary held a number that is in none of the results, the rules took over"
BOASTED = "The model told of a change that nobody made, the rules took over"
PLANNED = "The model planned this, the rules wrote what came of it"
BY_RULES = "The rules planned and wrote this, not the model"


class Unproven(ModelFailed):
    """The model's summary holds a number that is in none of the results, also after it was told."""

    def __init__(self, claims: Claims) -> None:
        super().__init__("it invented a number")
        self.claims = claims


class Boasted(ModelFailed):
    """The model told of a change, and only reads stood behind its words."""

    def __init__(self) -> None:
        super().__init__("it told of a change that nobody made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the model wrote instead of asking for more, checked, and the conversation it answers."""

    messages: list[BaseMessage]
    claims: Claims


class ModelBrain:
    """A brain of one run: make a new one for each. It keeps what the run has cost and whether the model failed in it,
    after which it is not asked again; and the model's draft, valid for exactly the conversation it was written for.
    Losing all that (another process resumes the run) costs one more question to the model.

    In revive a call of a tool that changes something is a proposal, and what came of it is told by rule; the model's
    own words stand only where nothing but reads was made and wanted.
    """

    name: Literal["rules", "model"] = "model"

    def __init__(self, model: BaseChatModel | Succession, fallback: Brain, deadline_seconds: float = 60) -> None:
        """`deadline_seconds` bounds each reply of a model that stands alone, the client's own retries included."""
        if not isinstance(model, Succession):
            model = Succession([Candidate(name="", model=model, deadline_seconds=deadline_seconds)])
        self._models = model
        self._fallback = fallback
        self._rules = Standby(fallback)
        self._failed: ModelFailed | None = None
        self._draft: Draft | None = None
        self._turns = 0
        self._tokens = 0
        self._refused = 0

    async def understand(self, question: Question) -> Understanding:
        """The rules' understanding, as a hint; what they cannot answer is a query that the model may try."""
        return tried(await self._fallback.understand(question), question.pillar)

    async def plan(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], offer: Offer
    ) -> Sequence[Call]:
        """The model's next calls, each sound and new; none when it has written its text, or after MAX_ROUNDS.

        The rules' own calls join those of the last round, so that they can write should the model not come to an end,
        and stand for the model's when it failed, got no call right, or would answer without having looked.
        In revive they also join wherever the rules read a change, and stand where the person may not use their tools.
        """
        case = self._case(question, understood, gathered)
        if deeds.is_decided(case):
            return ()
        rules = await self._rules.plan(case, offer)
        if question.pillar is Pillar.TROUBLESHOOTING:
            if understood.intent == RUN or self._has_written(case):
                return rules
            offer = Offer(tools=tuple(spec for spec in offer.tools if spec.is_read))
        self._turns += 1
        if self._failed or offering.is_closed(case, rules, offer):
            return rules
        try:
            return await self._choose(case, offer, rules)
        except ModelFailed as failed:
            self._failed = failed
            return rules

    def _case(self, question: Question, understood: Understanding, gathered: Sequence[Gathered]) -> Case:
        is_alert = question.pillar is Pillar.TROUBLESHOOTING
        diagnosis = self._fallback.diagnose(question, gathered) if is_alert else {}
        return Case(question=question, understood=understood, gathered=tuple(gathered), diagnosis=diagnosis)

    def _has_written(self, case: Case) -> bool:
        """Whether the draft answers this very conversation: nothing more is to be looked up."""
        return self._draft is not None and self._draft.messages == case.messages()

    def parts(self, question: Question, understood: Understanding) -> Sequence[str]:
        return self._fallback.parts(question, understood)

    def diagnose(self, question: Question, gathered: Sequence[Gathered]) -> dict[str, Any]:
        """The rules' own, whatever the model thinks."""
        return self._fallback.diagnose(question, gathered)

    async def write(
        self, question: Question, understood: Understanding, gathered: Sequence[Gathered], emit: Emit
    ) -> Answer:
        """The model's answer with every number checked, or the rules' where it failed; `notes` say which and why.

        An answer that breaks off half-way is ended with a line break, then the rules' follows.
        """
        if understood.kind != "query":
            return await self._fallback.write(question, understood, gathered, emit)
        case = self._case(question, understood, gathered)
        if question.pillar is Pillar.TROUBLESHOOTING and understood.intent == RUN:
            return self._signed(await self._fallback.write(question, understood, gathered, emit))
        if deeds.made(case):
            return await self._told(case, emit)
        if offering.asks_change(case):
            return await self._reported(case, emit)
        voice = Voice(emit)
        try:
            claims = await self._claims(case, voice)
        except ModelFailed as failed:
            return await self._by_rules(case, voice, failed)
        await voice.settle(claims.proven_text)
        answer = self._signed(worded(await self._rules.rest(case), claims))
        return deeds.unchanged(answer, case) if question.pillar is Pillar.REVIVE else answer

    async def _told(self, case: Case, emit: Emit) -> Answer:
        """What came of the model's proposals, its summary and then each finding said as they stand."""
        answer = deeds.told(case)
        await emit(answer.summary)
        for finding in answer.findings:
            await emit(f"\n{finding.text}")
        return self._signed(replace(answer, notes=(PLANNED,)))

    async def _reported(self, case: Case, emit: Emit) -> Answer:
        """What came of a change that the rules read and planned, or why none was."""
        answer = await self._rules.report(case, emit)
        note = UNANSWERED.format(failed=self._failed) if self._failed else BY_RULES
        return self._signed(replace(answer, notes=(*answer.notes, note)))

    async def _choose(self, case: Case, offer: Offer, rules: Sequence[Call]) -> Sequence[Call]:
        """Raises ModelFailed."""
        if proposals.rounds(case.gathered) >= MAX_ROUNDS:
            return ()
        toolbox = Toolbox.of(offering.chosen(case, offer))
        messages = case.messages()
        for _ in range(1 + MAX_CORRECTIONS):
            reply = await self._ask(messages, toolbox.schemas() if toolbox.specs else ())
            proposed = proposals.read(reply, toolbox, case.gathered)
            if not proposed:
                return await self._answered(case, reply.text, rules)
            self._refused += sum(bool(one.problem) for one in proposed)
            if calls := proposals.calls(proposed, toolbox, rules):
                joining = self._joining(case, calls, rules, is_change=offering.is_change(rules, offer))
                return (*calls, *(call for call in joining if call not in calls))
            messages += proposals.refusals(proposed)
        return rules

    def _joining(self, case: Case, calls: Sequence[Call], rules: Sequence[Call], *, is_change: bool) -> Sequence[Call]:
        """The rules' calls that are made beside these; changes are never mixed. Raises ModelFailed for a model that
        still only reads when it should have proposed."""
        is_last = self._turns == MAX_ROUNDS
        if calls[0].label == PROPOSED:
            return ()
        if is_change and is_last:
            raise ModelFailed("it came to no end")
        return rules if not is_change and (is_last or offering.asks_change(case)) else ()

    async def _answered(self, case: Case, text: str, rules: Sequence[Call]) -> Sequence[Call]:
        """No calls, for the text is the draft; the rules' calls, when nothing was looked up yet.

        Raises ModelFailed, also for words where a change is wanted.
        """
        if offering.asks_change(case):
            raise ModelFailed("it proposed nothing")
        if rules and not case.gathered:
            return rules
        self._draft = Draft(messages=case.messages(), claims=await self._checked(case, text))
        return ()

    async def _ask(
        self, messages: Sequence[BaseMessage], schemas: Sequence[dict[str, Any]] = (), emit: Emit | None = None
    ) -> AIMessageChunk:
        reply = await self._models.ask(messages, schemas, emit)
        self._tokens += reply.usage_metadata["total_tokens"] if reply.usage_metadata else 0
        return reply

    async def _claims(self, case: Case, voice: Voice) -> Claims:
        """The draft, when it answers this very conversation; else the model is asked and heard as it speaks,
        in revive once its words were checked.

        Raises ModelFailed.
        """
        messages = case.messages()
        if self._draft is not None and self._draft.messages == messages:
            return self._draft.claims
        if self._failed:
            raise self._failed
        speak = None if case.question.pillar is Pillar.REVIVE else voice.say
        reply = await self._ask([*messages, HumanMessage(WRITE)], emit=speak)
        return await self._checked(case, reply.text)

    async def _checked(self, case: Case, text: str) -> Claims:
        """The text as claims, corrected once where numbers were unproven; the first sentence is proven.

        Raises ModelFailed for a text without a sentence, Unproven, Boasted.
        """
        claims = read(text, case)
        if not claims.sentences:
            raise ModelFailed("an empty answer")
        if claims.unproven:
            claims = await self._corrected(case, claims)
        if case.question.pillar is Pillar.REVIVE and deeds.boasts(claims):
            raise Boasted
        if claims.sentences[0].unproven:
            raise Unproven(claims)
        return claims

    async def _corrected(self, case: Case, claims: Claims) -> Claims:
        """The model's second text, or the first when no other came."""
        told = CORRECT.format(numbers=", ".join(claims.unproven))
        try:
            reply = await self._ask([*case.messages(), AIMessage(claims.text), HumanMessage(told)])
        except ModelFailed as failed:
            self._failed = failed
            return claims
        again = read(reply.text, case)
        return again if again.sentences else claims

    async def _by_rules(self, case: Case, voice: Voice, failed: ModelFailed) -> Answer:
        await voice.break_off()
        answer = await self._rules.write(case, voice.say)
        match failed:
            case Unproven():
                note, unknown = UNPROVEN, failed.claims.unknown
            case Boasted():
                note, unknown = BOASTED, ()
            case _:
                note, unknown = UNANSWERED.format(failed=failed), ()
        return self._signed(replace(answer, notes=(*answer.notes, note), unknown=(*unknown, *answer.unknown)))

    def _signed(self, answer: Answer) -> Answer:
        """With what the run cost, and what went wrong on the way."""
        notes = answer.notes
        if self._failed and answer.brain == "model":
            notes = (*notes, f"The model did not correct its numbers ({self._failed})")
        if self._models.passed:
            notes = (*notes, f"Models that did not answer: {', '.join(self._models.passed)}")
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
