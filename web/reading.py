"""Requests in: bodies and parameters become models, or a refusal that names the field."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from domain.ingest.payload import path
from tools.masking import mask_text
from web.models.problems import FieldProblem

LARGEST_BODY = 10 * 1024 * 1024
MOST_DETAILS = 20
M = TypeVar("M", bound=BaseModel)


class Invalid(Exception):  # noqa: N818 - it names a state
    """The request can be read but not taken; `details` names the fields that are wrong."""

    def __init__(self, details: tuple[FieldProblem, ...]) -> None:
        super().__init__("; ".join(f"{detail.field}: {detail.message}" for detail in details))
        self.details = details


async def json_bytes(request: Request) -> bytes:
    """The body. Raises HTTPException 415 when it is not declared as JSON, 413 above 10 MB."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "Send the body as Content-Type: application/json.")
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise too_large()
    return bytes(body)


def too_large() -> HTTPException:
    return HTTPException(413, f"The body has more than {LARGEST_BODY // 1024 // 1024} MB; send less at once.")


async def body_of(request: Request, model: type[M]) -> M:
    """The JSON body as `model`. Raises Invalid, and HTTPException 400 for what is no JSON, 413, 415."""
    try:
        return model.model_validate_json(await json_bytes(request))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise HTTPException(400, f"{first['msg']}.") from error
        raise invalid(error) from error


def parameters_of(request: Request, model: type[M]) -> M:
    """The address's parameters as `model`. Raises Invalid."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise invalid(error) from error


def invalid(error: ValidationError) -> Invalid:
    """The first problems, each with its field, never with the value that was sent."""
    found = error.errors(include_url=False, include_input=False)[:MOST_DETAILS]
    return Invalid(tuple(FieldProblem(field=mask_text(path(item["loc"])), message=item["msg"]) for item in found))
