"""What a model's text claims, sentence by sentence: which results it cites, and which numbers they do not show."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agents.answer import Finding, Unknown
from agents.model.conversation import Case
from agents.numbers import Ground, has_numbers
from tools.spec import ToolResult

CITATION = re.compile(r"\s{0,3}[\[(]\s{0,3}e\d{1,3}(?:\s{0,3}[,;]\s{0,3}e?\d{1,3})*\s{0,3}[\])]", re.IGNORECASE)
AFTER_STOP = re.compile(r"([.!?])((?:\s{0,3}\[e\d{1,3}[^\]\n]*\])+)", re.IGNORECASE)
MARKS = re.compile(r"^\s*(?:[-*•>]\s+|\d{1,3}[.)]\s+)+")
SKIPPED = re.compile(r"^\s*(?:#|```|\|?[\s:|-]*$)")
STOP = re.compile(r"(?<=[.!?])\s+(?=[\"'`(\[]*[A-Z0-9])")
UNKNOWN = re.compile(r"^unknown:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence without its citations. `results` are those it rests on, `unproven` its numbers they do not show,
    `failed` the cited results that support no claim. `is_open` when it says what could not be established ("Unknown:",
    which `text` leaves out)."""

    text: str
    results: tuple[ToolResult, ...]
    unproven: tuple[str, ...]
    failed: tuple[ToolResult, ...]
    is_cited: bool
    is_open: bool

    @property
    def executions(self) -> tuple[str, ...]:
        return tuple(str(result.execution_id) for result in self.results if result.execution_id)

    def finding(self) -> Finding | None:
        """The claim it makes; None when nothing proves it."""
        if self.unproven or self.is_open or not self.executions:
            return None
        certain = self.is_cited and has_numbers(self.text)
        return Finding(text=self.text, executions=self.executions, confidence="certain" if certain else "likely")

    def unknown(self) -> Unknown | None:
        """What it leaves open, in words that say why."""
        if self.unproven:
            numbers = " and ".join(self.unproven)
            words = f"the number {numbers} is" if len(self.unproven) == 1 else f"the numbers {numbers} are"
            return Unknown(what=self.text, why=f"{words} in none of the results")
        if self.failed and not self.results:
            why = "; ".join(f"{one.tool}: {one.error or one.cut or one.status}" for one in self.failed)
            return Unknown(what=self.text, why=why)
        return Unknown(what=self.text, why="no result settles it") if self.is_open else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """A text of the model, read. `text` is as written; `summary` needs at least one sentence."""

    text: str
    sentences: tuple[Sentence, ...]

    @property
    def summary(self) -> str:
        first = self.sentences[0]
        return f"Not established: {first.text}" if first.is_open else first.text

    @property
    def unproven(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(number for sentence in self.sentences for number in sentence.unproven))

    @property
    def proven_text(self) -> str:
        """The text, without the sentences that hold an unproven number."""
        kept = " ".join(sentence.text for sentence in self.sentences if not sentence.unproven)
        return kept if self.unproven else self.text

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(found for sentence in self.sentences if (found := sentence.finding()))

    @property
    def unknown(self) -> tuple[Unknown, ...]:
        return tuple(left for sentence in self.sentences if (left := sentence.unknown()))


def read(text: str, case: Case) -> Claims:
    """The claims of `text`, its numbers checked against the results it cites, or all where it cites none."""
    checker = Checker(case)
    return Claims(text=text, sentences=tuple(checker.sentence(words) for words in split(text)))


def split(text: str) -> Iterator[str]:
    """Sentences with their citations; headings, rules and fences are none. A citation after the full stop belongs to
    the sentence before it."""
    for line in text.replace("**", "").splitlines():
        if not SKIPPED.match(line):
            yield from STOP.split(AFTER_STOP.sub(r"\2\1", MARKS.sub("", line)).strip())


class Checker:
    """Reads sentences against the results of one case; each choice of results is read once."""

    def __init__(self, case: Case) -> None:
        self._results = tuple(one.result for one in case.gathered)
        self._question = case.question
        self._grounds: dict[tuple[int, ...], Ground] = {}

    def sentence(self, words: str) -> Sentence:
        text = CITATION.sub("", words).strip()
        citations = CITATION.findall(words)
        named = self.cited(citations) if citations else tuple(range(len(self._results)))
        usable = tuple(at for at in named if self._results[at].supports_claims)
        return Sentence(
            text=UNKNOWN.sub("", text),
            results=self.pick(usable if citations else self.alone(text, usable)),
            unproven=self.unproven(text, usable),
            failed=self.pick(at for at in named if at not in usable) if citations else (),
            is_cited=bool(citations),
            is_open=bool(UNKNOWN.match(text)),
        )

    def cited(self, citations: Sequence[str]) -> tuple[int, ...]:
        """Positions of the results that `[e1, e3]` names; a number beyond what was gathered names none."""
        numbers = dict.fromkeys(int(number) for citation in citations for number in re.findall(r"\d+", citation))
        return tuple(number - 1 for number in numbers if 0 < number <= len(self._results))

    def alone(self, text: str, positions: tuple[int, ...]) -> tuple[int, ...]:
        """What a sentence without citations rests on: the first result that shows all its numbers, or all results;
        nothing when it has no numbers."""
        if not has_numbers(text):
            return ()
        return next(((at,) for at in positions if not self.unproven(text, (at,))), positions)

    def unproven(self, text: str, positions: tuple[int, ...]) -> tuple[str, ...]:
        if positions not in self._grounds:
            self._grounds[positions] = Ground.of(self.pick(positions), self._question.zone, self._question.text)
        return self._grounds[positions].unsupported(text)

    def pick(self, positions: Iterable[int]) -> tuple[ToolResult, ...]:
        return tuple(self._results[at] for at in positions)
