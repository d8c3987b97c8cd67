"""Every refusal as its HTTP answer: one table from what was raised to a status and a body."""

import structlog
from psycopg import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import NotFound, Refused, SourceError
from domain.ingest.payload import PayloadError
from domain.tokens import Unauthenticated
from graphs.limiter import RateLimited
from tools.masking import mask_text
from web.models.problems import FieldProblem, InvalidPayload, InvalidRequest, Problem, Refusal, TooMany
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
    "needs_second_person": 403,
    "datasource_disabled": 403,
    "datasource_not_allowed": 403,
    "nothing_visible": 403,
    "cancelled": 409,
    "already_decided": 409,
    "already_exists": 409,
    "already_executed": 409,
    "approval_mismatch": 409,
    "last_admin": 409,
    "not_approved": 409,
    "policy_moved": 409,
    "confirmation_expired": 410,
    "database_unavailable": 503,
    "stopped": 503,
}
FIELDS = {
    "invalid_question": "query",
    "invalid_arguments": "arguments",
    "no_secret_key": "arguments",
    "unknown_role": "role",
    "unknown_datasource": "datasource_id",
    "unknown_roles": "roles",
}
log = structlog.get_logger("ai_ops")


async def answer(_request: Request, error: Exception) -> Response:
    """The answer to a request that could not be served. Raises what it does not know: that is a bug."""
    match error:
        case HTTPException():
            return refused_by_protocol(error)
        case Unauthenticated():
            body = Problem(error="unauthorized", message=str(error))  # never names what was sent
            return reply(body, 401, {"WWW-Authenticate": "Bearer"})
        case Invalid():
            return reply(InvalidRequest(error="validation_error", message=said(error), details=error.details), 422)
        case Refused():
            return refused(error)
        case SourceError():
            return failed_elsewhere(error)
        case OperationalError():
            return unavailable(error)
        case _:
            raise error


HANDLED: tuple[type[Exception], ...] = (HTTPException, Unauthenticated, Invalid, Refused, SourceError, OperationalError)


def said(error: Exception) -> str:
    """The error's own words; what the caller sent may be among them, a secret too."""
    return mask_text(str(error))


def instead(error: Refused) -> str | None:
    return error.alternative and mask_text(error.alternative)


def refused(error: Refused) -> Response:
    match error:
        case NotFound():
            return reply(Problem(error="not_found", message=said(error)), 404)
        case PayloadError():
            return reply(InvalidPayload(error="invalid_payload", message=said(error), field=error.field), 400)
        case RateLimited():
            seconds = error.retry_after_seconds
            body = TooMany(error="rate_limited", message=said(error), retry_after=seconds)
            return reply(body, 429, {"Retry-After": str(seconds)})
        case _ if error.code in FIELDS:
            return unacceptable(error, FIELDS[error.code])
        case _:
            return failed(refusal(error), 400)


def unacceptable(error: Refused, field: str) -> Response:
    """A value of the body that is refused further in, told like one that is refused at the edge."""
    details = (FieldProblem(field=field, message=said(error)),)
    body = InvalidRequest(
        error="validation_error",
        message=said(error),
        details=details,
        alternative=instead(error),
    )
    return reply(body, 422)


def refusal(error: Refused) -> Refusal:
    return Refusal(
        error=error.code,
        message=said(error),
        required_permission=error.permission,
        alternative=instead(error),
    )


def failed(error: Refusal, unknown: int = 500) -> Response:
    """The answer to a request whose run failed; a code that is none of the caller's doing is our failure."""
    status = STATUSES.get(error.error, unknown)
    return reply(error, status, {"Retry-After": str(RETRY_SECONDS)} if status == 503 else None)


def refused_by_protocol(error: HTTPException) -> Response:
    message = MESSAGES.get(error.status_code, error.detail)
    return reply(Problem(error=CODES[error.status_code], message=message), error.status_code, error.headers)


def failed_elsewhere(error: SourceError) -> Response:
    """Another system did not do its part: our database, or what a change acts on, such as Grafana."""
    if error.source == "postgres":
        return unavailable(error)
    return reply(Problem(error="source_unavailable", message=said(error)), 502)


def unavailable(error: Exception) -> Response:
    """Postgres is away: the sender may try again. What exactly failed is for our log, not for the caller."""
    log.warning("database unavailable", error=said(error))
    message = f"The database could not be reached; try again in {RETRY_SECONDS} s."
    body = Problem(error="database_unavailable", message=message)
    return reply(body, 503, {"Retry-After": str(RETRY_SECONDS)})
