"""Logs: one JSON object a line on stderr; readable instead when a person looks on. No secret gets into any of them."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any, TypeAlias

import structlog

from domain.masking import mask, mask_text

Processor: TypeAlias = structlog.typing.Processor


def masked(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """No secret in a log line, whatever room wrote it."""
    return mask(dict(event))


def written(renderer: Processor) -> Processor:
    """The line as rendered, looked through once more: objects have become text only now."""

    def render(logger: Any, method: str, event: structlog.typing.EventDict) -> str:
        return mask_text(str(renderer(logger, method, event)))

    return render


class MaskedFormatter(logging.Formatter):
    """Lines of the libraries, their arguments and tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(super().format(record))


def configure(level: int = logging.INFO) -> None:
    """Ours and the libraries' lines go to stderr, and so does what nobody caught."""
    readable = sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            masked,
            written(renderer),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    capture_libraries()
    sys.excepthook = tell_uncaught


def capture_libraries() -> None:
    """Warnings and worse, and what else already writes: every handler of the root formats without secrets."""
    if not logging.root.handlers:
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    for handler in logging.root.handlers:
        handler.setFormatter(MaskedFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.captureWarnings(True)


def tell_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The traceback of what ends the process, without secrets."""
    sys.stderr.write(mask_text("".join(traceback.format_exception(kind, error, trace))))
