"""A Grafana-managed alert rule: built from a plain condition, read back, and told in lines. Nothing is sent here."""

import copy
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tools.cleaning import canonical, sha256
from tools.grafana.reading import counted, items, part, text, words
from tools.spec import Json

Op: TypeAlias = Literal["above", "below"]
NoData: TypeAlias = Literal["NoData", "Alerting", "OK"]
OnError: TypeAlias = Literal["Error", "Alerting", "OK"]

EXPRESSION = "__expr__"
ORGANISATION = 1
EVALUATORS: dict[Op, str] = {"above": "gt", "below": "lt"}
OPS: dict[str, Op] = {"gt": "above", "lt": "below"}
CONFIG = (
    "title",
    "folder_uid",
    "rule_group",
    "condition",
    "no_data_state",
    "exec_err_state",
    "for",
    "annotations",
    "labels",
    "is_paused",
    "notification_settings",
    "data",
    "keep_firing_for",
    "record",
    "missing_series_evals_to_resolve",
)
KEPT_OF_A_CONDITION = {"evaluator", "operator", "query", "reducer", "type"}
SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhmsw])")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a simple rule watches: an expression, above or below a value."""

    datasource: str
    expr: str
    op: Op
    value: float

    def holds(self, value: float) -> bool:
        """Never for NaN."""
        return value > self.value if self.op == "above" else value < self.value

    def __str__(self) -> str:
        return f"{self.expr} {self.op} {self.value:g}"


def data_of(check: Check) -> list[Json]:
    """The query A of one moment, and the threshold B on it, which is the rule's condition."""
    model = {"refId": "A", "expr": check.expr, "instant": True, "range": False, "editorMode": "code"}
    evaluator = {"type": EVALUATORS[check.op], "params": [check.value]}
    threshold = {"refId": "B", "type": "threshold", "expression": "A", "conditions": [{"evaluator": evaluator}]}
    return [
        {
            "refId": "A",
            "datasourceUid": check.datasource,
            "relativeTimeRange": {"from": 600, "to": 0},
            "model": model,
        },
        {"refId": "B", "datasourceUid": EXPRESSION, "model": threshold},
    ]


def check_of(config: Json) -> Check | None:
    """What the rule watches, None when it is more than one expression against one value."""
    by_ref = {text(node, "refId"): node for node in items(config, "data")}
    last = part(by_ref.get(text(config, "condition")), "model")
    evaluators = [part(item, "evaluator") for item in items(last, "conditions")]
    queries = [node for node in by_ref.values() if node.get("datasourceUid") != EXPRESSION]
    reducers = [node for node in by_ref.values() if part(node, "model").get("type") == "reduce"]
    if last.get("type") != "threshold" or len(evaluators) != 1 or len(queries) != 1:
        return None
    if len(by_ref) != 2 + len(reducers) or len(reducers) > 1:
        return None
    return simple(queries[0], evaluators[0])


def simple(query: Json, evaluator: Json) -> Check | None:
    op, expr = OPS.get(text(evaluator, "type")), text(part(query, "model"), "expr")
    limit = next(iter(words(evaluator, "params")), None)
    if op is None or limit is None or not expr:
        return None
    return Check(datasource=text(query, "datasourceUid"), expr=expr, op=op, value=float(limit))


def with_check(config: Json, check: Check) -> Json:
    """The simple rule `config` watching something else; all else of its queries stays."""
    data = copy.deepcopy(items(config, "data"))
    for node in data:
        model = part(node, "model")
        if node.get("datasourceUid") != EXPRESSION:
            node["datasourceUid"] = check.datasource
            model["expr"] = check.expr
        elif node.get("refId") == config.get("condition"):
            part(items(model, "conditions")[0], "evaluator").update(type=EVALUATORS[check.op], params=[check.value])
    return config | {"data": data}


def config_of(rule: Json) -> Json:
    """What of a rule a person decides, as it is written back; its state is left out."""
    config = {name: rule[name] for name in CONFIG if rule.get(name) is not None}
    settings = part(rule, "notification_settings")
    return config | ({"notification_settings": written_settings(settings)} if settings else {})


def written_settings(settings: Json) -> Json:
    """Grafana tells them with underscores and takes them without."""
    renamed = {re.sub(r"_(\w)", lambda found: found[1].upper(), name): value for name, value in settings.items()}
    return {name: value for name, value in renamed.items() if value is not None}


def not_changeable(config: Json) -> str | None:
    """Why writing the rule back would lose something of it; None when it would not."""
    if config.get("record"):
        return "it is a recording rule"
    if not items(config, "data"):
        return "Grafana does not tell its queries"
    conditions = [item for node in items(config, "data") for item in items(node, "model", "conditions")]
    lost = sorted({name for item in conditions for name in item if name not in KEPT_OF_A_CONDITION})
    return f"its condition has {' and '.join(lost)}, which would get lost" if lost else None


def to_write(config: Json) -> Json:
    """The arguments of alerting_rules_write. Grafana takes the organisation from the token, whatever stands here."""
    return {**config, "org_id": ORGANISATION}


def fingerprint(config: Json) -> str:
    """Sixteen letters that differ whenever the rule does."""
    return sha256(canonical(config))[:16]


def seconds(span: str) -> float:
    """`5m0s` as 300."""
    return sum(float(number) * SECONDS[unit] for number, unit in SPAN.findall(span))


def span(minutes: int) -> str:
    """5 as `5m0s`: as Grafana writes it, so that equal rules are spelled alike."""
    hours, rest = divmod(minutes, 60)
    return f"{hours}h{rest}m0s" if hours else f"{rest}m0s" if rest else "0s"


def outline(config: Json, folder: str | None = None) -> list[str]:
    """The rule in lines that people can compare; `folder` is the title of its folder."""
    return [
        f"title: {text(config, 'title')}",
        f"folder: {folder or text(config, 'folder_uid')}",
        f"group: {text(config, 'rule_group')}",
        *watched(config),
        f"for: {counted(seconds(text(config, 'for')) / 60, 'minute')}",
        f"without data: {text(config, 'no_data_state')}",
        f"on an error: {text(config, 'exec_err_state')}",
        *pairs("label", part(config, "labels")),
        *pairs("annotation", part(config, "annotations")),
        *(["paused: yes"] if config.get("is_paused") else []),
    ]


def watched(config: Json) -> Iterator[str]:
    """Its check in one line; otherwise each query and expression as it stands."""
    check = check_of(config)
    if check:
        yield f"datasource: {check.datasource}"
        yield f"fires when: {check}"
        return
    yield f"condition: {text(config, 'condition')}"
    for node in items(config, "data"):
        yield f"{text(node, 'refId')}: {canonical(part(node, 'model')).decode()}"


def pairs(word: str, values: Json) -> Iterable[str]:
    return [f"{word} {name}: {value}" for name, value in sorted(values.items())]
