"""Secrets leave no trace: every string of a result, an argument or an error passes here before anyone sees it."""

import re
from typing import Any, cast

import orjson

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
HINTS = (
    "passw", "passphrase", "secret", "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey",
    "private_key", "private-key", "privatekey", "token", "credential", "session_id", "session-id", "sessionid",
    "bearer", "basic", "authorization", "://", "-begin ", "eyj", "akia", "asia", "agpa", "aida", "aroa",
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glsa_", "glc_", "xox", "sk-",
    "sk_live", "sk_test", "rk_live", "rk_test", "aiza", "ya29", "sg.", "npm_", "dop_v1", "hvs.", "hvb.",
)  # fmt: skip


def is_suspicious(text: str) -> bool:
    """Whether a pattern could match: each has one of the hints in it, and fifty looks cost less than one pattern."""
    lowered = text.lower()
    return any(hint in lowered for hint in HINTS)


def masked_json(value: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """`value` masked, and its JSON; looked through as one text first, since most results have nothing to hide."""
    body = orjson.dumps(value)
    if not is_suspicious(body.decode()):
        return value, body
    masked = mask(value)
    return masked, orjson.dumps(masked)


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
    if not is_suspicious(text):
        return text
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text
