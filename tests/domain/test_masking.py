"""Masking: every kind of secret goes, whatever stands around it; ordinary operations text stays as it is."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
import pytest

from domain.masking import any_of, is_suspicious, mask, mask_text, masked_json, replaced
from domain.secret_kinds import KINDS, MASK, SHAPES, Kind
from tests.planted import PLANTED, Planted

DATA = Path(__file__).parents[3] / "shared" / "data"
ORDINARY = (
    "HighLatency on checkout since 14:32, p99 2.3 s",
    "tokens_used is 12",
    "token verification failed",
    "JWT token expired for 3 users; token refresh error rate is 4%",
    "Basic authentication failed on checkout, basic auth is off",
    "bearer of bad news: basic checks passed",
    "the secretary approved the secret rotation runbook",
    "Secret checkout-tls expires in 7 days",
    "password rotation is due, the password is expired, passwords were reset",
    "cookie banner broke the login page; cookies are disabled",
    "authorization failed for user ann",
    "the keyspace orders has 3 keys, api keys were rotated",
    "https://grafana.example.com/d/abc?orgId=1&from=now-6h",
    "http://prometheus:9090/graph?g0.expr=up%7Bjob%3D%22api%22%7D&g0.tab=1",
    "image registry:5000/shop/checkout@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "mail ops@example.com about checkout",
    "pod payment-service-7d9f8b6c5-x2x4z restarted 3 times",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 by ann",
    "9d5b7c1e-8a41-4c79-a8e1-0d6f0a2b3c4d",
    "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "sha256:0123456789abcdef",
    "disk-usage-of-the-payment-database-is-high",
    'sum by (service) (rate(http_requests_total{code=~"5..", service="$service"}[$__rate_interval]))',
    "secretName: checkout-tls",
    "credentials_file: /etc/trivium/alertmanager.token",
    "keycloak_refresh_tokens_errors_total: 17",
    "task-queue-worker-1, risk-engine-2, desk-18: 3 of 20 down",
    "kind: Deployment\ndata:\n  user: ann\n",
    "session 9d5b7c1e-8a41-4c79-a8e1-0d6f0a2b3c4d has ended",
    "2026-11-20T14:30:00Z deploy 2026.11.20-1 of checkout to production",
    "10.0.3.7:9100 and [2001:db8::1]:9100 are down",
    "SKU-1234567890 sold out, ASIA-PACIFIC region, AKIApod",
)  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.kind)
def test_a_secret_of_every_kind_goes_wherever_it_stands(planted: Planted) -> None:
    around = (
        planted.text,
        f"before\n{planted.text}",
        f"at 14:30 {planted.text}\nand after",
        orjson.dumps({"log": f"x\n{planted.text}"}).decode(),
    )
    for text in around:
        if planted.kind == "Kubernetes secret" and text.startswith(("at", "{")):
            continue  # the first line of YAML begins its own line
        masked = mask_text(text)
        assert MASK in masked
        assert not [secret for secret in planted.secrets if secret in masked]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.kind)
def test_a_secret_of_every_kind_is_seen_in_the_json_of_a_result(planted: Planted) -> None:
    value = {"rows": [{"number": 1, "line": planted.text}, {"number": 2, "line": "well"}]}
    assert is_suspicious(orjson.dumps(value))
    masked, body = masked_json(value)
    assert masked["rows"][1] == {"number": 2, "line": "well"}
    assert orjson.loads(body) == masked
    assert not [secret for secret in planted.secrets if secret in body.decode()]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert mask_text(text) == text
    assert mask({"text": [text]}) == {"text": [text]}


@pytest.mark.skipif(
    not DATA.is_dir(),
    reason="rules and runbooks published by others are no part of the project, and lie beside it or not at all",
)
def test_published_alert_rules_and_runbooks_stay_as_they_are() -> None:
    texts = [
        path.read_text(errors="replace") for path in sorted(DATA.rglob("*")) if path.suffix in (".yaml", ".yml", ".md")
    ]
    assert len(texts) > 100
    assert [line for text in texts for line in [text, *text.splitlines()] if mask_text(line) != line] == []


def test_masking_twice_changes_nothing_more() -> None:
    for planted in PLANTED:
        assert mask_text(mask_text(planted.text)) == mask_text(planted.text)


def test_a_clean_result_is_given_back_as_it_is() -> None:
    value = {"rows": [{"service": "checkout", "id": "9d5b7c1e-8a41-4c79-a8e1-0d6f0a2b3c4d", "count": 3}]}
    masked, body = masked_json(value)
    assert masked is value
    assert body == orjson.dumps(value)


def test_what_stands_under_a_secrets_name_goes_at_any_depth() -> None:
    value = {
        "db": [{"password": "x", "user": "app", "passwords": ["a", "b"]}],
        "secret": {"value": "v", "size": 3},
        "env": [{"name": "DB_PASSWORD", "value": "y"}, {"name": "REGION", "value": "eu"}],
        "headers": [{"key": "Authorization", "value": "z"}],
        "manifest": {"kind": "Secret", "data": {"user": "dQ=="}, "metadata": {"name": "db"}},
        "secretName": "checkout-tls",
        "count": 3, "none": None, "token": "",
    }  # fmt: skip
    assert mask(value) == {
        "db": [{"password": MASK, "user": "app", "passwords": [MASK, MASK]}],
        "secret": {"value": MASK, "size": 3},
        "env": [{"name": "DB_PASSWORD", "value": MASK}, {"name": "REGION", "value": "eu"}],
        "headers": [{"key": "Authorization", "value": MASK}],
        "manifest": {"kind": "Secret", "data": {"user": MASK}, "metadata": {"name": "db"}},
        "secretName": "checkout-tls",
        "count": 3, "none": None, "token": "",
    }  # fmt: skip


def test_a_secret_that_is_a_key_goes_too() -> None:
    assert mask({"seen": {"ghp_" + "a1B2" * 9: 3}}) == {"seen": {MASK: 3}}


def test_the_word_after_a_flag_and_the_lines_of_a_key_go_though_they_come_one_by_one() -> None:
    assert mask(["backup", "--password", "hunter2", "--full"]) == ["backup", "--password", MASK, "--full"]
    lines = [
        "-----BEGIN RSA PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w",
        "-----END RSA PRIVATE KEY-----",
        "done it all",
    ]
    assert mask(lines)[1:] == [MASK, "-----END RSA PRIVATE KEY-----", "done it all"]
    secret = [
        "apiVersion: v1",
        "data:",
        "  user: YWRtaW4tdXNlcg==",
        "  note: enabled",
        "kind: Secret",
        "  id: YWRtaW4tdXNlcg==",
    ]
    assert mask(secret) == [*secret[:2], f"  user: {MASK}", *secret[3:]]


class Broken:
    def sub(self, _replacement: str, _text: str) -> str:
        raise RecursionError


def test_a_text_that_cannot_be_looked_through_is_not_shown() -> None:
    broken: re.Pattern[str] = Broken()  # pyright: ignore[reportAssignmentType] - a pattern that raises
    assert mask_text("password=hunter2", (Kind("broken", ("passw",), broken),)) == MASK


def test_half_a_character_of_a_broken_text_does_not_let_it_pass() -> None:
    assert "hunter22" not in mask_text("\ud800 password=hunter22")


@pytest.mark.parametrize(
    "unit", ["a.", "a-", "password", "mysql ", "eyJ-", "://a:", "secret: ", "ghp_", "login a ", "'\\", "token "]
)
def test_no_text_takes_long(unit: str) -> None:
    """Looking takes time in proportion to the text: these would run into the test's limit if it took its square."""
    mask_text(unit * (65_536 // len(unit)) + " password")


def test_no_kind_is_there_for_nothing() -> None:
    """Without any one of them, a planted secret shows."""
    by_name = [kind.name for kind in KINDS if not shown([one for one in KINDS if one is not kind], SHAPES)]
    by_shape = [name for name in SHAPES if not shown(KINDS, {one: SHAPES[one] for one in SHAPES if one != name})]
    assert (by_name, by_shape) == ([], [])


def shown(known: Sequence[Kind], shapes: Mapping[str, str]) -> list[str]:
    """The planted secrets that these kinds do not find."""
    shape = any_of(shapes.values())
    masked = [(planted, replaced(planted.text, known, shape)) for planted in PLANTED]
    return [planted.kind for planted, text in masked if any(secret in text for secret in planted.secrets)]


def test_what_every_answer_has_is_no_sign_of_a_secret_and_hides_none_beside_it() -> None:
    own = {"session_id": "5fcaec31-1cb7-4ad6-8b4d-d1b7aba02471", "tokens_used": 12}
    assert masked_json(own)[0] is own
    for text in ("session_id=s3cr3tc00k1ev4lue99", "password=hunter2hunter2"):
        masked, body = masked_json({**own, "line": text})
        assert masked == mask({**own, "line": text})
        assert text.partition("=")[2].encode() not in body
