"""A template, shaped to the question: its matchers, grouping, statistic, rank, threshold and time."""

import re
from collections.abc import Collection, Sequence
from datetime import timedelta

from tools.grafana.promql import is_comparison, literal, parse, quoted
from tools.translate.entities import Named
from tools.translate.promql import alarming
from tools.translate.promql.alarming import guarded
from tools.translate.promql.naming import parts
from tools.translate.promql.ways import Way
from tools.translate.promql.writing import duration, label, number, written
from tools.translate.reading import Asked
from tools.translate.situation import Situation

HOUR = timedelta(hours=1)
USUAL_SPAN = timedelta(hours=24)
GROUP = re.compile(r"\b(?P<op>sum|avg|max|min|count)(?: by \((?P<labels>[^)]*)\))? ?\((?!vector)")
STATUS_LABELS = ("status", "code", "status_code", "http_response_status_code", "response_code")
USUAL_PERCENTILE = "95"
OCCURRING = frozenset({"restarts", "errors"})
OVER_TIME = {"avg": "avg_over_time", "max": "max_over_time", "min": "min_over_time", "stddev": "stddev_over_time"}


def shaped(way: Way, asked: Asked, span: timedelta | None, situation: Situation) -> str:
    """The query that answers the question by this way. Whether it may be sent is for the review to say."""
    text = filled(way, asked, span, situation)
    if asked.times.smoothing:
        text = text.replace("[5m]", f"[{duration(asked.times.smoothing)}]")
    if way.by:
        text = grouped(text, way.by)
    text = with_statistic(text, way, asked, span)
    if asked.per > 1 and "rate(" in text:
        text = f"{asked.per} * {text}"
    if asked.rank:
        text = f"{asked.rank.order}k({asked.rank.count}, {text})"
    if asked.is_which and way.measure in OCCURRING and not (asked.rank or asked.threshold):
        return f"{text} > 0"
    return limited(text, way, asked)


def limited(text: str, way: Way, asked: Asked) -> str:
    """With what it is compared with: the number that was named, or what an alert without one means."""
    is_open = asked.is_alert and not is_comparison(text)
    if is_open and not way.measure:
        text = alarming.each(text)
    if is_open and not asked.threshold:
        return alarming.alarm(text, way, asked)
    if asked.threshold:
        text = f"{guarded(text)} {asked.threshold.operator} {number(asked.threshold.in_unit(way.unit))}"
    return text


def filled(way: Way, asked: Asked, span: timedelta | None, situation: Situation) -> str:
    """The template with everything it chooses by."""
    chosen = [*matchers(way.named), *status_matchers(way, asked, situation)]
    percentile = asked.percentile or USUAL_PERCENTILE
    text = way.template.replace("$quantile", f"{float(percentile) / 100:g}")
    text = text.replace("$span", duration(span or USUAL_SPAN))
    if chosen:
        return text.replace("$match", ",".join(chosen))
    return text.replace("$match,", "").replace("{$match}", "")


def matchers(named: Sequence[Named]) -> list[str]:
    """One matcher per label; several values of one as alternatives."""
    found: list[str] = []
    for name in dict.fromkeys(item.label for item in named):
        values = list({item.value: item for item in named if item.label == name}.values())
        if len(values) == 1 and not values[0].is_pattern:
            found.append(f"{label(name)}={quoted(values[0].value)}")
        else:
            choices = [item.value if item.is_pattern else literal(item.value) for item in values]
            found.append(f"{label(name)}=~{quoted('|'.join(choices))}")
    return found


def status_matchers(way: Way, asked: Asked, situation: Situation) -> list[str]:
    """Classes and codes of answers: "4xx", "404"; those the template already chooses by are left to it."""
    known = situation.metrics.labels_of(way.metric)
    name = next((name for name in STATUS_LABELS if name in known), None)
    codes = [code for code in asked.statuses if not (code == "5xx" and "5.." in way.template)]
    if not codes or name is None or f"{name}=" in way.template or way.measure in ("error rate", "success rate"):
        return []
    patterns = [code.replace("x", ".") for code in codes]
    if len(patterns) == 1 and "." not in patterns[0]:
        return [f"{name}={quoted(patterns[0])}"]
    return [f"{name}=~{quoted('|'.join(patterns))}"]


def grouped(text: str, labels: Collection[str]) -> str:
    """The query with one series per combination of these labels; buckets stay apart by `le` too."""
    text = re.sub(r"^\((sum\(.*?\)\)) or vector\(0\)\)", r"\1", text)
    if not GROUP.search(text):
        return f"sum by ({', '.join(labels)}) ({text})" if "==" not in text and "/" not in text else text

    def regrouped(found: re.Match[str]) -> str:
        kept = ["le"] if found["labels"] and "le" in found["labels"].replace(" ", "").split(",") else []
        return f"{found['op']} by ({', '.join([*kept, *labels])}) ("

    return GROUP.sub(regrouped, text)


def with_statistic(text: str, way: Way, asked: Asked, span: timedelta | None) -> str:
    is_rate = re.fullmatch(r"sum(?: by \([^)]*\))? ?\(rate\([^()]*\)\)", text) is not None
    if "count" in asked.statistics and not asked.per and is_rate:
        return text.replace("rate(", "increase(").replace("[5m]", f"[{duration(span or HOUR)}]")
    if way.measure == "restarts":
        return text.replace("[1h]", f"[{duration(span or HOUR)}]")
    if is_rate and span and asked.times.words and way.unit != "Bps" and is_deed(way, asked):
        return text.replace("rate(", "increase(").replace("[5m]", f"[{duration(span)}]")
    if "count" in asked.statistics and "==" in text:
        return f"count({text})"
    if "avg" in asked.statistics and span and is_rate:
        return text.replace("[5m]", f"[{duration(span)}]")
    return over_time(text, way, asked, span)


def is_deed(way: Way, asked: Asked) -> bool:
    """What is counted rather than measured by the second: "orders created today", "requests in the last hour"."""
    return (
        way.measure in ("", "request rate", "errors", "grpc rate") and "rate" not in asked.statistics and not asked.per
    )


def over_time(text: str, way: Way, asked: Asked, span: timedelta | None) -> str:
    statistic = next((name for name in ("max", "min", "avg", "stddev", "sum") if name in asked.statistics), "")
    if not statistic or way.measure == "mean latency" or (not way.measure and statistic in parts(way.metric)):
        return text
    if span and statistic in OVER_TIME:
        plain = re.fullmatch(r"\w+(?:\{[^}]*\})?", text)
        inner = f"{text}[{duration(span)}]" if plain else f"{guarded(text, ())}[{duration(span)}:5m]"
        return f"{OVER_TIME[statistic]}({inner})"
    if (
        statistic != "stddev"
        and (found := GROUP.match(text))
        and " / " not in text
        and "le" not in (found["labels"] or "")
    ):
        return f"{statistic}{text[len(found['op']) :]}"
    if not GROUP.match(text) and re.fullmatch(r"\w+(?:\{[^}]*\})?", text):
        return f"{statistic}({text})"
    return text


def shifted(text: str, earlier: timedelta) -> str:
    """The same query of so long before."""
    return written(parse(text), earlier=earlier)
