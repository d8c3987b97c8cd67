"""Secrets: sealed with keys that the database never sees, or fetched by reference when they are used."""

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from domain.errors import Refused

LARGEST_FILE = 64 * 1024


class Keyring:
    """The first key seals, all of them open: a new key is put in front, and `reseal` moves old values to it."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises ValueError when there is no key, or one that is not 32 bytes in URL-safe base64."""
        if not keys:
            raise ValueError("a keyring needs a key")
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """The secret. Raises Refused when no key of the ring has sealed it."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Refused(
                "This secret was sealed with a key that is not in TRIVIUM_SECRET_KEYS.",
                code="secret_unreadable",
                alternative="Add the old key behind the new one, or store the secret again.",
            ) from error

    def reseal(self, sealed: str) -> str:
        """The same secret under the first key. Raises Refused as `open` does."""
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken as error:
            raise Refused("No key of the ring has sealed this.", code="secret_unreadable") from error


def new_key() -> str:
    return Fernet.generate_key().decode()


def parse_reference(reference: str) -> tuple[str, str]:
    """Scheme and place of `env:NAME` or `file:/absolute/path`. Raises Refused for anything else."""
    scheme, _, place = reference.partition(":")
    well = place.isidentifier() if scheme == "env" else Path(place).is_absolute() if scheme == "file" else False
    if not well:
        raise Refused(
            f"{reference!r} is no reference to a secret.",
            code="invalid_arguments",
            alternative="Write env:NAME or file:/absolute/path.",
        )
    return scheme, place


def fetch(reference: str) -> str:
    """What the reference leads to now, without a final line break. Reads a file: call it off the event loop.

    Raises Refused when it leads nowhere; the message names the reference, never a value.
    """
    scheme, place = parse_reference(reference)
    if scheme == "env":
        value = os.environ.get(place, "")
    else:
        try:
            with Path(place).open() as file:
                value = file.read(LARGEST_FILE)
        except OSError as error:
            raise Refused(f"{reference} could not be read: {error.strerror}.", code="secret_unreadable") from error
    if not value.strip():
        raise Refused(f"{reference} is empty or not set where Trivium runs.", code="secret_unreadable")
    return value.rstrip("\r\n")
