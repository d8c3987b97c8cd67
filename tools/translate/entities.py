"""Which label values a question names: whole values first, then what a generated name or an address begins with."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from tools.grafana.promql import literal
from tools.translate.catalogue import NAMING, Labels
from tools.translate.lexicon import lexicon
from tools.translate.reading import STATUS, Asked

LONGEST = 4
LIKE = 84
VERBS = frozenset({"does", "is", "has", "was", "did"})
LEADS = frozenset(
    {"of", "for", "on", "in", "to", "from", "by", "at", "does", "is", "has", "was", "did", "between", "with"}
)
# Values that ordinary words are: they name something only beside the thing they are.
PLAIN = frozenset(
    {
        "true",
        "false",
        "unknown",
        "ok",
        "get",
        "list",
        "node",
        "all",
        "none",
        "default",
        "total",
        "other",
        "on",
        "used",
        "up",
        "down",
        "running",
        "update",
        "user",
        "cart/",
    }
)


@dataclass(frozen=True, slots=True)
class Named:
    """A value that is named at some places. `is_pattern`: the value is a regular expression."""

    label: str
    value: str
    places: frozenset[int]
    is_pattern: bool = False
    near_to: str = ""


def named(asked: Asked, labels: Labels, preferred: Sequence[str], taken: Collection[int]) -> list[Named]:
    """The values of `labels` that the words name outside `taken`, in reading order; of several labels the first of
    `preferred` that has the value."""
    found: list[Named] = []
    used = set(taken)
    index = index_of(labels)
    for first, last in ranges(len(asked.words)):
        places = frozenset(range(first, last))
        if places & used or any(STATUS.fullmatch(asked.lower(at)) for at in places):
            continue
        hint = hinted(asked, first, last)
        match = exact(asked, first, last, index, (hint, preferred)) or begun(
            asked, first, last, labels, (hint, preferred)
        )
        if match:
            found.append(match)
            used |= places
    return sorted(found, key=lambda item: min(item.places))


def ranges(count: int) -> Iterator[tuple[int, int]]:
    """The longest first, then in reading order."""
    for length in range(min(LONGEST, count), 0, -1):
        for first in range(count - length + 1):
            yield first, first + length


def index_of(labels: Labels) -> dict[str, list[tuple[str, str]]]:
    """A value in lower case -> the labels that have it, with how they write it."""
    index: dict[str, list[tuple[str, str]]] = {}
    for label in sorted(labels):
        for value in sorted(labels[label]):
            index.setdefault(value.casefold(), []).append((label, value))
    return index


def hinted(asked: Asked, first: int, last: int) -> tuple[str, ...]:
    """The labels of the thing named beside the words: "namespace shop", "the invoices queue"."""
    for at in (first - 1, last):
        if 0 <= at < len(asked.words) and lexicon().is_thing(asked.lower(at)) and asked.lower(at) != "disk":
            return lexicon().labels_for(asked.lower(at))
    return ()


def exact(
    asked: Asked,
    first: int,
    last: int,
    index: dict[str, list[tuple[str, str]]],
    order: tuple[Sequence[str], Sequence[str]],
) -> Named | None:
    words = [asked.lower(at).strip('"“”') for at in range(first, last)]
    if not may_name(asked, first, last, order[0]):
        return None
    for joined in dict.fromkeys((" ".join(words), "-".join(words), "_".join(words), "".join(words))):
        choices = index.get(joined)
        if choices:
            label, value = min(choices, key=lambda pair: rank(pair[0], order))
            return Named(label, value, frozenset(range(first, last)))
    return None


def may_name(asked: Asked, first: int, last: int, hint: Sequence[str]) -> bool:
    """Whether the words may be a name at all: ordinary ones only beside the thing they name."""
    words = [asked.lower(at) for at in range(first, last)]
    if all(word in lexicon().noise or word in PLAIN for word in words):
        return bool(hint) and not any(lexicon().is_thing(word) or word in lexicon().noise for word in words)
    return len(words) == 1 or not (words[0] in lexicon().noise or words[-1] in lexicon().noise)


def begun(
    asked: Asked, first: int, last: int, labels: Labels, order: tuple[Sequence[str], Sequence[str]]
) -> Named | None:
    """Values a word is only the telling part of: pods of a deployment, hosts with a port, addresses of a site."""
    word = asked.lower(first).strip('"“”')
    if last - first > 1 or len(word) < 3 or first not in asked.free:
        return None
    for label in sorted(labels, key=lambda name: rank(name, order)):
        whole = sorted(value for value in labels[label] if is_begun(label, word, value.casefold()))
        if len(whole) == 1 and label != "pod":
            return Named(label, whole[0], frozenset({first}))
        if whole:
            pattern = f"{literal(word)}-.*" if label == "pod" else "|".join(literal(value) for value in whole)
            return Named(label, pattern, frozenset({first}), is_pattern=True)
    return None


def is_begun(label: str, word: str, value: str) -> bool:
    if label == "pod":
        return value.startswith(f"{word}-")
    if label in ("instance", "target", "url", "host"):
        return (
            value.startswith((f"{word}:", f"{word}."))
            or value.rsplit("://", maxsplit=1)[-1].split("/", maxsplit=1)[0] == word
        )
    return False


def rank(label: str, order: tuple[Sequence[str], Sequence[str]]) -> tuple[int, int, int, str]:
    """Lower comes first: hinted labels, preferred ones, those that name things, then by letter."""
    hint, preferred = order
    return place(label, hint), place(label, preferred), place(label, NAMING), label


def place(label: str, labels: Sequence[str]) -> int:
    return labels.index(label) if label in labels else len(labels)


def near(asked: Asked, values: Iterable[str], taken: Collection[int]) -> Named | None:
    """The one value that a word where a name must stand is nearly: "chekout", "auth api service"."""
    known = sorted(set(values))
    for at in doubtful(asked, taken):
        matches = process.extract(asked.lower(at), known, scorer=fuzz.ratio, score_cutoff=LIKE, limit=2)
        if matches and (len(matches) == 1 or matches[0][1] > matches[1][1]):
            return Named("", matches[0][0], frozenset({at}), near_to=asked.words[at])
    return None


def doubtful(asked: Asked, taken: Collection[int]) -> list[int]:
    """Places of words that nothing has read and that stand where a name does."""
    return [at for at in sorted(asked.free) if at not in taken and is_placed(asked, at)]


def is_placed(asked: Asked, at: int) -> bool:
    before = asked.lower(at - 1) if at else ""
    after = asked.lower(at + 1) if at + 1 < len(asked.words) else ""
    skip = {"the", "service", "app", "application", "pod", "namespace", "our", "my"}
    lead = asked.lower(at - 2) if before in skip and at > 1 else before
    if asked.is_alert and (lead in VERBS or at >= asked.headline):
        return False  # "the cache is cold", and what a second sentence adds, name nothing
    return (
        lead in LEADS
        or (before in skip and before not in ("the", "our", "my"))
        or after in {"service", "app", "namespace", "pod", "pods"}
    )
