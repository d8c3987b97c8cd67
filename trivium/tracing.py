"""Traces sent to a collector, when OTEL_EXPORTER_OTLP_ENDPOINT names one."""

from collections.abc import Generator
from contextlib import contextmanager

from config import VERSION
from config.settings import Settings
from trivium.service import ConfigurationError


@contextmanager
def exported(settings: Settings) -> Generator[None]:
    """Spans go to the collector meanwhile, the last of them on leaving. The standard OTEL_* variables are read by the
    SDK itself. Raises ConfigurationError where its packages are not installed.
    """
    if not settings.otel_exporter_otlp_endpoint:
        yield
        return
    try:
        from opentelemetry import trace  # noqa: PLC0415 - an extra: imported only where traces are wanted
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but what sends traces is not installed: install the extra `otel`, or "
            "unset it."
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "trivium", "service.version": VERSION}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()
