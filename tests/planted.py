"""Secrets to plant: one of every kind, made up, each in a text as it is met in logs, labels and messages."""

import base64
import random
import string
from dataclasses import dataclass

LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Planted:
    """`text` as somebody sends it; no trace may be left of any of `secrets`."""

    kind: str
    text: str
    secrets: tuple[str, ...]


def made(seed: str, length: int, alphabet: str = LETTERS) -> str:
    """The same for the same seed, with a digit early on, as real ones have."""
    chosen = random.Random(seed)  # noqa: S311 - they open nothing
    return "".join(chosen.choices(alphabet, k=length - 2)) + "7" + chosen.choice(alphabet)


def one(kind: str, text: str, secret: str) -> Planted:
    return Planted(kind, text.replace("@@", secret), (secret,))


def jwt() -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    return f"{head}.{made('jwt body', 60)}.{made('jwt end', 43)}"


def key(kind: str, label: str) -> Planted:
    lines = [made(f"{kind}{number}", 64, LETTERS + "+/") for number in range(4)]
    text = "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"))
    return Planted(kind, f"wrote key {text} to disk", tuple(lines))


def manifest() -> Planted:
    first, second = (base64.b64encode(made(f"manifest {name}", 18).encode()).decode() for name in "ab")
    text = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: checkout-db\ndata:\n  user: {first}\n  pin: {second}\n"
    return Planted("Kubernetes secret", text, (first, second))


def google_account() -> Planted:
    lines = [made(f"google{number}", 64, LETTERS + "+/") for number in range(3)]
    pem = "\\n".join(("-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"))
    return Planted(
        "Google service account",
        f'{{"type": "service_account", "private_key": "{pem}\\n", "client_email": "a@b.iam.gserviceaccount.com"}}',
        tuple(lines),
    )


PLANTED: tuple[Planted, ...] = (
    one("AWS access key id", "signed with @@ at noon", "AKIA" + made("aws", 16, string.ascii_uppercase + "234567")),
    one("AWS secret access key", "aws_secret_access_key = @@", made("aws secret", 40, LETTERS + "/+")),
    one("AWS secret access key in words", "the AWS secret key @@ is in use", made("aws words", 40)),
    one("AWS session token header", "X-Amz-Security-Token: @@", made("aws session", 120, LETTERS + "/+")),
    google_account(),
    one("Google API key", "maps called with @@", "AIza" + made("google key", 35)),
    one("Google OAuth token", "got ya29.@@", made("oauth", 60)),
    one(
        "Azure connection string",
        "DefaultEndpointsProtocol=https;AccountName=prod;AccountKey=@@;EndpointSuffix=core.net",
        made("azure", 86, LETTERS + "+/") + "==",
    ),
    one(
        "Azure shared access key",
        "Endpoint=sb://bus/;SharedAccessKeyName=root;SharedAccessKey=@@",
        made("bus", 43) + "=",
    ),
    one(
        "Azure SAS signature",
        "https://prod.blob.core.windows.net/c/b?sv=2024-11-04&sig=@@&se=2026",
        made("sas", 43) + "%3D",
    ),
    one("GitHub token", "pushed as ghp_@@", made("github", 36)),
    one("GitHub fine-grained token", "cloned with github_pat_@@", made("fine", 22) + "_" + made("fine two", 59)),
    one("GitLab token", "runner used glpat-@@", made("gitlab", 20)),
    one("Slack token", "posting with xoxb-@@", "123456789012-1234567890123-" + made("slack", 24)),
    one("Slack webhook", "POST https://hooks.slack.com/services/@@ 404", "T01ABCD2EFG/B02HIJK3LMN/" + made("hook", 24)),
    one("Discord webhook", "https://discord.com/api/webhooks/123456789012345678/@@", made("discord", 68)),
    one(
        "Teams webhook",
        "https://prod.webhook.office.com/webhookb2/@@/IncomingWebhook",
        made("teams", 36) + "@" + made("teams two", 36),
    ),
    one("Stripe key", "charge failed for sk_live_@@", made("stripe", 24)),
    one("Twilio key", "sms by SK@@", made("twilio", 32, HEX)),
    one("Twilio auth token", "TWILIO_AUTH_TOKEN=@@", made("twilio auth", 32, HEX)),
    one("SendGrid key", "mail by SG.@@", made("send", 22) + "." + made("grid", 43)),
    one("npm token", "//packages.example.com/:_authToken=npm_@@", made("npm", 36)),
    one("PyPI token", "twine used pypi-@@", "AgEIcHlwaS5vcmc" + made("pypi", 60)),
    one("DigitalOcean token", "doctl with dop_v1_@@", made("do", 64, HEX)),
    one("Vault token", "vault login hvs.@@", made("vault", 90)),
    one("Grafana token", "grafana with glsa_@@", made("grafana", 32) + "_1a2b3c4d"),
    one("model key", "asked with sk-ant-api03-@@", made("model", 80)),
    one("Hugging Face token", "pulled with hf_@@", made("face", 34)),
    one("Telegram bot token", "https://api.telegram.org/bot@@/getMe", "7123456789:AA" + made("telegram", 33)),
    one("Datadog key", "DD_API_KEY=@@", made("datadog", 32, HEX)),
    one("Datadog key in words", "datadog api key: @@", made("datadog two", 32, HEX)),
    one("PagerDuty routing key", '{"routing_key": "@@", "event_action": "trigger"}', made("pager", 32)),
    one("PagerDuty token", "Authorization: Token token=@@", made("pager two", 20)),
    one("JSON Web Token", "session @@ was refused", jwt()),
    key("RSA private key", "RSA PRIVATE KEY"),
    key("OpenSSH private key", "OPENSSH PRIVATE KEY"),
    key("PGP private key", "PGP PRIVATE KEY BLOCK"),
    one("Postgres URL", "cannot connect to postgres://app:@@@db.internal:5432/shop", made("pg", 16)),
    one("Redis URL", "cannot connect to redis://:@@@cache:6379/0", made("redis", 16)),
    one("AMQP URL", "amqps://guest:@@@rabbit/vhost closed", made("amqp", 16)),
    one("MongoDB URL", "mongodb+srv://root:@@@cluster0.mongodb.net/?retryWrites=true", made("mongo", 16)),
    one("token in a URL", "git clone https://@@@git.internal/shop.git", made("git", 40)),
    one("basic authorization", "Authorization: Basic @@", base64.b64encode(made("basic", 24).encode()).decode()),
    one("bearer token", "curl said: bearer @@ is not valid", made("bearer", 40)),
    one("cookie", "Cookie: theme=dark; sid=@@", made("cookie", 32)),
    one("set cookie", "Set-Cookie: sid=@@; HttpOnly", made("set cookie", 32)),
    one("password", "login failed: password=@@ user=app", made("password", 14)),
    one("quoted password", """{"user": "app", "password": "@@"}""", "correct horse, battery " + made("horse", 6)),
    one("escaped password", r"""log="{\"password\":\"@@\"}" """, "tr0ub4dor," + made("troubador", 5)),
    one("password on a command line", "backup --user app --password @@ --full", made("flag", 14)),
    one("MySQL client", "mysql -h db -u root -p@@ shop", made("mysql", 12)),
    one("PGPASSWORD", "PGPASSWORD=@@ psql -h db", made("pgpassword", 14)),
    one(".netrc", "machine api.internal login deploy password @@", made("netrc", 14)),
    one("htpasswd hash", "admin:$apr1$@@", made("salt", 8) + "$" + made("htpasswd", 22)),
    one("bcrypt hash", "root:$2y$10$@@", made("bcrypt", 53)),
    manifest(),
    one("Fernet token", "sealed as gAAAAAB@@==", made("fernet", 100, LETTERS + "-_")),
    one("API key header", "X-Api-Key: @@", made("header", 24)),
    one("digest authorization", "Authorization: Digest @@", made("digest", 10)),
    one("bare authorization", "authorization: @@", made("bare", 30)),
    one("curl", "curl -s -u deploy:@@ https://api.internal/v1", made("curl", 14)),
    one("XML", "<db><password>@@</password></db>", made("xml", 14)),
    one("MYSQL_PWD", "MYSQL_PWD=@@ mysqldump shop", made("pwd", 14)),
    one("client secret", "client_secret=@@", made("client secret", 24)),
    one("auth token of letters", "auth_token: @@", "letmeinplease"),
    one("credential", "credential=@@", made("credential", 14)),
    one("session id", "session_id=@@", made("session", 26)),
    one("Datadog application key", "datadog application key @@", made("datadog three", 40, HEX)),
    one("LDAP hash", "userPassword {SSHA}@@", made("ldap", 32)),
    one("AWS Bedrock key", "asked with ABSK@@", made("bedrock", 100)),
    one("Google client secret", "client GOCSPX-@@", made("gocspx", 28)),
    one("Slack app token", "socket with xapp-1-@@", "A012ABCDEF-" + made("xapp", 64, HEX)),
    one("Mailgun key", "mail by key-@@", made("mailgun", 32, HEX)),
    one("npm token alone", "published by npm_@@", made("npm alone", 36)),
    one("Docker Hub token", "pulled by dckr_pat_@@", made("docker", 27)),
    one("Terraform Cloud token", "planned by @@", made("terra", 14) + ".atlasv1." + made("form", 67)),
    one("Grafana API key", "old key eyJrIjoi@@", made("grafana old", 60)),
    one("Databricks token", "job by dapi@@", made("databricks", 32, HEX)),
    one("New Relic key", "agent NRAK-@@", made("relic", 27)),
    one("Sentry token", "release by sntrys_@@", made("sentry", 60)),
    one("Shopify token", "shop by shpat_@@", made("shopify", 32, HEX)),
    one("Linear key", "issue by lin_api_@@", made("linear", 40)),
    one("Atlassian token", "page by ATATT3@@", made("atlassian", 60)),
    one("Tailscale key", "joined by tskey-auth-@@", made("tail", 12) + "-" + made("scale", 32)),
    one("age key", "AGE-SECRET-KEY-1@@", made("age", 58, string.ascii_uppercase + "023456789")),
    one("password in words", "hi, my password is @@, please check", made("words", 12)),
)
