"""Kinds of secret: how each looks by itself, or beside the word that names it. `masking` replaces what they find."""

import re
from dataclasses import dataclass

MASK = "[masked]"
# Not \b: an underscore or a dash before a token does not make it another word, nor does the n of a written line end.
OPEN = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
CLOSED = r"(?![A-Za-z0-9])"

SHAPES: dict[str, str] = {
    "AWS access key id": r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{16}" + CLOSED,
    "AWS Bedrock key": r"ABSK[A-Za-z0-9+/=]{60,}",
    "Google API key": r"AIza[A-Za-z0-9_-]{35}",
    "Google OAuth token": r"ya29\.[A-Za-z0-9_-]{20,}",
    "Google client secret": r"GOCSPX-[A-Za-z0-9_-]{20,}",
    "GitHub token": r"gh[pousr]_[A-Za-z0-9]{30,}",
    "GitHub fine-grained token": r"github_pat_[A-Za-z0-9_]{30,}",
    "GitLab token": r"gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas|ffct)-[A-Za-z0-9_.-]{20,}",
    "Slack token": r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}",
    "Slack app token": r"xapp-\d-[A-Za-z0-9-]{15,}",
    "Stripe key": r"(?:[rs]k|whsec)_(?:(?:live|test)_)?(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{16,}",
    "Twilio key": r"SK[0-9a-f]{32}" + CLOSED,
    "SendGrid key": r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "Mailgun key": r"key-[0-9a-f]{32}" + CLOSED,
    "npm token": r"npm_[A-Za-z0-9]{36}",
    "PyPI token": r"pypi-AgE[A-Za-z0-9_-]{16,}",
    "Docker Hub token": r"dckr_pat_[A-Za-z0-9_-]{20,}",
    "DigitalOcean token": r"do[opr]_v1_[a-f0-9]{64}",
    "Vault token": r"hv[sbr]\.[A-Za-z0-9_-]{20,}",
    "Terraform Cloud token": r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{50,}",
    "Grafana token": r"gl(?:sa|c)_[A-Za-z0-9+/_=-]{20,}",
    "Grafana API key": r"eyJrIjoi[A-Za-z0-9+/=_-]{20,}",
    "JSON Web Token": r"eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    "model key": r"sk-(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{20,}",
    "Hugging Face token": r"hf_[A-Za-z0-9]{30,}",
    "Databricks token": r"dapi[0-9a-f]{32}(?:-\d)?" + CLOSED,
    "New Relic key": r"NR(?:AK|II|JS|AA|RA)-[A-Za-z0-9]{20,}",
    "Sentry token": r"sntry[su]_[A-Za-z0-9+/=_-]{30,}",
    "Shopify token": r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    "Linear key": r"lin_api_[A-Za-z0-9]{30,}",
    "Atlassian token": r"ATATT3[A-Za-z0-9_=-]{30,}",
    "Tailscale key": r"tskey-[a-z]{2,12}-[A-Za-z0-9-]{15,}",
    "age key": r"AGE-SECRET-KEY-1[A-Z0-9]{30,}",
    "Fernet token": r"gAAAAA[A-Za-z0-9_-]{60,}={0,2}",
    "Telegram bot token": r"(?:bot)?\d{8,10}:AA[A-Za-z0-9_-]{32,}",
}
LEAST_SHAPE = 20
SHAPE_HINT = re.compile(  # of a folded word of at least LEAST_SHAPE characters
    rb"(?:a[kgis]i|asia|aro|abi|acc|absk|aiza|ya29|gocspx|gh[pousr]_|github_pat|gl[a-z]{2,5}[-_]|xox|xapp|[rs]k[_-]"
    rb"|whsec|sk[0-9a-f]{32}|sg\.|key-|npm_|pypi-|dckr|do[opr]_v1|hv[sbr]\.|atlasv1|eyj|hf_|dapi|nr(?:ak|ii|js|aa|ra)-"
    rb"|sntry|shp[a-z]{2}_|lin_api|atatt3|tskey|gaaaaa|(?:^|n)aa[a-z0-9_-]{32})"
)

# What stands for a value: all that is in quotes (also escaped ones, and ones that were cut off), or a bare word.
JOINT = r"""(?P<joint>\\*["']?[ \t]*(?:=>|:=|[:=])[ \t]*(?P<quote>\\*["'])?)(?!\[masked\])"""
VALUE = r"""(?(quote)(?:(?!(?P=quote))(?:\\.|[^\\\r\n]))+|(?!(?:null|none|nil|true|false)\b)[^\s"',;&}\]\\<>]{3,})"""
ABOUT = r"(?<!name)(?<!names)(?<!file)(?<!path)(?<!ref)(?<!count)(?<!type)(?<!total)(?<!seconds)(?<!errors)(?<!bytes)"
HIDDEN = rf"\g<name>\g<joint>{MASK}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A secret known by what stands beside it. A text without one of the `hints` (lower case) cannot hold it."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str = MASK

    def may_be_in(self, lowered: str) -> bool:
        return any(hint in lowered for hint in self.hints)


def named(name: str, hints: tuple[str, ...], words: str, condition: str = "") -> Kind:
    """`words` followed by = or : and a value."""
    text = rf"(?ixm)(?P<name>(?:{words})[\w.-]{{0,40}}{ABOUT}){JOINT}{condition}{VALUE}"
    return Kind(name, hints, re.compile(text), HIDDEN)


def kind(name: str, hints: tuple[str, ...], pattern: str, replacement: str = MASK) -> Kind:
    return Kind(name, hints, re.compile(pattern, re.IGNORECASE), replacement)


LONG = r"""(?=[^\s"',;&}\]\\<>]{8})(?=[^\s"',;&}\]\\<>]*\d)"""
KEYS = (
    "api_key", "api-key", "apikey", "api key", "access_key", "access-key", "accesskey", "access key",
    "private_key", "private-key", "privatekey", "account_key", "accountkey", "signing_key", "encryption_key",
)  # fmt: skip
KINDS: tuple[Kind, ...] = (
    kind(
        "private key",
        ("-----begin",),
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    ),
    kind(
        "password in a URL",
        ("@",),
        OPEN + r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)(?P<user>[^\s/:@\"'<>]{0,200}):(?!\d{1,5}/)(?!\[masked\]@)"
        r"[^\s\"'<>]{1,500}@",
        rf"\g<scheme>\g<user>:{MASK}@",
    ),
    kind(
        "token in a URL",
        ("@",),
        OPEN + r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)(?=[^\s/:@]{0,200}\d)[A-Za-z0-9_.~-]{20,200}@",
        rf"\g<scheme>{MASK}@",
    ),
    kind("Slack webhook", ("hooks.slack",), r"(?P<url>hooks\.slack(?:-gov)?\.com/)[\w/-]{20,}", rf"\g<url>{MASK}"),
    kind(
        "Discord webhook",
        ("discord",),
        r"(?P<url>discord(?:app)?\.com/api/(?:v\d+/)?webhooks/)[\w/-]{20,}",
        rf"\g<url>{MASK}",
    ),
    kind(
        "Teams webhook", ("webhook.office",), r"(?P<url>webhook\.office\.com/webhookb2/)[\w@/-]{20,}", rf"\g<url>{MASK}"
    ),
    kind(
        "signature in a URL",
        ("sig=", "signature"),
        OPEN + r"(?P<name>(?:sig|(?:x-(?:amz|goog)-)?signature)=)[A-Za-z0-9%+/=_-]{20,}",
        rf"\g<name>{MASK}",
    ),
    kind(
        "authorization header",
        ("authorization",),
        r"(?P<name>authorization\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?[a-z][a-z0-9-]{1,30})[ \t]+"
        r"(?!\[masked\])[^\s\"',\\]{4,}",
        rf"\g<name> {MASK}",
    ),
    kind(
        "authorization without a scheme",
        ("authorization",),
        r"(?P<name>authorization\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?)(?=[^\s\"',\\]*\d)"
        r"[^\s\"',\\]{12,}",
        rf"\g<name>{MASK}",
    ),
    kind(
        "bearer token",
        ("bearer", "basic", "token"),  # only what is no plain word: alerts do speak of tokens
        OPEN + r"(?P<scheme>bearer|basic|token)[ \t]+(?=[A-Za-z0-9+/_.=~-]*(?:\d|(?-i:[a-z][A-Z])))"
        r"(?![0-9a-f-]{36}\b)[A-Za-z0-9+/_.=~-]{12,}",
        rf"\g<scheme> {MASK}",
    ),
    kind(
        "cookie",
        ("cookie",),
        OPEN + r"(?P<name>cookie2?\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?)(?!\[masked\])"
        r"[^\s=;\"']{1,100}=[^\r\n\"'\\]+",
        rf"\g<name>{MASK}",
    ),
    kind(
        "login of a .netrc",
        ("password",),
        OPEN + r"(?P<name>login\s+\S{1,200}\s+(?:account\s+\S{1,200}\s+)?password\s+)"
        r"(?!\[masked\])\S+",
        rf"\g<name>{MASK}",
    ),
    kind(
        "password on a command line",
        ("--pass", "--token", "--secret", "--api-key", "--client-secret", "--auth"),
        r"(?P<name>--(?:password|passwd|passphrase|pass|token|secret|api-key|client-secret|auth-token|auth)"
        r"(?:[ \t]+|=))(?!-|\[masked\])(?:\"[^\"\r\n]+\"|'[^'\r\n]+'|[^\s\"']+)",
        rf"\g<name>{MASK}",
    ),
    kind(
        "password of a MySQL client",
        ("mysql", "mariadb"),
        OPEN + r"(?P<name>(?:mysql|mariadb)[\w-]{0,20}\b[^\r\n|;]{0,300}?\s(?-i:-p))"
        r"(?!\[masked\])(?:\"[^\"\r\n]+\"|'[^'\r\n]+'|[^\s\"'|;]+)",
        rf"\g<name>{MASK}",
    ),
    kind(
        "password of a tool",
        ("sshpass", "redis-cli", "curl", "ldap"),
        OPEN + r"(?P<name>(?:sshpass\s[^\r\n|;]{0,100}?-p|redis-cli\b[^\r\n|;]{0,200}?\s-a|curl\b[^\r\n|;]{0,300}?\s"
        r"(?:-u|--user)\s*[\"']?[^\s:\"']{1,100}:|ldap\w{3,10}\b[^\r\n|;]{0,300}?\s-w)\s*)"
        r"(?!\[masked\])(?:\"[^\"\r\n]+\"|'[^'\r\n]+'|[^\s\"']+)",
        rf"\g<name>{MASK}",
    ),
    kind(
        "password in an element",
        ("passw", "secret", "token", "apikey"),
        r"(?P<name><[\w:.-]{0,40}(?:passw(?:or)?d|secret|token|apikey)[\w:.-]{0,40}[^<>]{0,100}>)"
        r"(?!\[masked\])[^<>]+(?=</)",
        rf"\g<name>{MASK}",
    ),
    kind(
        "password in words",
        ("password is", "passwort is", "passwd is"),
        OPEN + r"(?P<name>pass(?:word|wd) is\s+[\"'`]?)(?=[^\s\"'`]*\d)[^\s\"'`,]{5,}",
        rf"\g<name>{MASK}",
    ),
    named("password", ("passw", "passphrase"), r"passw(?:or)?d|passphrase"),
    named("password, in short", ("pwd",), r"(?<=_)pwd|\bpwd(?=\s*=\s*[^\s/])"),
    named("secret", ("secret",), r"secret(?:\ (?:access\ )?key)?"),
    named("key", KEYS, r"(?:api|access|private|account|signing|encryption)[\ _-]?key"),
    named("token of a kind", ("token",), r"(?:auth|access|refresh|vault|bot|api|bearer|deploy|push|id)[_-]?token"),
    named("token", ("token",), r"token", LONG),
    named("credential", ("credential",), r"(?<!:)credential"),  # not in ai:revive:aiops:credential:read
    named("session", ("session_id", "session-id", "sessionid"), r"session[_-]?id"),
    kind(
        "AWS secret access key",
        ("secret",),
        r"(?P<name>secret(?:[ _-]?access)?[ _-]?key[\\\"'\s:=is]{1,8})"
        r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
        rf"\g<name>{MASK}",
    ),
    kind(
        "Datadog key",
        ("datadog", "dd-a", "dd_a"),
        OPEN + r"(?P<name>(?:datadog|dd)[ _-][^\r\n]{0,30}?key[\\\"'\s:=is]{1,8})[0-9a-f]{32,40}\b",
        rf"\g<name>{MASK}",
    ),
    kind(
        "PagerDuty key",
        ("routing_key", "integration_key", "service_key", "pagerduty"),
        OPEN
        + r"(?P<name>(?:(?:routing|integration|service)_key|pagerduty[^\r\n]{0,30}?(?:key|token))[\\\"'\s:=is]{1,8})"
        r"(?=[A-Za-z0-9+_-]*\d)[A-Za-z0-9+_-]{20,32}(?![A-Za-z0-9+_-])",
        rf"\g<name>{MASK}",
    ),
    kind(
        "password hash",
        ("$",),
        r"\$(?:apr1|2[abxy]|[1567y]|argon2\w{1,2}|pbkdf2[\w-]{0,10})\$"
        r"[./A-Za-z0-9$=,+-]{16,}",
    ),
    kind("password hash by name", ("{sha}", "{ssha}"), r"\{S?SHA\d{0,3}\}[A-Za-z0-9+/=]{20,}"),
)

# Under such a key of an object any text is a secret.
SECRET_KEY = re.compile(
    r"(?i)(?:passw(?:or)?d|passphrase|secret|(?:api|access|private|account|signing|encryption)[ _-]?key|_pwd$|^pwd$"
    r"|token$|^(?:proxy-)?authorization$|^(?:set-)?cookie$)(?![\w.-]*(?:names?|file|path|ref|count|type)$)"
)
MANIFEST = re.compile(OPEN + r"kind\\*[\"']?:\s*\\*[\"']?Secret\b")
LINE_END = r"(?:\r?\n|\\+n)"
REST = r"(?:(?!\\+n)[^\r\n])+"
MANIFEST_DATA = re.compile(rf"(?:data|stringData):[ \t]*(?:{LINE_END}[ \t]+[\w.-]+:[ \t]*{REST})+")
MANIFEST_LINE = re.compile(rf"(?P<name>{LINE_END}[ \t]+[\w.-]+:[ \t]*+)(?!\[masked\]){REST}")
MANIFEST_OBJECT = re.compile(r"(?P<open>\\*\"(?:data|stringData)\\*\"\s*:\s*\{)(?P<entries>[^{}]*)\}")
MANIFEST_ENTRY = re.compile(r"(?P<name>\\*\"[\w.-]+\\*\"\s*:\s*)\\*\"[^\"\\]*\\*\"")
FLAG = re.compile(r"(?i)--?(?:password|passwd|passphrase|pass|token|secret|api-key|client-secret|auth-token)")
DATA_BEGINS = re.compile(r"\s*(?:data|stringData):\s*")
DATA_ENTRY = re.compile(
    r"(?P<name>^\s+[\w.-]+:\s*)(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[a-z])(?:[A-Za-z0-9+/]{4}){1,}[A-Za-z0-9+/]{2}"
    r"(?:[A-Za-z0-9+/=]=|[A-Za-z0-9+/]{2})\s*$"
)
KEY_LINE = re.compile(r"\s*[A-Za-z0-9+/=]{16,}\s*")
