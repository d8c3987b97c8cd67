"""Which names of the database a question speaks of: whole names first, then near ones, and what is no name at all."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from agents.rules.index import Kind, Name, NameIndex, core, parts, stem
from agents.rules.lexicon import Words
from agents.rules.text import Text

LONGEST_NAME = 7
KINDS: tuple[Kind, ...] = ("service", "alert", "environment")
PLACING = ("on", "for")
VERB_FORMS = ("ed", "ing", "ly")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Names read at the tokens `first..last` (exclusive). `is_near` when not spelt as in the database."""

    kind: Kind
    names: tuple[str, ...]
    first: int
    last: int
    is_near: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Words where a name stands that fit no name (`candidates` only resemble them) or several equally well."""

    words: str
    candidates: tuple[str, ...]
    first: int
    kind: Kind = "service"
    fits_several: bool = False


@dataclass(slots=True)
class NameReader:
    """Reads the names of one text; the tokens it reads are marked as used."""

    text: Text
    index: NameIndex
    words: Words
    found: list[Named] = field(default_factory=list[Named])
    doubts: list[Doubt] = field(default_factory=list[Doubt])

    def read_whole(self) -> None:
        """Names spelt as in the database but for case, hyphens and blanks, the longest first."""
        for first, last in self.ranges():
            names = self.index.whole.get(self.text.joined(first, last), ())
            if names and self.is_meant(first, last):
                self.take(first, last, names)

    def read_placed(self) -> None:
        """Families, plurals and short forms straight after "on" or "for": "alerts for users" are those of users-api.

        There even an ordinary word can be a name in the other number: "alerts on order" are those of orders.
        """
        for read, can_be_speech in ((self.family, False), (self.plural, True), (self.short, False)):
            for first, last in self.ranges():
                is_name = not self.is_speech(first, last) or (can_be_speech and not self.is_reserved(first, last))
                if is_name and self.lead(first) in PLACING:
                    read(first, last)

    def read_near(self) -> None:
        """Families ("API services"), plurals, short forms, typos and teams, each only where a name may stand."""
        for read in (self.family, self.plural, self.short, self.typo, self.team):
            for first, last in self.ranges():
                if not self.is_speech(first, last) and self.may_stand(first, last):
                    read(first, last)

    def read_unknown(self) -> None:
        """Doubts about words where a name is meant but none is known."""
        for first, last in self.text.whole_words():
            if self.text.is_free(first, last) and not self.is_speech(first, last) and self.is_naming(first, last):
                words = self.text.written(first, last)
                near = self.index.nearest(words)
                self.doubts.append(Doubt(words=words, candidates=near, first=first))

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Free ranges of whole words, the longest first, then in reading order."""
        count = len(self.text.tokens)
        for length in range(min(LONGEST_NAME, count), 0, -1):
            for first in range(count - length + 1):
                if self.text.is_free(first, first + length) and self.text.is_whole(first, first + length):
                    yield first, first + length

    def family(self, first: int, last: int) -> None:
        if self.text.word(last) in self.words.plural and not self.is_list(first):
            names = [name for name in self.index.containing(self.spoken(first, last)) if name.kind == "service"]
            if names:
                self.text.use(last, last + 1)
                self.take(first, last, tuple(names), is_family=True)

    def plural(self, first: int, last: int) -> None:
        joined = "".join(stem(word) for word in self.spoken(first, last))
        self.take(first, last, self.index.stems.get(joined, ()))

    def short(self, first: int, last: int) -> None:
        """Names without their "service", then names that contain the words as parts."""
        spoken = self.spoken(first, last)
        names = self.index.cores.get(core(spoken, self.words.generic), ())
        self.take(first, last, names or self.containing(first, last))

    def containing(self, first: int, last: int) -> tuple[Name, ...]:
        names = self.index.containing(self.spoken(first, last))
        kinds = ("team",) if self.is_team(first, last) else ("service",)
        return tuple(name for name in names if name.kind in kinds)

    def team(self, first: int, last: int) -> None:
        """A team called without the word: only when no service fits."""
        names = self.index.whole.get(self.text.joined(first, last), ())
        self.take(first, last, names, is_team=True)

    def typo(self, first: int, last: int) -> None:
        """A slip of the keys; another number, or a part more or less, is another name."""
        written = self.text.joined(first, last)
        near = [name for name in self.index.misspelt(written) if digits(name.name) == digits(written)]
        same = [name for name in near if last - first in (1, len(parts(name.name)))]
        self.take(first, last, tuple(same))

    def take(
        self, first: int, last: int, names: tuple[Name, ...], *, is_family: bool = False, is_team: bool = False
    ) -> None:
        """Keep the names of the likeliest kind, or a doubt when several fit equally well."""
        kind, fitting = likeliest(names, is_team=is_team or self.is_team(first, last))
        if not fitting:
            return
        self.text.use(first, last)
        if len(fitting) > 1 and not is_family:
            words = self.text.written(first, last)
            self.doubts.append(Doubt(words=words, candidates=fitting, first=first, kind=kind, fits_several=True))
            return
        is_near = self.text.joined(first, last) not in {"".join(parts(name)) for name in fitting}
        self.found.append(Named(kind=kind, names=fitting, first=first, last=last, is_near=is_near))

    def spoken(self, first: int, last: int) -> list[str]:
        return [token.word for token in self.text.tokens[first:last]]

    def is_team(self, first: int, last: int) -> bool:
        return "team" in (self.text.word(first - 1), self.text.word(last)) or self.text.word(last) == "teams"

    def is_list(self, first: int) -> bool:
        return self.text.word(first - 1) in ("and", "or") or "," in self.text.between(first)

    def is_speech(self, first: int, last: int) -> bool:
        """Whether the range is ordinary words or a number; a hyphenated word never is."""
        spoken = self.spoken(first, last)
        if self.text.tokens[first].starts and not self.text.tokens[first].ends:
            return spoken[0].isdigit()
        return any(word.isdigit() or self.words.is_ordinary(word) for word in spoken)

    def is_meant(self, first: int, last: int) -> bool:
        """Whether a name spelt like ordinary words is meant as one: `search`, `orders`, `alerts`."""
        if self.is_team(first, last) or any(not self.words.is_ordinary(word) for word in self.spoken(first, last)):
            return True
        if self.is_reserved(first, last):
            return self.is_beside_generic(first, last)
        return self.may_stand(first, last) and (first > 0 or self.is_no_verb(last))

    def is_no_verb(self, last: int) -> bool:
        """Whether the words a question begins with are no request: "orders alerts", and not "list alerts".

        A word that is as much a name, before what is recorded of a service, is one unless another is named: "search
        MTTR", and not "search postmortems", "search alerts on auth" or "search incidents with timeouts".
        """
        follower = self.text.word(last)
        if self.text.word(0) not in self.words.requests or follower in self.words.generic:
            return True
        is_described = self.text.word(last + 1) in self.words.describing
        is_owned = follower in self.words.after and follower not in self.words.sought and not is_described
        return self.text.word(0) in self.words.twofold and is_owned and not self.names_another(last)

    def names_another(self, first: int) -> bool:
        """Whether a word from `first` on stands where a name does and is no ordinary one, nor an environment."""
        places = range(first, len(self.text.tokens))
        placed = [at for at in places if self.lead(at) in self.words.before and not self.is_speech(at, at + 1)]
        return any(self.text.word(at) not in self.index.environments for at in placed)

    def is_reserved(self, first: int, last: int) -> bool:
        """Whether questions are made of one of these words."""
        return any(word in self.words.reserved for word in self.spoken(first, last))

    def is_beside_generic(self, first: int, last: int) -> bool:
        """Whether "service" or its like stands beside: behind, or before without being another name's already."""
        is_taken = any(named.last == first - 1 for named in self.found)
        is_behind = self.text.word(first - 1) in self.words.generic and not is_taken
        return is_behind or self.text.word(last) in self.words.generic

    def may_stand(self, first: int, last: int) -> bool:
        return (
            self.lead(first) in self.words.before
            or self.follows(last)
            or self.is_beside_generic(first, last)
            or self.is_listed(first)
        )

    def is_naming(self, first: int, last: int) -> bool:
        """Whether nothing but a name can be meant here, so that not knowing it must be said."""
        lead = self.lead(first)
        if self.is_beside_generic(first, last) or self.is_listed(first) or last - first > 1:
            return True
        if lead in self.words.helping and self.follows(last):
            return True
        if lead in self.words.helping and self.text.joined(first, last).endswith(VERB_FORMS):
            return False
        return lead in self.words.naming or self.follows(last)

    def is_listed(self, first: int) -> bool:
        """Whether the words continue a list of names: "payment, checkout"."""
        return any(mark in self.text.between(first) for mark in ",/") and any(
            named.last == first for named in self.found
        )

    def lead(self, first: int) -> str:
        """The word before, passing over articles and the kind of thing: "on the payment" is led by "on"."""
        at = first - 1
        while at >= 0 and self.text.word(at) in self.words.skip and self.text.word(at - 1) in self.words.before:
            at -= 1
        return self.text.word(at)

    def follows(self, last: int) -> bool:
        return self.text.word(last) in self.words.after or self.text.word(last) in self.words.plural


def likeliest(names: tuple[Name, ...], *, is_team: bool) -> tuple[Kind, tuple[str, ...]]:
    """The first kind that has any of the names, and those of it. A team has to be called one."""
    order: tuple[Kind, ...] = ("team", *KINDS) if is_team else KINDS
    for kind in order:
        of_kind = tuple(name.name for name in names if name.kind == kind)
        if of_kind:
            return kind, of_kind
    return "service", ()


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
