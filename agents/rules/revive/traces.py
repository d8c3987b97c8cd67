"""Traces asked for in plain words, as TraceQL: the slow ones, the failed ones, those of a service."""

import re

from agents.rules.revive import values
from agents.rules.revive.measures import expression
from agents.rules.revive.said import Said
from agents.rules.times.durations import DURATION

SLOW_SECONDS = "1s"
LONGER = re.compile(
    rf"\b(?:slower|longer|above|over|more|greater|exceeding|taking)\s*(?:than\s+)?(?P<length>\d+(?:\.\d+)?)\s*"
    rf"(?P<unit>ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?)\b(?!.*\b{DURATION}\s+ago)",
    re.IGNORECASE,
)
SLOW = re.compile(r"\b(?:slow|slowest|long|longest|latent)\b", re.IGNORECASE)
FAILED = re.compile(r"\b(?:failed|failing|error|errors|erroneous|broken|unsuccessful)\b", re.IGNORECASE)
TRACES = re.compile(r"\btraces?\b", re.IGNORECASE)


def traceql(said: Said) -> str | None:
    """The expression given, else one of the words; None when they name neither a service nor which traces."""
    given = expression(said)
    if given or not TRACES.search(said.text):
        return given
    service, longer = values.typed_service(said), LONGER.search(said.text)
    parts = [f'resource.service.name = "{service}"'] if service else []
    if longer:
        parts.append(f"duration > {longer['length']}{unit(longer['unit'])}")
    elif SLOW.search(said.text):
        parts.append(f"duration > {SLOW_SECONDS}")
    parts += ["status = error"] if FAILED.search(said.text) else []
    return f"{{ {' && '.join(parts)} }}" if parts else None


def unit(word: str) -> str:
    return "ms" if word.casefold().startswith(("ms", "milli")) else word[0].casefold()
