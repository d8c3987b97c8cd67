"""Hiding: what a run wrote, without control characters, without known secrets, without what looks like one."""

import base64
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from domain.errors import Refused
from domain.masking import Lines
from tools.cleaning import strip_text
from tools.masking import MASK, mask_text

SHORTEST_SECRET = 4
LONGEST_LINE = 4000
TAIL = 512
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
KEY_BEGINS, KEY_ENDS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"), re.compile(r"-----END [A-Z ]*PRIVATE KEY")


class Hider:
    """Knows the secrets of one run, and each of them in the spellings in which a program may show it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        found = {spelling for secret in secrets for line in secret.splitlines() for spelling in spellings(line)}
        self._secrets = sorted((text for text in found if len(text) >= SHORTEST_SECRET), key=len, reverse=True)

    def text(self, text: str) -> str:
        return "\n".join(map(self.lines(), text.split("\n")))

    def lines(self) -> Callable[[str], str]:
        """A function for the lines of one output, in order: a private key or a manifest goes over many."""
        kept, is_inside = Lines(), False

        def hide(line: str) -> str:
            nonlocal is_inside
            was_inside, begins, ends = is_inside, KEY_BEGINS.search(line), KEY_ENDS.search(line)
            is_inside = not ends and (is_inside or bool(begins))
            shown = self.line(line, kept.mask)
            return MASK if was_inside else shown

        return hide

    def line(self, line: str, look: Callable[[str], str] = mask_text) -> str:
        """One line, of which the first 4,000 characters stay: where it is cut no secret may be cut in two."""
        clean = strip_text(ESCAPE.sub("", line))
        for secret in self._secrets:
            clean = clean.replace(secret, MASK)
        if len(clean) <= LONGEST_LINE:
            return look(clean)
        shown = look(clean[: LONGEST_LINE + TAIL])[:-TAIL]
        return f"{shown} … ({len(clean):,} characters)"


def spellings(secret: str) -> set[str]:
    quoted = secret.replace("'", "'\"'\"'")
    encoded = base64.b64encode(secret.encode()).decode()
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    return {secret, quoted, escaped, quote(secret, safe=""), encoded, encoded.rstrip("=")}


def refuse_short(name: str, secret: str) -> None:
    """Raises Refused for a secret too short to be found again in an output."""
    if len(secret) < SHORTEST_SECRET or "\n" in secret.strip("\n"):
        raise Refused(
            f"The credential {name} cannot be a runbook's parameter: it is under {SHORTEST_SECRET} characters long,"
            " or has several lines, and could not be hidden in what the run writes.",
            code="secret_unreadable",
        )
