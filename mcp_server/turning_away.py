"""Answers to requests that do not get as far as the protocol: a status, plain words, and what to do."""

from collections.abc import Mapping
from typing import TypeAlias

import mcp_types as types
import orjson
from starlette.responses import Response

RequestId: TypeAlias = str | int | None


class TurnedAway(Exception):  # noqa: N818 - it names a state
    """The request is answered with this status and these words, and goes no further."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


def answer(error: TurnedAway, message: object = None) -> Response:
    """The words as a JSON-RPC error, under the id of the request where it has been read."""
    body = {
        "jsonrpc": "2.0",
        "id": id_of(message),
        "error": {"code": types.INVALID_REQUEST, "message": str(error)},
    }
    return Response(orjson.dumps(body), error.status, error.headers, media_type="application/json")


def id_of(message: object) -> RequestId:
    match message:
        case {"id": str(found) | int(found)} if not isinstance(found, bool):
            return found
        case _:
            return None


def method_of(message: object) -> str | None:
    match message:
        case {"method": str(method)}:
            return method
        case _:
            return None
