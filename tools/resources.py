"""What handlers reach beyond our own database: opened by the front hall, passed in with every call."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.secrets import Keyring

if TYPE_CHECKING:
    from tools.metrics.asking import LogSource, MetricSource
    from tools.metrics.sources import Sources
    from tools.sources.embeddings import Embeddings
    from tools.sources.grafana import Grafana


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """`keyring` None: no secret can be sealed. `grafana` None: no Grafana is configured, and its tools say so.

    `metrics` and `logs` answer queries, through Grafana or directly; None when there is neither. The door makes them
    of `sources` for each call, for whoever calls. `embeddings` None: knowledge is ranked by words alone.
    """

    keyring: Keyring | None = None
    grafana: "Grafana | None" = None
    metrics: "MetricSource | None" = None
    logs: "LogSource | None" = None
    sources: "Sources | None" = None
    embeddings: "Embeddings | None" = None


NOTHING = Resources()
