"""The form of an operation, and the replies that many of them share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from web.desk import Guarded, Open, Unsigned
from web.models.problems import InvalidRequest, Problem, Refusal, TooMany

JSON, EVENTS, TEXT, HTML = "application/json", "text/event-stream", "text/plain", "text/html"


@dataclass(frozen=True, slots=True)
class Reply:
    """What one status means; `contents` is its body by media type, none when there is no body."""

    meaning: str
    contents: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Each `{name}` of `path` is a UUID, each `{name:path}` any text. `body` is the JSON that is sent, `parameters`
    those of the address.

    An alias is another path's second name.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    entry: Open | Unsigned | Guarded
    summary: str
    replies: Mapping[int, Reply]
    body: type[BaseModel] | None = None
    parameters: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def template(self) -> str:
        """The path as it is described and measured."""
        return self.path.replace(":path}", "}")


STREAM = {EVENTS: str}
BUG = {500: Reply("A bug; the message has the id under which it is logged", {JSON: Problem})}
SIGNED = {
    401: Reply("No valid token", {JSON: Problem}),
    403: Reply("The token or the role does not suffice", {JSON: Refusal}),
    503: Reply("Postgres is away; try again", {JSON: Problem}),
    **BUG,
}
NO_JSON = {400: Reply("The body is no JSON", {JSON: Problem})}
BODY = {
    413: Reply("The body has more than 10 MB", {JSON: Problem}),
    415: Reply("The body is not declared as JSON", {JSON: Problem}),
}
CHECKED = {422: Reply("A value is missing, unknown or out of range", {JSON: InvalidRequest})}
SENT = {**NO_JSON, **BODY, **CHECKED}
OWN = {404: Reply("It is not there, or not yours", {JSON: Problem})}
LIMITED = {429: Reply("Too many questions in a minute; Retry-After says when", {JSON: TooMany})}
