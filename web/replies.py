"""JSON out: one function makes every body, one turns an answer into its public shape."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson
from pydantic import BaseModel
from starlette.responses import Response

from agents.answer import Answer
from domain.ingest.changes import StoredChanges
from domain.ingest.store import Stored
from web.models.inquiry import AnswerTold

Json: TypeAlias = dict[str, Any]


def reply(
    body: BaseModel | Stored | StoredChanges, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(as_bytes(body), status, headers, media_type="application/json")


def as_bytes(body: object) -> bytes:
    """JSON of models, dataclasses and plain values; UTC times end in Z."""
    return orjson.dumps(body, default=plain, option=orjson.OPT_UTC_Z)


def plain(value: object) -> Json:
    """What orjson itself does not know. Raises TypeError, as orjson wants it, for anything but a model."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    raise TypeError(type(value).__name__)


def told(answer: Answer) -> AnswerTold:
    """The answer in the seeds' shape: `sources` are names, each once, in the order in which they were asked."""
    return AnswerTold(
        summary=answer.summary,
        data=answer.data,
        timeline=answer.timeline,
        sources=tuple(dict.fromkeys(source.source for source in answer.sources)),
        evidence=answer.sources,
        findings=answer.findings,
        parts=answer.parts,
        suggestions=answer.suggestions,
        unknown=answer.unknown,
        understood=answer.understood,
        brain=answer.brain,
        notes=answer.notes,
    )
