"""A client of one OpenAI-compatible endpoint, with every wait bounded."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from tools.runbooks.http import Pinned

CONNECT_SECONDS = 5
NO_KEY = "none"


@asynccontextmanager
async def open_model(  # noqa: PLR0913 - each by its name
    *,
    base_url: str | None,
    api_key: str | None,
    model: str,
    timeout_seconds: float,
    chunk_timeout_seconds: float,
    is_pinned: bool = False,
) -> AsyncGenerator[BaseChatModel]:
    """The model, at OpenAI's own endpoint without a `base_url`. Opening sends nothing; leaving closes its connections.

    `timeout_seconds` bounds one silence before the first word, `chunk_timeout_seconds` one between two words. The
    client's own defaults wait for ever, pick another protocol by the model's name, and look for a key in the
    environment: each is set here (langchain-openai 1.7.3). `is_pinned`: only addresses that were looked at are reached,
    for an admin named the host and not the operator of this machine.
    """
    from langchain_openai import ChatOpenAI  # noqa: PLC0415 - a second of imports that a run without a model saves

    client = ChatOpenAI(
        model=model,
        base_url=base_url,
        api_key=SecretStr(api_key or NO_KEY),
        timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS),
        stream_chunk_timeout=chunk_timeout_seconds,
        max_retries=1,
        temperature=0,
        use_responses_api=False,
        stream_usage=True,
        http_async_client=pinned() if is_pinned else None,
    )
    try:
        yield client
    finally:
        await client.root_async_client.close()
        client.root_client.close()


def pinned() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=Pinned(httpx.AsyncHTTPTransport()), trust_env=False)
