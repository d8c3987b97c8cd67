"""What went wrong, in words for the caller: for a tool's result, and as an error of the protocol for all else."""

import mcp_types as types
from mcp.shared.exceptions import MCPError
from psycopg import OperationalError

from domain.errors import NotFound, Refused, SourceError
from domain.masking import mask_text
from domain.tokens import Unauthenticated
from graphs.endings import unavailable
from mcp_server import rendering


def advice(error: Refused | Unauthenticated | SourceError | OperationalError) -> str:
    """What the error means for the caller, with what to do."""
    match error:
        case NotFound():
            return f"{error} list_runs shows which are." if " run " in str(error) else str(error)
        case Refused():
            return rendering.refusal(error)
        case Unauthenticated():
            return f"{error} Give this server a valid TRIVIUM_TOKEN (`trivium token` makes one) and restart it."
        case SourceError():
            return f"{error}. Try again in a minute."
        case OperationalError():
            return f"{unavailable(error)['message']} Try again in a minute."


def refusal_of(error: Exception) -> MCPError | None:
    """The protocol's error for what the caller or an operator can mend; None for a bug of ours."""
    match error:
        case Refused():
            return MCPError(code=types.INVALID_PARAMS, message=mask_text(advice(error)))
        case Unauthenticated() | SourceError() | OperationalError():
            return MCPError(code=types.INTERNAL_ERROR, message=mask_text(advice(error)))
        case _:
            return None
