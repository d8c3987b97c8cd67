"""What an OAuth client is told: who grants tokens for this server, and which scope a request was lacking.

Written by ourselves, with issuers as plain text: the SDK's own document adds a slash to an issuer without a path, which
strict clients then refuse. Source: RFC 9728, RFC 6750 3, modelcontextprotocol.io, authorization (2026-07-28).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from domain.tokens import PILLARS

Json: TypeAlias = dict[str, Any]
METADATA = "/.well-known/oauth-protected-resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """This server as OAuth sees it, at `path` of its `base`; without issuers only tokens of the house open it."""

    base: str
    path: str
    issuers: tuple[str, ...]

    def document(self) -> Json:
        return {
            "resource": self.base + self.path,
            "resource_name": "Trivium",
            "authorization_servers": list(self.issuers),
            "scopes_supported": list(PILLARS),
            "bearer_methods_supported": ["header"],
        }

    def challenge(self, error: str | None, scopes: Iterable[str], description: str | None = None) -> str:
        """The value of WWW-Authenticate: what is missing, and where to get it when somebody grants it."""
        fields = {"error": error, "error_description": description, "scope": " ".join(scopes)}
        if self.issuers:
            fields["resource_metadata"] = self.base + METADATA + self.path
        return "Bearer " + ", ".join(f'{name}="{quotable(value)}"' for name, value in fields.items() if value)


def quotable(text: str) -> str:
    """Text that may stand in quotes in a header: printable ASCII without quotes. Source: RFC 6750 3."""
    return "".join(letter for letter in text if " " <= letter <= "~" and letter not in '"\\')


def lacking(message: object, scopes: frozenset[str], needed: Mapping[str, str]) -> tuple[str, ...]:
    """The scopes one of which this message needs and the token does not have; none when it may pass.

    Every message needs one of the pillars, whichever it is, and a tool of one pillar needs that one.
    """
    pillar = needed.get(called(message) or "")
    wanted = (pillar,) if pillar else PILLARS
    return () if scopes.intersection(wanted) else wanted


def called(message: object) -> str | None:
    """The name of the tool that a message calls."""
    match message:
        case {"method": "tools/call", "params": {"name": str(name)}}:
            return name
        case _:
            return None
