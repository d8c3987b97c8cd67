"""Addresses: where an outgoing request may go, looked up once and then used as it is."""

import asyncio
import ipaddress
import socket

from domain.errors import Refused
from domain.servers import METADATA_NAMES, is_closed

LOOKUP_SECONDS = 5.0


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order; an address is its own.

    A name of which any address is a metadata or link-local one is refused altogether.
    Raises Refused for these, OSError when the name is not known or the lookup takes too long.
    """
    if host.lower().rstrip(".") in METADATA_NAMES:
        raise closed(host, host)
    async with asyncio.timeout(LOOKUP_SECONDS):
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if is_closed(ipaddress.ip_address(address.partition("%")[0])):
            raise closed(host, address)
    return addresses


def closed(host: str, address: str) -> Refused:
    where = host if host == address else f"{host} ({address})"
    return Refused(
        f"{where} is a metadata or link-local address, to which no request is sent.",
        code="address_refused",
        alternative="Name the service itself.",
    )
