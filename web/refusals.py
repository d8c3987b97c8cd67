"""Every refusal as its HTTP answer: one table from what was raised to a status and a body."""

import structlog
from psycopg import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import NotFound, Refused
from domain.ingest.payload import PayloadError
from domain.tokens import Unauthenticated
from graphs.limiter import RateLimited
from tools.masking import mask_text
from web.models import FieldProblem, InvalidPayload, InvalidRequest, Problem, Refusal, TooMany
from web.reading import Invalid
from web.replies import reply

RETRY_SECONDS = 5
CODES = {
    400: "invalid_json",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
MESSAGES = {404: "There is nothing at this path.", 405: "This path does not take this method."}
STATUSES = {
    "permission_denied": 403,
    "insufficient_permissions": 403,
    "cancelled": 409,
    "database_unavailable": 503,
    "stopped": 503,
}
log = structlog.get_logger("ai_ops")


async def answer(_request: Request, error: Exception) -> Response:
    """The answer to a request that could not be served. Raises what it does not know: that is a bug."""
    match error:
        case HTTPException():
            return refused_by_protocol(error)
        case Unauthenticated():
            body = Problem(error="unauthorized", message=str(error))
            return reply(body, 401, {"WWW-Authenticate": "Bearer"})
        case Invalid():
            return reply(InvalidRequest(error="validation_error", message=str(error), details=error.details), 422)
        case Refused():
            return refused(error)
        case OperationalError():
            return unavailable(error)
        case _:
            raise error


HANDLED: tuple[type[Exception], ...] = (HTTPException, Unauthenticated, Invalid, Refused, OperationalError)


def refused(error: Refused) -> Response:
    match error:
        case NotFound():
            return reply(Problem(error="not_found", message=str(error)), 404)
        case PayloadError():
            return reply(InvalidPayload(error="invalid_payload", message=str(error), field=error.field), 400)
        case RateLimited():
            seconds = error.retry_after_seconds
            body = TooMany(error="rate_limited", message=str(error), retry_after=seconds)
            return reply(body, 429, {"Retry-After": str(seconds)})
        case _ if error.code == "invalid_question":
            details = (FieldProblem(field="query", message=str(error)),)
            return reply(InvalidRequest(error="validation_error", message=str(error), details=details), 422)
        case _:
            body = Refusal(
                error=error.code, message=str(error), required_permission=error.permission,
                alternative=error.alternative,
            )  # fmt: skip
            return reply(body, STATUSES.get(error.code, 400))


def refused_by_protocol(error: HTTPException) -> Response:
    message = MESSAGES.get(error.status_code, error.detail)
    return reply(Problem(error=CODES[error.status_code], message=message), error.status_code, error.headers)


def unavailable(error: OperationalError) -> Response:
    """Postgres is away: the sender may try again. What exactly failed is for our log, not for the caller."""
    log.warning("database unavailable", error=mask_text(str(error)))
    message = f"The database could not be reached; try again in {RETRY_SECONDS} s."
    body = Problem(error="database_unavailable", message=message)
    return reply(body, 503, {"Retry-After": str(RETRY_SECONDS)})
