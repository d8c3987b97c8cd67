from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from web.access import Access
from web.meters import Meters

SCOPE: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def receive() -> Message:
    return {"type": "http.disconnect"}


async def send(_message: Message) -> None:
    return None


async def test_a_caller_who_leaves_while_sending_is_counted_and_no_error() -> None:
    async def leaving(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ClientDisconnect

    meters = Meters()
    await Access(leaving, meters)(dict(SCOPE), receive, send)
    assert b'_count{method="unmatched",route="unmatched",status="499"} 1.0' in meters.exposition()


async def test_a_bug_after_the_answer_has_begun_cuts_the_connection() -> None:
    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("begun")(scope, receive, send)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Access(breaking, Meters())(dict(SCOPE), receive, send)


async def test_what_is_not_http_passes_untouched() -> None:
    seen: list[Scope] = []

    async def inner(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope)

    await Access(inner, Meters())({"type": "lifespan"}, receive, send)
    assert seen == [{"type": "lifespan"}]
