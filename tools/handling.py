"""Handling: a tool's handler under its deadline, its source's gate and, for reads alone, one more try."""

import asyncio
from uuid import uuid4

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain.errors import Refused, SourceError
from tools.gates import Gate
from tools.masking import mask_text
from tools.spec import AnySpec, Args, ToolContext, ToolResult

TRIES_OF_A_READ = 2
log = structlog.get_logger("ai_ops")


async def handled(gate: Gate, spec: AnySpec, context: ToolContext, arguments: Args) -> ToolResult:
    """The handler's result, or the failure as a result: someone else's (SourceError) or a bug of ours.

    Whatever ends a change without its own word (no answer in time, a bug) leaves it uncertain. Raises Refused.
    """
    tries = TRIES_OF_A_READ if spec.is_read else 1
    try:
        async with asyncio.timeout(spec.deadline_seconds):
            for left in reversed(range(tries)):
                try:
                    return await once(gate, spec, context, arguments)
                except SourceError as error:
                    if not (left and error.retryable):
                        return failure(spec, mask_text(str(error)), is_uncertain=error.is_uncertain)
    except TimeoutError:
        gate.failed()
        message = f"{spec.source} did not answer {spec.name} in {spec.deadline_seconds:g} s"
        return failure(spec, message, is_uncertain=True)
    except Refused:
        raise
    except Exception:  # the boundary of a tool: its bug is logged here once and told as a failure, never as a result
        incident = uuid4().hex[:12]
        log.exception("tool failed", tool=spec.name, error_id=incident)
        message = f"{spec.name} failed inside Trivium; the log has it as {incident}"
        return failure(spec, message, is_uncertain=True)
    raise AssertionError("unreachable")


async def once(gate: Gate, spec: AnySpec, context: ToolContext, arguments: Args) -> ToolResult:
    async with gate.enter():
        try:
            return await spec.handler(context, arguments)
        except (OperationalError, PoolTimeout) as error:
            message = f"Postgres did not answer {spec.name}: {first_line(error)}"
            raise SourceError(message, source="postgres", retryable=True, is_uncertain=True) from error


def failure(spec: AnySpec, message: str, *, is_uncertain: bool = False) -> ToolResult:
    """A read that failed has changed nothing, whatever became of it."""
    is_uncertain = is_uncertain and not spec.is_read
    return ToolResult(status="error", source=spec.source, error=message, tool=spec.name, is_uncertain=is_uncertain)


def first_line(error: Exception) -> str:
    return mask_text(next(iter(str(error).splitlines()), type(error).__name__))
