import pytest

from tools.masking import MASK, mask, mask_text

HEX = "0123456789abcdef"

SECRETS = {
    "password=": ("db password=hunter2 ok", "hunter2"),
    "PASSWORD:": ('{"PASSWORD": "s3cr3t!!"}', "s3cr3t!!"),
    "api key": ("X-Api-Key: 9f8e7d6c5b4a", "9f8e7d6c5b4a"),
    "client secret": ("client_secret=abc.def~ghi", "abc.def~ghi"),
    "aws access key": ("key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE"),
    "aws secret": ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "wJalrXUtnFEMI"),
    "github token": ("ghp_" + "a1B2" * 9, "a1B2a1B2"),
    "github fine-grained": ("github_pat_" + "a1B2" * 9, "a1B2a1B2"),
    "gitlab token": ("glpat-" + "a1B2" * 5, "a1B2a1B2"),
    "grafana token": ("glsa_" + "a1B2" * 8 + "_deadbeef", "a1B2a1B2"),
    "slack token": ("xoxb-123456789012-abcdefABCDEF", "abcdefABCDEF"),
    "openai key": ("sk-proj-" + "a1B2" * 10, "a1B2a1B2"),
    "stripe key": ("sk_live_" + "a1B2" * 6, "a1B2a1B2"),
    "google key": ("AIza" + "a" * 35, "aaaaaaaa"),
    "google oauth": ("ya29." + "a1B2" * 8, "a1B2a1B2"),
    "sendgrid": ("SG." + "a1B2" * 5 + "." + "c3D4" * 5, "c3D4c3D4"),
    "npm": ("npm_" + "a1B2" * 9, "a1B2a1B2"),
    "digitalocean": ("dop_v1_" + HEX * 4, HEX),
    "vault": ("hvs." + "a1B2" * 6, "a1B2a1B2"),
    "jwt": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123", "eyJzdWIiOiIxIn0"),
    "bearer": ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"),
    "bearer alone": ("it sent bearer abcdefghIJKLmnop", "abcdefghIJKLmnop"),
    "digest": ("authorization: Digest abcdef", "abcdef"),
    "basic": ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
    "url": ("postgres://app:pa55word@db/x", "pa55word"),
    "private key": ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----", "MIIE"),
    "cut private key": ("-----BEGIN PRIVATE KEY-----\nMIIEvQ", "MIIEvQ"),
}


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_a_secret_is_masked_wherever_it_stands(text: str, secret: str) -> None:
    assert secret in text
    for value in (text, f"line one {text} line two", text.replace("ok", "")):
        assert secret not in mask_text(value)
        assert MASK in mask_text(value)


@pytest.mark.parametrize(
    "text",
    [
        "HighLatency on checkout since 14:32",
        "tokens_used is 12",
        "postmortems about token verification",
        "Basic authentication failed on checkout",
        "the keyspace orders has 3 keys",
        "https://grafana.example.com/d/abc?orgId=1",
        "pod payment-service-7d9f8b6c5-x2x4z restarted 3 times",
        "secret rotation runbook",
        "9d5b7c1e-8a41-4c79-a8e1-0d6f0a2b3c4d",
        "sha256:0123456789abcdef",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert mask_text(text) == text


def test_values_under_a_secrets_name_are_masked_at_any_depth() -> None:
    value = {"db": [{"password": "x", "user": "app"}], "api_key": "k", "count": 3, "none": None, "token": ""}
    assert mask(value) == {
        "db": [{"password": MASK, "user": "app"}],
        "api_key": MASK,
        "count": 3,
        "none": None,
        "token": "",
    }


def test_masking_twice_changes_nothing_more() -> None:
    for text, _ in SECRETS.values():
        assert mask_text(mask_text(text)) == mask_text(text)
