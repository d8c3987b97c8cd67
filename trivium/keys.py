"""Keys of this house: those that seal stored credentials, from the environment or made once and kept."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from config.settings import Settings
from domain.errors import Refused
from domain.secrets import Keyring, new_key

SEALING_FILE = "secrets.key"


def keyring(settings: Settings) -> Keyring | None:
    """TRIVIUM_SECRET_KEYS, or in embedded mode one key made once and kept in TRIVIUM_HOME; else None.

    Reads and may write a file: call it off the event loop. Raises Refused when the kept key is damaged.
    """
    if settings.trivium_secret_keys:
        return Keyring([key.get_secret_value() for key in settings.trivium_secret_keys])
    return kept_keyring(settings.trivium_home / SEALING_FILE) if settings.is_embedded else None


def kept_keyring(path: Path) -> Keyring:
    try:
        return Keyring([kept(path, new_key).strip()])
    except ValueError as error:
        raise Refused(
            f"{path} holds no key.",
            code="secret_unreadable",
            alternative="Put the file back as it was: what it sealed cannot be opened without it.",
        ) from error


def kept(path: Path, make: Callable[[], str]) -> str:
    """What the file holds, which only its owner can read; whichever process links it first has made it."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{uuid4().hex}")
        write(draft, make())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text()


def write(path: Path, text: str) -> None:
    """On the disk itself, so that no power cut leaves sealed values behind without their key."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
