"""Spans of what Trivium does, for whoever collects traces; without a collector they cost next to nothing."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, StatusCode

TRACER = "trivium"


@contextmanager
def span(name: str, **attributes: str) -> Generator[None]:
    """A span around the block, part of the one it stands in; an exception that leaves the block marks it failed.

    Attributes are ids and names, never what somebody asked or what a source answered.
    """
    with trace.get_tracer(TRACER).start_as_current_span(name, attributes=attributes, record_exception=False):
        yield


@contextmanager
def served(name: str, headers: Mapping[str, str]) -> Generator[trace.Span]:
    """A span of a request that came in, part of its sender's trace when the headers name one (W3C Trace Context)."""
    start = trace.get_tracer(TRACER).start_as_current_span
    with start(name, propagate.extract(headers), SpanKind.SERVER, record_exception=False) as made:
        yield made


def told(made: trace.Span, route: str, method: str, status: int) -> None:
    """How a request was answered, by the names of OpenTelemetry's semantic conventions."""
    made.update_name(f"{method} {route}")
    made.set_attribute("http.route", route)
    made.set_attribute("http.request.method", method)
    made.set_attribute("http.response.status_code", status)
    if status >= 500:
        made.set_status(StatusCode.ERROR)
