"""Where this server is asked: the Host and Origin headers that are taken, whatever address it listens on.

A page in somebody's browser can make a name of its own lead to this machine (DNS rebinding); its requests carry that
name as Host and that page as Origin. Source: modelcontextprotocol.io, transports, security warning (403, 421).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - addresses that are no name to be asked by


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """`names` are taken with any port, since no foreign page can claim one of them; `hosts` and `origins` exactly."""

    names: frozenset[str] = frozenset(LOOPBACK)
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def takes_host(self, host: str) -> bool:
        host = host.lower()
        return host in self.hosts or without_port(host) in self.names

    def takes_origin(self, origin: str | None) -> bool:
        """Programs send none."""
        if origin is None or origin.lower() in self.origins:
            return True
        parts = urlsplit(origin.lower())
        return parts.scheme in ("http", "https") and without_port(parts.netloc) in self.names and not parts.path


def places(listening: str, public_url: str | None, hosts: Iterable[str], origins: Iterable[str]) -> Places:
    """Loopback and the address it listens on; the public address; and what else the settings name."""
    own = f"[{listening}]" if ":" in listening else listening
    public = urlsplit(public_url.lower()) if public_url else None
    return Places(
        names=frozenset({*LOOPBACK, *(() if listening in EVERYWHERE else (own.lower(),))}),
        hosts=frozenset({*map(str.lower, hosts), *((public.netloc,) if public else ())}),
        origins=frozenset({*map(str.lower, origins), *((f"{public.scheme}://{public.netloc}",) if public else ())}),
    )


def without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
