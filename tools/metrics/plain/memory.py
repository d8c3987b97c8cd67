"""What is remembered between questions in plain words: catalogues, translations, and how the translations ended."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

from tools.translate.answers import Translation, Untranslated
from tools.translate.catalogue import Labels, LogCatalogue, MetricCatalogue

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Ending: TypeAlias = Literal["success", "cached", "refused"]

MOST_CATALOGUES, MOST_VIEWS, MOST_TRANSLATIONS = 32, 256, 1000


class Count(Protocol):
    """Told of every translation: into which language, and how it ended."""

    def __call__(self, language: str, ending: Ending) -> None: ...


def uncounted(language: str, ending: Ending) -> None:
    """Nobody counts."""


class Newest(Generic[K, V]):
    """The values used last, at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key]

    def keep(self, key: K, value: V) -> V:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._kept)


@dataclass(frozen=True, slots=True)
class View:
    """What one question may know of a source; `version` is equal when all of it is."""

    version: str
    metrics: MetricCatalogue = field(default_factory=lambda: MetricCatalogue({}))
    logs: LogCatalogue = field(default_factory=LogCatalogue)


@dataclass(slots=True, kw_only=True)
class Known:
    """What one datasource has for whoever sees the same. `labels` and `series` are of the metrics asked for so far,
    `views` what single questions were given of it."""

    loaded_at: datetime | None = None
    types: MetricCatalogue = field(default_factory=lambda: MetricCatalogue({}))
    labels: dict[str, Labels] = field(default_factory=dict[str, Labels])
    series: dict[str, int] = field(default_factory=dict[str, int])
    asked: set[str] = field(default_factory=set[str])
    views: Newest[str, View] = field(default_factory=lambda: Newest[str, View](MOST_VIEWS))
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True, kw_only=True)
class Memory:
    """Of one process."""

    count: Count = uncounted
    catalogues: Newest[str, Known] = field(default_factory=lambda: Newest[str, Known](MOST_CATALOGUES))
    translations: Newest[str, Translation | Untranslated] = field(
        default_factory=lambda: Newest[str, Translation | Untranslated](MOST_TRANSLATIONS)
    )
