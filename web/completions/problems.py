"""Refusals in the words of the protocol that chat programs speak.

Source: platform.openai.com/docs/guides/error-codes, and openai-python 2.x, which tries 408, 409, 429 and 5xx again
unless `x-should-retry` says no.
"""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from web import refusals
from web.completions.offered import UNKNOWN
from web.models.completions import ApiError, ErrorReply
from web.models.problems import Problem
from web.replies import reply

PREFIX = "/v1/"
TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    410: "invalid_request_error",
    429: "rate_limit_error",
}
OURS = "server_error"
FIELDS = {"body": "messages", "query": "messages"}
AGAIN = frozenset({429, 502, 503})


async def answer(request: Request, error: Exception) -> Response:
    """As the house answers it, and at the paths of chat programs in their words. Raises what it does not know."""
    house = await refusals.answer(request, error)
    return translated(house) if request.url.path.startswith(PREFIX) else house


def translated(house: Response) -> Response:
    body: dict[str, Any] = orjson.loads(house.body)
    kept = {name: value for name, value in house.headers.items() if name in ("retry-after", "www-authenticate")}
    return as_reply(house.status_code, body, kept)


def as_reply(status: int, body: dict[str, Any], kept: dict[str, str]) -> Response:
    """`body` is a refusal as the house tells it."""
    status = status_of(status, body["error"])
    headers = kept | ({} if status in AGAIN else {"x-should-retry": "false"})
    return reply(error_of(status, body), status, headers)


def status_of(status: int, code: str) -> int:
    """The protocol knows no 422, and says 404 of a model that there is not."""
    return 404 if code == UNKNOWN else {422: 400, 502: 503}.get(status, status)


def error_of(status: int, body: dict[str, Any]) -> ErrorReply:
    details = body.get("details") or ()
    field = details[0]["field"] if details else ("model" if body["error"] == UNKNOWN else None)
    words = [body["message"], body.get("alternative")]
    told = ApiError(
        message=" ".join(word for word in words if word),
        type=TYPES.get(status, OURS),
        code=body["error"],
        param=FIELDS.get(field, field) if field else None,
    )
    return ErrorReply(error=told)


def bug(problem: Problem) -> ErrorReply:
    return error_of(500, problem.model_dump())
