"""The names of the database, indexed by every form a person may write them in."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from domain.names import Names

Kind: TypeAlias = Literal["service", "alert", "team", "environment"]

PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W_]")
SHORTEST_TYPO, LONG_WORD = 4, 8
NEAREST = 3
NEAR_ENOUGH = 55


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """One name of the database."""

    kind: Kind
    name: str


Forms: TypeAlias = Mapping[str, tuple[Name, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameIndex:
    """`whole`: the parts of a name joined ("paymentservice"); `stems`: the same without plurals; `cores`: without words
    like "service" too ("payment"); `parts`: each part; `spellings`: every whole and core form, to find typos in."""

    version: int
    whole: Forms
    stems: Forms
    cores: Forms
    parts: Forms
    spellings: tuple[str, ...]
    services: tuple[str, ...]
    environments: tuple[str, ...]

    def containing(self, words: Sequence[str]) -> tuple[Name, ...]:
        """The names that have every one of these words (one at least) as a part."""
        stems = {stem(word) for word in words}
        rarest = min((self.parts.get(word, ()) for word in sorted(stems)), key=len)
        return tuple(name for name in rarest if stems <= {stem(part) for part in parts(name.name)})

    def misspelt(self, word: str) -> tuple[Name, ...]:
        """The names one slip away from `word`, two from a long one: the nearest, several when equally near."""
        if len(word) < SHORTEST_TYPO:
            return ()
        slips = 2 if len(word) >= LONG_WORD else 1
        near = process.extract(word, self.spellings, scorer=OSA.distance, score_cutoff=slips, limit=None)
        best = min((distance for _, distance, _ in near), default=0)
        forms = [form for form, distance, _ in near if distance == best]
        return tuple(sorted({name for form in forms for name in (self.whole.get(form) or self.cores[form])}))

    def service(self, word: str, generic: frozenset[str]) -> str | None:
        """The one service that is called so but for words like "service"."""
        named = [name.name for name in self.cores.get(core(parts(word), generic), ()) if name.kind == "service"]
        return named[0] if len(named) == 1 else None

    def nearest(self, word: str) -> tuple[str, ...]:
        """Up to three services spelt somewhat like `word`, the most alike first."""
        near = process.extract(word, self.services, scorer=fuzz.ratio, score_cutoff=NEAR_ENOUGH, limit=NEAREST)
        return tuple(service for service, _, _ in near)


def build(names: Names, generic: frozenset[str]) -> NameIndex:
    """The index of all names; about 10 microseconds a name."""
    listed = [
        *(Name("service", name) for name in dict.fromkeys((*names.services, *names.applications))),
        *(Name("alert", name) for name in names.alerts),
        *(Name("team", name) for name in names.teams),
        *(Name("environment", name) for name in names.environments),
    ]
    cut = [(name, parts(name.name)) for name in listed]
    whole = gather(("".join(words), name) for name, words in cut)
    cores = gather((core(words, generic), name) for name, words in cut)
    return NameIndex(
        version=names.version,
        whole=whole,
        stems=gather(("".join(map(stem, words)), name) for name, words in cut),
        cores=cores,
        parts=gather((stem(word), name) for name, words in cut for word in dict.fromkeys(words)),
        spellings=tuple(dict.fromkeys((*whole, *cores))),
        services=names.services,
        environments=names.environments,
    )


def gather(pairs: Iterable[tuple[str, Name]]) -> Forms:
    found: dict[str, list[Name]] = {}
    for form, name in pairs:
        found.setdefault(form, []).append(name)
    return {form: tuple(named) for form, named in found.items()}


def parts(name: str) -> tuple[str, ...]:
    """The words a name is made of: `PaymentService`, `payment-service` and `payment_service` are all two."""
    return tuple(part.casefold() for part in PART.findall(name)) or (name.casefold(),)


def core(words: Iterable[str], generic: frozenset[str]) -> str:
    """The stems joined, without words that only say what kind of thing it is; those too when there is nothing else."""
    stems = [stem(word) for word in words]
    return "".join(word for word in stems if word not in generic) or "".join(stems)


def stem(word: str) -> str:
    """The word without its plural: "payments" is "payment", "queries" is "query", "redis" and "access" stay."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
