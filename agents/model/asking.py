"""One question to a model: streamed, bounded in time, and failing in one way only."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeAlias

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.runnables import Runnable

from agents.brain import Emit

Model: TypeAlias = Runnable[LanguageModelInput, AIMessage]

TOO_LONG = "the conversation is longer than it can read"
WORDS = (
    (ModelRateLimitError, "rate limited"),
    (ContextOverflowError, TOO_LONG),
    (ModelAuthenticationError, "key refused"),
    (ModelPermissionDeniedError, "not allowed"),
    (ModelNotFoundError, "no such model"),
    (ModelInvalidRequestError, "request refused"),
    ((ModelTimeoutError, TimeoutError), "no answer in time"),
    (ModelConnectionError, "no connection"),
)


NO_COMPLETION = (ValueError, LookupError, TypeError, AttributeError)


class ModelFailed(Exception):  # noqa: N818 - says who failed
    """The model gave nothing to use. The message says why in plain words, without addresses, keys or its own text."""


async def ask(
    model: Model,
    messages: Sequence[BaseMessage],
    deadline_seconds: float,
    emit: Emit | None = None,
) -> AIMessageChunk:
    """The whole reply; its text goes through `emit` as it comes. Raises ModelFailed, also for an empty reply."""
    try:
        async with asyncio.timeout(deadline_seconds):
            reply = await collect(model, messages, emit)
    except TimeoutError as error:
        raise ModelFailed(f"no answer within {deadline_seconds:g} s") from error
    if not reply.text.strip() and not reply.tool_call_chunks:
        raise ModelFailed("an empty answer")
    return reply


async def collect(model: Model, messages: Sequence[BaseMessage], emit: Emit | None) -> AIMessageChunk:
    """All that came, joined at the end: joining at each chunk reads a long reply's arguments anew every time."""
    heard: list[AIMessageChunk] = []
    async with aclosing(chunks(model, messages)) as stream:
        async for chunk in stream:
            heard.append(chunk)
            if emit is not None and chunk.text:
                await emit(chunk.text)
    return add_ai_message_chunks(AIMessageChunk(content=""), *heard)


async def chunks(model: Model, messages: Sequence[BaseMessage]) -> AsyncGenerator[AIMessageChunk]:
    started = False
    try:
        async for chunk in model.astream(list(messages)):
            started = True
            yield chunk if isinstance(chunk, AIMessageChunk) else whole(chunk)
    except failures() as error:
        raise ModelFailed(reason(error, started=started)) from error


def whole(message: AIMessage) -> AIMessageChunk:
    """The reply of a model that does not stream, as the one chunk of a stream."""
    return AIMessageChunk(
        content=message.content, tool_calls=message.tool_calls, invalid_tool_calls=message.invalid_tool_calls,
        usage_metadata=message.usage_metadata,
    )  # fmt: skip


def failures() -> tuple[type[Exception], ...]:
    """What the client raises. Looked up when something was raised, for openai costs half a second to import.
    NO_COMPLETION is what its parser makes of a body that is none."""
    import httpx  # noqa: PLC0415 - see above
    from openai import OpenAIError  # noqa: PLC0415 - see above

    return (ModelError, OpenAIError, httpx.HTTPError, TimeoutError, *NO_COMPLETION)


def reason(error: Exception, *, started: bool) -> str:
    """`429 rate limited`, `500 server error`, `the stream broke off`: never the message, which may hold an address."""
    status = getattr(error, "status_code", None)
    known = next((words for kind, words in WORDS if isinstance(error, kind)), None)
    if started and isinstance(error, ModelConnectionError):
        return "the stream broke off"
    if getattr(error, "code", None) == "context_length_exceeded":  # the client tells it by the message alone
        return TOO_LONG
    if status is not None:
        return f"{status} {known or ('server error' if status >= 500 else 'request refused')}"
    return known or ("its reply was no completion" if isinstance(error, NO_COMPLETION) else "it reported an error")
