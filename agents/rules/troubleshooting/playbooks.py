"""Playbooks: which causes an alert of one kind can have, and what would speak for and against each; read from files."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

FOLDER = Path(__file__).parents[2] / "playbooks"
GENERAL = "general"
Weight = Annotated[float, Field(gt=0, le=0.95)]
Whose: TypeAlias = Literal["own", "dependency", "it", "any"]
Words: TypeAlias = tuple[str, ...]


def filled_with(*known: str) -> AfterValidator:
    """Only these names stand in braces; any other would break the answer it is in."""

    def check(text: str) -> str:
        named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        if unknown := named - set(known):
            there = ", ".join(f"{{{name}}}" for name in known)
            raise ValueError(f"{{{min(unknown)}}} is not known here; there are {there}, and {{{{ for a brace")
        return text

    return AfterValidator(check)


Title: TypeAlias = Annotated[str, filled_with("it", "service", "subject")]
Template: TypeAlias = Annotated[str, filled_with("service", "instance")]


class Entry(BaseModel):
    """Unknown keys are refused: a sign that is misspelt would silently never be seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChangeSign(Entry):
    """A change not longer ago than `within_minutes` before the start, nearer ones weighing more."""

    sign: Literal["change"]
    weight: Weight
    kinds: Words = ()
    words: Words = ()
    whose: Whose = "it"
    within_minutes: int = Field(default=240, ge=1, le=10_080)


class MeasureSign(Entry):
    """A measure that moved: in this direction, by at least so much, to at least this much, before or with the start.

    With a `unit` ("percentunit" for shares) it is met by series in that unit only, so that a level means something.
    """

    sign: Literal["measure"]
    weight: Weight
    measure: str
    direction: Literal["higher", "lower", "either"] = "higher"
    least_relative: float = 0.2
    least_after: float | None = None
    most_after: float | None = None
    unit: str = ""
    whose: Whose = "own"
    before_onset: bool = True


class SteadySign(Entry):
    """A measure that was looked at and did not move, nor did those that are named with it."""

    sign: Literal["steady"]
    weight: Weight
    measure: str
    and_also: Words = ()
    whose: Whose = "own"


class PatternSign(Entry):
    """Error lines that hold one of these words and are new, or more than before. `{it}` stands for its name."""

    sign: Literal["pattern"]
    weight: Weight
    words: Words = ()
    states: tuple[Literal["new", "growing", "steady"], ...] = ("new", "growing")


class AlertSign(Entry):
    """Another alert that began before this one."""

    sign: Literal["alert"]
    weight: Weight
    names: Words = ("*",)
    whose: Whose = "it"
    within_minutes: int = Field(default=60, ge=1, le=1440)


class PrecedentSign(Entry):
    """A similar incident whose root cause holds one of these words."""

    sign: Literal["precedent"]
    weight: Weight
    words: Words
    least_score: float = 0.5


class TextSign(Entry):
    """Words that the alert itself says, in its name, summary or description."""

    sign: Literal["text"]
    weight: Weight
    words: Words


Sign: TypeAlias = Annotated[
    ChangeSign | MeasureSign | SteadySign | PatternSign | AlertSign | PrecedentSign | TextSign,
    Field(discriminator="sign"),
]


class Cause(Entry):
    """`each`: there is one hypothesis for every change, or for every service that this one depends on, which is
    what `it` means in its signs. `needs`: so many of the signs for it must be met, whatever they weigh."""

    id: str = Field(pattern=r"^[a-z_]+$")
    title: Title
    each: Literal["", "change", "dependency"] = ""
    needs: int = Field(default=1, ge=1, le=5)
    in_favour: tuple[Sign, ...] = Field(alias="for", min_length=1)
    against: tuple[Sign, ...] = ()
    advice: str = ""


class Command(Entry):
    """`{service}` and `{instance}` are put in. Only what reads is suggested without being asked for."""

    command: Template
    explanation: Template


class Playbook(Entry):
    """One kind of alert. It is chosen by the globs of names first, then by the words; `symptoms` are the measures that
    the alert is about itself, so they are never its cause."""

    name: str = Field(pattern=r"^[a-z_]+$")
    title: str
    alert_names: Words = ()
    words: Words = ()
    symptoms: Words = ()
    includes_general: bool = True
    causes: tuple[Cause, ...] = ()
    commands: tuple[Command, ...] = ()
    questions: Words = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every playbook by name, and what was wrong with the files that were left out."""

    playbooks: Mapping[str, Playbook]
    problems: tuple[str, ...] = ()
    order: tuple[str, ...] = field(default=())

    def for_alert(self, name: str, text: str) -> Playbook:
        """The first whose names fit, else the one with most of its words in the text, else the general one."""
        folded, said = name.lower(), f"{name} {text}".lower()
        for book in self.playbooks.values():
            if any(fnmatchcase(folded, glob.lower()) for glob in book.alert_names):
                return book
        scored = [(sum(word in said for word in book.words), book) for book in self.playbooks.values()]
        most = max(scored, key=lambda pair: pair[0], default=(0, None))
        return most[1] if most[0] and most[1] else self.playbooks[GENERAL]

    def causes_of(self, book: Playbook) -> tuple[Cause, ...]:
        """Its own, then the general ones that it does not have itself."""
        own = {cause.id for cause in book.causes}
        general = self.playbooks[GENERAL].causes if book.includes_general and book.name != GENERAL else ()
        return (*book.causes, *(cause for cause in general if cause.id not in own))


def load(folders: Iterable[Path] = ()) -> Shelf:
    """The house's playbooks, and those of `folders`, where a file takes the place of one of the same name.

    A file that cannot be read is left out and told in `problems`; the house's own stands in its place.
    """
    found: dict[str, Playbook] = {}
    problems: list[str] = []
    for folder in (FOLDER, *folders):
        if not folder.is_dir():
            problems.append(f"{folder} is no folder: no playbook was read from there")
        for path in sorted(folder.glob("*.toml")):
            try:
                book = Playbook.model_validate(tomllib.loads(path.read_text()))
            except (ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                problems.append(told(path, error))
            else:
                found[book.name] = book
    ordered = {name: found[name] for name in sorted(found, key=lambda name: (name == GENERAL, name))}
    return Shelf(ordered, tuple(problems))


def told(path: Path, error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{path.name} is left out: {error}"
    wrong = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)[:3]]
    return f"{path.name} is left out: {'; '.join(wrong)}"
