"""Where language models may be, and where their keys are."""

import asyncio
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from domain import credentials, servers
from domain.errors import Refused
from domain.masking import mask_text


def refuse_address(url: str, allowed: tuple[str, ...]) -> None:
    """Raises Refused for what is no web address, for metadata addresses, and for a host that is not on the list, when
    there is one: as for datasources, for whoever may name an address has us send requests there."""
    try:
        parts = urlsplit(url)
        host, _ = servers.safe_hostname(parts.hostname or ""), parts.port
    except ValueError as error:
        raise no(str(error)) from error
    if parts.scheme not in ("http", "https") or parts.username or parts.password or parts.fragment or parts.query:
        raise no("it is written like https://api.openai.com/v1, without user, password or parameters")
    if mask_text(url) != url:
        raise no("it holds a secret: that belongs where secret_ref leads")
    if allowed and not any(fnmatchcase(host.lower(), pattern.lower()) for pattern in allowed):
        raise no(f"{host} is not among the hosts of LLM_ALLOWED_HOSTS ({', '.join(allowed)})")


def refuse_secret(reference: str) -> None:
    """Follows links on disk: call it off the event loop. Raises Refused for what is no reference, and for one to a
    secret of Trivium's own, which would be sent to the model's address."""
    credentials.refuse_unsuitable(reference)


async def key_of(reference: str | None) -> str | None:
    """The key as it is now. Raises Refused when the reference leads nowhere."""
    return await asyncio.to_thread(credentials.fetch, reference) if reference else None


def no(why: str) -> Refused:
    return Refused(f"The model's address cannot be taken: {why}.", code="invalid_arguments")
