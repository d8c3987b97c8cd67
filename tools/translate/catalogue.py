"""What a Prometheus and a Loki have: metrics with their types, labels and their values, as far as they were asked."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tools.grafana.promql import nearest

GROWING = ("_total", "_count", "_sum", "_bucket")
# Where a service's name may stand, the most telling first.
NAMING = (
    "service", "service_name", "app", "application", "job", "container", "deployment", "destination_service_name",
    "app_kubernetes_io_name", "component", "pod", "instance", "namespace", "env", "environment", "cluster", "node",
)  # fmt: skip
Labels = Mapping[str, frozenset[str]]
"""Label -> the values it has; a label whose values nobody asked for has none here."""


@dataclass(frozen=True)
class MetricCatalogue:
    """`types` has every metric, "" when its type is not known. `labels` has what is known metric by metric, `values`
    what is known of labels in general, `series` how many series a metric has."""

    types: Mapping[str, str]
    labels: Mapping[str, Labels] = field(default_factory=dict[str, Labels])
    values: Labels = field(default_factory=dict[str, frozenset[str]])
    series: Mapping[str, int] = field(default_factory=dict[str, int])
    help: Mapping[str, str] = field(default_factory=dict[str, str])

    def __contains__(self, metric: object) -> bool:
        return metric in self.types

    @cached_property
    def services(self) -> Mapping[str, tuple[str, ...]]:
        """Each name that things are told apart by -> the labels it stands under, the most telling first."""
        found: dict[str, list[str]] = {}
        for label in NAMING:
            for value in sorted(self.of_label(label)):
                found.setdefault(value, []).append(label)
        return {value: tuple(labels) for value, labels in found.items()}

    def of_label(self, label: str) -> frozenset[str]:
        """Every value of the label that is known, of whichever metric."""
        known = (labels.get(label, frozenset[str]()) for labels in self.labels.values())
        return frozenset[str]().union(self.values.get(label, ()), *known)

    def labels_of(self, metric: str) -> Labels:
        """The labels of a metric; what is known in general where nothing is known of it."""
        return self.labels.get(metric, self.values)

    def is_known_in_full(self, metric: str) -> bool:
        return metric in self.labels

    def kind(self, metric: str) -> str:
        """counter, gauge, histogram or summary: as Prometheus says, else as the name does."""
        said = self.types.get(metric, "")
        if said in ("counter", "gauge"):
            return said
        if metric.endswith(GROWING):
            return "counter"
        return "histogram" if f"{metric}_bucket" in self.types else said or "gauge"

    def is_counter(self, metric: str) -> bool:
        """Whether its value only grows, so that it is read by rate or increase."""
        return self.kind(metric) == "counter"

    def nearest(self, metric: str) -> tuple[str, ...]:
        return nearest(metric, self.types)

    def histograms(self) -> Iterator[str]:
        """The names of the histograms, without `_bucket`."""
        return (name.removesuffix("_bucket") for name in self.types if name.endswith("_bucket"))


@dataclass(frozen=True, slots=True)
class LogCatalogue:
    """The stream labels of a Loki with their values."""

    values: Labels = field(default_factory=dict[str, frozenset[str]])

    def __contains__(self, label: object) -> bool:
        return label in self.values

    def labels_with(self, value: str) -> tuple[str, ...]:
        """The labels that have exactly this value, the most telling first."""
        order = {name: place for place, name in enumerate(NAMING)}
        found = (label for label, values in self.values.items() if value in values)
        return tuple(sorted(found, key=lambda label: (order.get(label, len(order)), label)))

    def first(self, labels: Collection[str]) -> str | None:
        """The first of these labels that there is."""
        return next((label for label in labels if label in self.values), None)
