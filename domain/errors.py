"""Who must act when something does not work: the caller (Refused) or someone else's system (SourceError)."""

from uuid import UUID


class Refused(Exception):  # noqa: N818 - the house's word for it
    """The caller can change something: permission, arguments, approval. The message says what.

    `permission` is the permission string that was missing, `alternative` what the caller can do instead.
    """

    def __init__(
        self, message: str, *, code: str, permission: str | None = None, alternative: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.permission = permission
        self.alternative = alternative
        self.execution_id: UUID | None = None


class NotFound(Refused):
    """It is not there, or it is another person's: both look the same from outside."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="not_found")


class SourceError(Exception):
    """Another system failed. Carries which one, what was sent to it and what came back.

    `is_uncertain`: what was asked for may have been done all the same (no answer, a cut connection, a 5xx).
    `is_counted`: a gate has counted it already, so that no other gate shuts for it.
    """

    def __init__(  # noqa: PLR0913 - each by its name, and most have a default
        self,
        message: str,
        *,
        source: str,
        request: str = "",
        status: int | None = None,
        retryable: bool = False,
        is_uncertain: bool = False,
    ) -> None:
        super().__init__(message)
        self.source = source
        self.request = request
        self.status = status
        self.retryable = retryable
        self.is_uncertain = is_uncertain
        self.is_counted = False
