"""What is written out in a request: names in quotes, commands in backquotes, blocks of JSON, expressions, host keys.

Each is taken out of the text and leaves a mark, so that no word of it is read as part of the request.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MARK = r"⟦[a-z]+⟧"
MOST = 26
EXPRESSION = r"(?:[^\s;]*[({\[|][^;\n]*|[a-z_:][a-z0-9_:]*(?=\s*(?:$|[;\n])))"
AFTER = re.compile(
    r"\s+(?:(?:over|in|for|during|since|from|within)\s+(?:the\s+)?(?:last|past|yesterday|today|this|\d)|and\s+(?:then|also)\b|then\b)"
    r".*$",
    re.IGNORECASE,
)
KEY = re.compile(
    r"\b((?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-\S+|sk-ssh-\S+|sk-ecdsa-\S+)\s+[A-Za-z0-9+/=]{16,})", re.IGNORECASE
)
KINDS = (
    ("block", re.compile(r"```(?:\w+\n|\n)?(.*?)```", re.DOTALL)),
    ("code", re.compile(r"`([^`\n]+)`")),
    (
        "expression",
        re.compile(
            r"(?:\b(?:promql|logql|traceql|expr(?:ession)?|prometheus|loki|tempo)(?:\s+(?:query|expression|for|with|logs|expr))*\s*:?\s+"
            rf"|\b(?:run|execute|evaluate)\s+(?:the\s+|a\s+)?query\s*:?\s+)({EXPRESSION})",
            re.IGNORECASE,
        ),
    ),
    (
        "quote",
        re.compile(r"[\"“”«»]([^\"“”«»\n]{1,300})[\"“”«»]|(?<!\w)['‘]([^'‘’\n]{1,300})['’](?!\w)"),
    ),
    ("key", KEY),
)


@dataclass(frozen=True, slots=True)
class Written:
    """The text with marks (⟦quotea⟧) and what each stands for, without its quotes."""

    text: str
    literals: Mapping[str, str]

    def restore(self, text: str) -> str:
        """`text` with what its marks stand for."""
        return re.sub(MARK, lambda match: self.literals.get(match[0], ""), text)


def read(raw: str) -> Written:
    """The request with everything written out replaced by marks; beyond 26 of them text stays as it is."""
    text = raw.replace("⟦", "(").replace("⟧", ")").strip()
    literals: dict[str, str] = {}
    for kind, pattern in KINDS:
        text = pattern.sub(lambda match, kind=kind: taken(match, kind, literals), text)
    return Written(text, literals)


def taken(match: re.Match[str], kind: str, literals: dict[str, str]) -> str:
    """The mark in the place of what the match captured; `literals` learns it."""
    if len(literals) >= MOST:
        return match[0]
    group = next(number for number in range(1, len(match.groups()) + 1) if match[number] is not None)
    mark = f"⟦{kind}{chr(ord('a') + len(literals))}⟧"
    if kind != "expression":
        literals[mark] = match[group].strip()
        return mark
    kept = AFTER.sub("", match[group])
    literals[mark] = kept.strip()
    return match[0][: match.start(group) - match.start()] + mark + match[group][len(kept) :]


def of_kind(text: str, kind: str) -> list[str]:
    """The marks of one kind in reading order."""
    return re.findall(rf"⟦{kind}[a-z]⟧", text)
