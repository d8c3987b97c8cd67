"""Secrets leave no trace: every string of a result, an argument or an error passes here before anyone sees it."""

import re
from typing import Any, cast

MASK = "[masked]"

NAMED = r"""(?ix)
    \b(?P<name> [\w.-]* (?: passw(?:or)?d | passphrase | secret | api[_-]?key | access[_-]?key | private[_-]?key
        | (?: auth | access | refresh ) [_-]? token | client[_-]?secret | credential | session[_-]?id ) [\w.-]* )
    (?P<joint> ["']? \s* [:=] \s* ["']? )
    (?P<value> (?! \[masked\] ) [^\s"',;&}]{3,} )
"""
HEADER = r"""(?i)\b(?P<scheme>authorization["']?\s*[:=]\s*["']?[a-z]+)\s+(?P<value>[A-Za-z0-9+/_.=~-]{4,})"""
BEARER = (  # outside a header only what is no plain word: alerts do speak of token verification
    r"\b(?P<scheme>(?i:bearer|basic|token))\s+"
    r"(?P<value>(?=[A-Za-z0-9+/_.=~-]*(?:\d|[a-z][A-Z]))[A-Za-z0-9+/_.=~-]{12,})"
)
URL = r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^\s/:@]*):(?P<value>[^\s/@]+)@"
SHAPES = r"""(?x)
    -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*
    | \b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b
    | \bgh[pousr]_[A-Za-z0-9]{30,}
    | \bgithub_pat_[A-Za-z0-9_]{30,}
    | \bglpat-[A-Za-z0-9_-]{20,}
    | \bgl(?:sa|c)_[A-Za-z0-9_=-]{20,}
    | \bxox[abposr]-[A-Za-z0-9-]{10,}
    | \bsk-[A-Za-z0-9_-]{20,}
    | \b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}
    | \bAIza[A-Za-z0-9_-]{35}
    | \bya29\.[A-Za-z0-9_-]{20,}
    | \bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}
    | \bnpm_[A-Za-z0-9]{36}
    | \bdop_v1_[a-f0-9]{64}
    | \bhv[sb]\.[A-Za-z0-9_-]{20,}
"""
PATTERNS = (
    (re.compile(SHAPES, re.DOTALL), MASK),
    (re.compile(URL), rf"\g<scheme>\g<user>:{MASK}@"),
    (re.compile(HEADER), rf"\g<scheme> {MASK}"),
    (re.compile(BEARER), rf"\g<scheme> {MASK}"),
    (re.compile(NAMED), rf"\g<name>\g<joint>{MASK}"),
)
SECRET_KEY = re.compile(r"(?i)(passw(or)?d|passphrase|secret|api[_-]?key|private[_-]?key|token$|credentials?$)")
HINT = re.compile(
    r"(?i)pass|secret|key|token|credential|session|bearer|basic|authorization|://|eyJ|A(KIA|SIA|GPA|IDA|ROA)|gh[pousr]_|github_pat|gl|xox"
    r"|sk-|k_(live|test)_|AIza|ya29|SG\.|npm_|dop_v1|hv[sb]\."
)


def mask(value: Any) -> Any:
    """`value` (JSON) with every secret replaced by `[masked]`: by its shape, its name beside it, or its key."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {key: mask_entry(key, entry) for key, entry in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [mask(entry) for entry in cast("list[Any]", value)]
    return value


def mask_entry(key: str, entry: Any) -> Any:
    if isinstance(entry, str) and entry and SECRET_KEY.search(key):
        return MASK
    return mask(entry)


def mask_text(text: str) -> str:
    if not HINT.search(text):
        return text
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text
