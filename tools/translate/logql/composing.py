"""From a question about logs to the queries that answer it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from tools.grafana.promql import literal
from tools.translate.entities import Named
from tools.translate.lexicon import lexicon
from tools.translate.logql.lexicon import log_lexicon
from tools.translate.logql.reading import Field, LogsAsked
from tools.translate.logql.stages import quoted
from tools.translate.logql.writing import duration
from tools.translate.situation import Situation
from tools.translate.thresholds import Threshold

LEVELS = ("level", "detected_level", "severity")
USUAL_LINES = 100
FIVE_MINUTES, HOUR = timedelta(minutes=5), timedelta(hours=1)
TIME_FIELD = "duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDraft:
    """A query before its review. `limit` is 0 for numbers."""

    title: str
    text: str
    limit: int = 0
    unit: str = "short"


def drafts(asked: LogsAsked, span: timedelta | None, situation: Situation) -> Iterator[LogDraft]:
    """Every query of the answer: one for each thing that is compared."""
    for named in apart(asked):
        whole = f"{{{', '.join(matchers(asked, named, situation, with_levels=False))}}}"
        lines = f"{{{', '.join(matchers(asked, named, situation, with_levels=True))}}}{stages(asked, situation)}"
        who = ", ".join(item.value for item in named) or "everything"
        yield drafted(asked, (lines, whole), span, who)


def apart(asked: LogsAsked) -> Iterator[tuple[Named, ...]]:
    """The names, in one group, or in one per value where two of a kind are compared."""
    for label in dict.fromkeys(item.label for item in asked.named):
        values = [item for item in asked.named if item.label == label]
        if len(values) > 1 and asked.base.is_comparing:
            yield from ((*(item for item in asked.named if item.label != label), value) for value in values)
            return
    yield asked.named


def drafted(asked: LogsAsked, texts: tuple[str, str], span: timedelta | None, who: str) -> LogDraft:
    lines, whole = texts
    base = asked.base
    if asked.measured:
        return LogDraft(title=f"{asked.measured.name} of {who}", text=measured(asked.measured, asked.parser, lines))
    if "share" in base.statistics:
        text = f"sum(rate({lines} [5m])) / sum(rate({whole} [5m]))"
        return LogDraft(title=f"Share of lines of {who}", text=text, unit="percentunit")
    if not (asked.counts or asked.bytes or base.rank or base.statistics & {"rate", "count"} or base.by):
        return LogDraft(title=f"Logs of {who}", text=lines, limit=asked.limit or USUAL_LINES)
    return LogDraft(
        title=f"Log lines of {who}", text=counted(asked, lines, span), unit="bytes" if asked.bytes else "short"
    )


def counted(asked: LogsAsked, lines: str, span: timedelta | None) -> str:
    """A count or a rate of the lines, summed, grouped and ranked as asked."""
    base = asked.base
    is_rate = ("rate" in base.statistics or base.per == 1) and not (asked.counts and base.per != 1 and not base.by)
    function = (
        ("bytes_rate" if is_rate else "bytes_over_time") if asked.bytes else "rate" if is_rate else "count_over_time"
    )
    window = timedelta(seconds=base.per) if base.per > 1 else FIVE_MINUTES if is_rate else span or usual_window(asked)
    by = [label_of(thing, lines) for thing in base.by]
    grouping = f" by ({', '.join(by)}) " if by else ""
    text = f"sum{grouping}({function}({lines} [{duration(window.total_seconds())}]))"
    if base.rank:
        text = f"{base.rank.order}k({base.rank.count}, {text})"
    return text


def usual_window(asked: LogsAsked) -> timedelta:
    return HOUR if asked.base.rank or asked.base.is_which or "count" in asked.base.statistics else FIVE_MINUTES


def label_of(thing: str, lines: str) -> str:
    """The stream label for a thing; where there are several, one the selector already uses comes first."""
    choices = lexicon().labels_for(thing)
    return next((label for label in choices if f"{label}=" in lines), choices[0])


def measured(field: Field, parser: str, lines: str) -> str:
    """What is made of the values of a field, in windows of five minutes."""
    parsing = "" if "| json" in lines or "| logfmt" in lines else f" | {parser or 'json'}"
    inside = f"{lines}{parsing} | unwrap {field.name} [5m]"
    if field.value.replace(".", "").isdigit():
        return f"quantile_over_time({float(field.value) / 100:g}, {inside})"
    return f"{field.value}_over_time({inside})"


def matchers(asked: LogsAsked, named: tuple[Named, ...], situation: Situation, *, with_levels: bool) -> list[str]:
    """The stream selector's matchers; with none, one that every stream of a component passes."""
    found: list[str] = []
    for label in dict.fromkeys(item.label for item in named):
        values = [item for item in named if item.label == label]
        is_one = len(values) == 1 and not values[0].is_pattern
        choices = [item.value if item.is_pattern else literal(item.value) for item in values]
        found.append(f"{label}={quoted(values[0].value)}" if is_one else f"{label}=~{quoted('|'.join(choices))}")
    found += profiled(asked, situation) if not found else []
    level = situation.logs.first(LEVELS)
    if not found:
        usual = situation.logs.first(log_lexicon().streams) or next(iter(sorted(situation.logs.values)), "app")
        found.append(f'{usual}=~".+"')
    if level and with_levels:
        found += level_matchers(asked, level, situation)
    return found


def profiled(asked: LogsAsked, situation: Situation) -> list[str]:
    """The log label that the profile gives a component the question names."""
    words = {word.lower() for word in asked.base.words}
    labels = [label for component, label in situation.profile.log_labels.items() if component.lower() in words]
    return [f"{key}={quoted(value)}" for key, value in labels[:1]]


def level_matchers(asked: LogsAsked, label: str, situation: Situation) -> list[str]:
    known = situation.logs.values.get(label, frozenset[str]())
    wanted = [value for level in asked.levels for value in values_of(level, known)]
    lacking = [value for level in asked.lacking_levels for value in values_of(level, known)]
    found: list[str] = []
    for sign, values in (("=", wanted), ("!=", lacking)):
        unique = sorted(set(values))
        if len(unique) == 1:
            found.append(f"{label}{sign}{quoted(unique[0])}")
        elif unique:
            found.append(f"{label}{'=~' if sign == '=' else '!~'}{quoted('|'.join(unique))}")
    return found


def values_of(level: str, known: frozenset[str]) -> list[str]:
    """The label values that mean the level: those that exist, its own name when none does."""
    return [value for value in log_lexicon().values[level] if value in known] or [level]


def stages(asked: LogsAsked, situation: Situation) -> str:
    """The pipeline: line filters first, since they cost least, then the parser and its filters."""
    has_level = situation.logs.first(LEVELS) is not None
    parts = [f"|= {quoted(text)}" for text in asked.contains]
    parts += [f"|~ {quoted(pattern)}" for pattern in asked.matches]
    parts += [
        f"|~ {quoted('(?i)' + literal(phrase))}" for phrase in asked.guessed if phrase.lower() not in asked.contains
    ]
    parts += [f"|= {quoted(code)}" for code in asked.base.statuses if "x" not in code]
    if asked.levels and not has_level:
        parts.append(f"|~ {quoted('(?i)' + alternatives(asked.levels))}")
    parts += [f"!= {quoted(text)}" for text in asked.lacks]
    parts += [f"!~ {quoted('(?i)' + level)}" for level in asked.lacking_levels if not has_level]
    fields = fields_of(asked)
    if asked.parser or fields:
        parts += [f"| {asked.parser or 'json'}", *fields]
    if asked.parser == "json" and "message" in asked.base.words and "level" in asked.base.words:
        parts.append('| line_format "{{.level}}: {{.message}}"')
    return "".join(f" {part}" for part in parts)


def alternatives(levels: tuple[str, ...]) -> str:
    return levels[0] if len(levels) == 1 else f"({'|'.join(levels)})"


def fields_of(asked: LogsAsked) -> list[str]:
    found: list[str] = []
    if asked.condition:
        field = asked.condition
        is_number = field.value.replace(".", "", 1).isdigit()
        found.append(f"| {field.name} {field.sign} {field.value if is_number else quoted(field.value)}")
    if asked.duration:
        found.append(f"| {TIME_FIELD} {asked.duration.operator} {shown(asked.duration)}")
    return found


def shown(threshold: Threshold) -> str:
    return duration(threshold.value)
