"""How a call to a remote tool can fail, and for each whether it may have done its work and whether to try again."""

import re

import httpx

from domain.errors import SourceError
from tools.cleaning import CONTROL
from tools.masking import mask_text

LONGEST = 500
STATUS = re.compile(
    r"\[(?P<a>[45]\d\d)\]|\((?P<b>[45]\d\d)\)|\bHTTP (?P<c>[45]\d\d)\b"
    r"|\bstatus(?: code)?(?: from [\w ]{1,30})?:? (?P<d>[45]\d\d)\b"
)
MEMORY = re.compile(r"\(?\b0x[0-9a-f]{6,16}\b\)?|\s*(?:for )?&\{[^{}]*\}")
PAGE = re.compile(r"<(?:!doctype|html)\b.*", re.IGNORECASE | re.DOTALL)
NEVER_SENT = re.compile(r"\bdial tcp\b|connection refused|no such host|is required|must be|unknown argument")
MAY_RECOVER = re.compile(r"connection re(?:fused|set)|i/o timeout|deadline exceeded|\bEOF\b|Client\.Timeout")
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol)


def told(source: str, request: str, text: str) -> SourceError:
    """A failure that the tool itself reported, classed by the status its text names."""
    status = status_in(text)
    broken = status is not None and (status >= 500 or status == 408)
    unclear = status is None and not NEVER_SENT.search(text)
    return SourceError(
        f"{source}: {readable(text) or 'failed and did not say why'}",
        source=source,
        request=request,
        status=status,
        retryable=broken or status == 429 or (status is None and bool(MAY_RECOVER.search(text))),
        is_uncertain=broken or unclear,
    )


def cut_off(source: str, request: str, error: Exception, seconds: float) -> SourceError:
    """No whole answer came. Only what never left us is sure not to have been done."""
    unsent = isinstance(error, UNSENT)
    late = isinstance(error, TimeoutError | httpx.TimeoutException)
    match unsent, late:
        case True, _:
            said = f"{source} cannot be reached: {readable(str(error)) or 'no connection in time'}"
        case False, True:
            said = f"{source} did not answer in {seconds:g} s"
        case _:
            said = f"the connection to {source} was cut: {readable(str(error)) or type(error).__name__}"
    return SourceError(said, source=source, request=request, retryable=True, is_uncertain=not unsent)


def too_large(source: str, request: str, limit: int) -> SourceError:
    said = f"{source} answered with more than {limit / 1e6:g} MB, which is not read: ask for less"
    return SourceError(said, source=source, request=request, is_uncertain=True)


def no_answer(source: str, request: str, status: int, body: bytes) -> SourceError:
    """Something answered, but not with what was asked for: a proxy's page, a refusal in plain text, nothing at all."""
    said = readable(body[:4000].decode(errors="replace"))
    if status == 200:
        what = "something that is no answer to the call"
    else:
        what = f"HTTP {status}" + (": the token it is called with is not accepted" if status == 401 else "")
    return SourceError(
        f"{source} answered with {what}{f' ({said})' if said else ''}",
        source=source,
        request=request,
        status=None if status == 200 else status,
        retryable=status >= 500 or status == 429,
        is_uncertain=status == 200 or status >= 500 or status == 408,
    )


def status_in(text: str) -> int | None:
    """The HTTP status that an error text names, the first of them; 404 when it only says `not found`."""
    found = STATUS.search(text)
    if found:
        return int(next(filter(None, found.groups())))
    return 404 if "not found" in text else None


def readable(text: str) -> str:
    """One line of at most 500 characters: no secrets, no addresses of memory, no HTML page."""
    paged = PAGE.sub("an HTML page", text)
    line = " ".join(CONTROL.sub("", MEMORY.sub("", paged)).split())
    return mask_text(line)[:LONGEST]
