"""Why a request was not served, in words for people and codes for programs."""

from pydantic import ConfigDict, Field

from web.models.shape import Told, is_none


class Problem(Told):
    """`error` is a code for programs, `message` says what was tried, what came of it, what to do."""

    error: str
    message: str


class Refusal(Problem):
    """What was missing, and what can be done instead; a key without a value is left out.

    Also read from a run's error, which may hold more than callers are told.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    required_permission: str | None = Field(default=None, exclude_if=is_none)
    alternative: str | None = Field(default=None, exclude_if=is_none)


class FieldProblem(Told):
    field: str
    message: str


class InvalidRequest(Problem):
    """Each value that cannot be taken; `alternative` says what can, where that is known."""

    details: tuple[FieldProblem, ...]
    alternative: str | None = Field(default=None, exclude_if=is_none)


class InvalidPayload(Problem):
    """`field` is the path of the first value that is wrong, such as `alerts[3].startsAt`."""

    field: str


class TooMany(Problem):
    """`retry_after` in seconds."""

    retry_after: int
