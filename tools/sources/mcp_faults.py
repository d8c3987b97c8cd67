"""What the MCP SDK raises, as SourceErrors: which server, what it said, and whether the work may have been done."""

from typing import Any, cast

import anyio
import httpx2
import mcp_types as types
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from domain.errors import Refused, SourceError
from tools.sources import failures
from tools.sources.mcp_http import FAULT
from tools.sources.mcp_stdio import LastWords

REFUSED_AS_WRITTEN = (types.METHOD_NOT_FOUND, types.INVALID_PARAMS)


class SessionGoneError(Exception):
    """The server does not know the session any more, so it did nothing of what was asked in it."""


def of_call(name: str, request: str, error: BaseException) -> BaseException:
    """What a call that ended with `error` comes to; a bug of ours stays what it is."""
    match error:
        case _ if is_closed(error):
            message = f"the connection to {name} was cut: {failures.readable(str(error)) or type(error).__name__}"
            return SourceError(message, source=name, request=request, retryable=True, is_uncertain=True)
        case MCPError():
            return of_answer(name, request, error)
        case ValidationError() | RuntimeError():  # the SDK's word for a result that its own schema does not allow
            message = f"{name} answered with something that is no answer to the call: {failures.readable(str(error))}"
            return SourceError(message, source=name, request=request, is_uncertain=True)
        case _:
            return error


def of_answer(name: str, request: str, error: MCPError) -> Exception:
    """A JSON-RPC error: the server's own, or what became of the request on its way."""
    about = about_fault(error)
    status = about.get("status")
    said = failures.readable(error.message) or "no reason given"
    if about.get("unsent"):
        message = f"{name} cannot be reached: {said}"
        return SourceError(message, source=name, request=request, retryable=True)
    if status == 404:
        return SessionGoneError(f"{name} does not know the session any more")
    if status is not None:
        said = failures.readable(error.message).encode()
        return failures.no_answer(name, request, status, said)
    if about:
        message = f"the connection to {name} was cut: {said}"
        return SourceError(message, source=name, request=request, retryable=True, is_uncertain=True)
    is_refused = error.code in REFUSED_AS_WRITTEN
    return SourceError(f"{name} refused the call: {said}", source=name, request=request, is_uncertain=not is_refused)


def about_fault(error: MCPError) -> dict[str, Any]:
    """What `mcp_http` noted of a request that was not answered."""
    data = error.data
    found = cast("dict[str, Any]", data).get(FAULT) if isinstance(data, dict) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def is_closed(error: BaseException) -> bool:
    """Whether the answer can no longer come: the connection of this call, or the whole, has ended."""
    if isinstance(error, MCPError):
        return error.code == types.CONNECTION_CLOSED
    return isinstance(error, anyio.ClosedResourceError | anyio.BrokenResourceError | anyio.EndOfStream)


def lost(name: str, request: str, words: str) -> SourceError:
    said = f", and wrote last: {words}" if words else ""
    message = f"the connection to {name} ended before it answered{said}"
    return SourceError(message, source=name, request=request, retryable=True, is_uncertain=True)


def unopened(name: str, request: str, error: BaseException | None, words: LastWords) -> Exception:
    """Why there is no connection. Nothing was asked, so nothing was done."""
    found = innermost(error) if error else None
    match found:
        case SourceError() | Refused():
            return found
        case MCPError():
            status = about_fault(found).get("status")
            said = f"HTTP {status}: {found.message}" if status else found.message
        case httpx2.HTTPStatusError():
            said, status = f"HTTP {found.response.status_code}", found.response.status_code
        case None:
            said, status = "it was closed", None
        case _:
            said, status = str(found) or type(found).__name__, None
    last = f"; it wrote last: {words}" if words.text else ""
    message = f"{name} cannot be reached: {failures.readable(said)}{last}"
    is_final = status is not None and 400 <= status < 500 and status != 429
    return SourceError(message, source=name, request=request, status=status, retryable=not is_final)


def innermost(error: BaseException) -> BaseException:
    """The first error that is no group."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error
