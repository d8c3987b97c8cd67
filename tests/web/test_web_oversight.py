"""What admins look at: whether the audit log is whole, use day by day, and what auto-analyze rules catch."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain import audit_anchors, auto_analyze_rules
from domain.audit_anchors import Anchor, Anchoring
from domain.auto_analyze_rules import NewRule
from domain.database import Pool
from tests.house import actor, runner, spec
from tests.web.entrance import admin, client, desk, parts_of, person
from web.app import build

CHAIN, DAYS = "/api/v1/admin/ai/audit/chain", "/api/v1/admin/ai/usage/days"
RULES, LOG = "/api/v1/admin/auto-analyze-rules", "/api/v1/admin/ai/audit/log"
QUERY = "/api/v1/inquiry/query"


async def told(pool: Pool, anchor: Path | None) -> dict[str, Any]:
    """The chain's reply of a house with this anchor file, once it has something on record."""
    async with runner(pool, spec()) as running:
        parts = replace(parts_of(pool, running), anchor=anchor)
        async with client(build(parts)) as web:
            return (await web.get(CHAIN, headers=admin())).json()


async def recorded(pool: Pool) -> int:
    """Some entries are on the log; how many."""
    async with desk(pool, spec()) as web:
        for _ in range(3):
            assert (await web.post(QUERY, json={"query": "hi"})).status_code == 200
        return (await web.get(LOG)).json()["total"]


async def test_an_intact_log_is_told_as_intact_and_who_vouches_for_it(pool: Pool, tmp_path: Path) -> None:
    """AU-07."""
    anchor, entries = tmp_path / "anchor", await recorded(pool)
    alone = await told(pool, None)
    missing = await told(pool, anchor)
    await Anchoring(pool, anchor).step()
    vouched = await told(pool, anchor)
    assert alone | {"digest": "", "checked_at": ""} == {
        "is_intact": True, "entries": entries, "digest": "", "anchored": 0, "anchored_at": None, "problem": None,
        "anchor_problem": "No anchor file is kept here. That the end of the log was not cut off is only the database's "
        "own word.", "sequence": None, "entry_id": None, "explanation": "", "checked_at": "",
    }  # fmt: skip
    assert missing["anchor_problem"].startswith(f"There is no anchor file {anchor}.")
    assert (vouched["is_intact"], vouched["anchored"], vouched["anchor_problem"]) == (True, entries, "")
    assert vouched["anchored_at"] == audit_anchors.read(anchor)[-1].written_at


async def test_an_edited_entry_is_told_with_its_place(fresh_pool: Pool) -> None:
    """AU-07."""
    await recorded(fresh_pool)
    async with fresh_pool.connection() as db, db.transaction():
        await db.execute("set local session_replication_role = replica")
        await db.execute(
            "update trivium.audit_logs set target = 'another' where id = (select min(id) + 1 from trivium.audit_logs)"
        )
        row = await (await db.execute("select min(id) + 1 as id from trivium.audit_logs")).fetchone()
    broken = await told(fresh_pool, None)
    assert row
    assert {key: broken[key] for key in ("is_intact", "entries", "problem", "sequence", "entry_id")} == {
        "is_intact": False, "entries": 1, "problem": "edited", "sequence": 2, "entry_id": row["id"],
    }  # fmt: skip
    assert broken["explanation"].startswith(f"Audit entry {row['id']} is not what was recorded")


async def test_a_log_whose_end_was_cut_off_is_found_by_the_anchor_file(pool: Pool, tmp_path: Path) -> None:
    """AU-07."""
    anchor, entries = tmp_path / "anchor", await recorded(pool)
    known = Anchor(entries + 5, "f" * 64, datetime(2026, 11, 20, tzinfo=UTC))
    anchor.write_text(known.line)
    cut = await told(pool, anchor)
    anchor.write_text("nonsense")
    damaged = await told(pool, anchor)
    assert (cut["is_intact"], cut["problem"], cut["entries"]) == (False, "cut_tail", entries)
    assert (damaged["is_intact"], "cut off in its last line" in damaged["anchor_problem"]) == (True, True)


async def test_use_is_counted_day_by_day_with_the_days_on_which_nothing_happened(pool: Pool) -> None:
    """AU-05."""
    async with desk(pool, spec()) as web:
        await web.post(QUERY, json={"query": "hi"})
        await web.post(QUERY, json={"query": "hi"}, headers=person("ben", "operator"))
        body = (await web.get(DAYS)).json()
        until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        past = {"since": (until - timedelta(days=2)).isoformat(), "until": until.isoformat()}
        quiet = (await web.get(DAYS, params=past)).json()["days"]
        long = await web.get(DAYS, params={"since": "2020-01-01T00:00:00Z"})
        backwards = await web.get(DAYS, params={"since": past["until"], "until": past["since"]})
    days = body["days"]
    assert len(days) in (31, 32)  # a minute ahead may lie in the next day
    assert sum(day["calls"] for day in days) == 2
    busy = next(day for day in days if day["calls"])
    assert (busy["errors"], busy["blocked"], busy["users"]) == (0, 0, 2)
    assert [(day["calls"], day["users"]) for day in quiet] == [(0, 0), (0, 0)]
    assert quiet[0]["day"] == (until - timedelta(days=2)).isoformat().replace("+00:00", "Z")
    assert (long.status_code, backwards.status_code) == (422, 422)


ALERT = """
insert into trivium.alerts (id, source, fingerprint, name, service, severity, starts_at, labels, annotations)
values (%(id)s, 'test', %(fingerprint)s, 'HighErrors', 'checkout', %(severity)s, now() - interval '1 hour',
    '{}', '{}')
"""
ANALYSIS = """
insert into trivium.auto_analyses (incident_id, alert_id, rule_id, status, ended_at)
values (%(incident)s, %(alert)s, %(rule)s, 'done', now())
"""


async def ruled(pool: Pool) -> str:
    """A rule for critical alerts of checkout, two alerts of which it fits one, and one analysis; the rule's id."""
    ann = await actor(pool, "admin", name="ann")
    new = NewRule(
        name="checkout", alert_name="High*", service="checkout", severities=("critical",), labels={}, annotate=True,
        created_by=ann.user_id,
    )  # fmt: skip
    fits, other = uuid4(), uuid4()
    async with pool.connection() as db:
        rule = await auto_analyze_rules.add(db, new)
        for alert, severity in ((fits, "critical"), (other, "warning")):
            values = {"id": alert, "fingerprint": str(alert), "severity": severity}
            await db.execute(ALERT, values)
        await db.execute(ANALYSIS, {"incident": uuid4(), "alert": fits, "rule": rule.id})
    return str(rule.id)


async def test_rules_are_listed_with_what_they_matched_and_had_analysed(pool: Pool) -> None:
    """AA-01."""
    rule = await ruled(pool)
    async with desk(pool, spec()) as web:
        found = (await web.get(RULES)).json()["rules"]
    assert found == [
        {
            "id": rule, "name": "checkout", "alert_name": "High*", "service": "checkout", "severities": ["critical"],
            "labels": {}, "annotate": True, "is_enabled": True, "created_by": "ann",
            "created_at": found[0]["created_at"], "matched": 1,
            "analyses": {
                "waiting": 0, "running": 0, "done": 1, "failed": 0, "dropped": 0,
                "last_at": found[0]["analyses"]["last_at"], "last_alert": "HighErrors",
            },
        }
    ]  # fmt: skip


async def test_a_rule_is_switched_off_and_on_and_the_log_says_by_whom(pool: Pool) -> None:
    rule = await ruled(pool)
    async with desk(pool, spec()) as web:
        off = await web.put(f"{RULES}/{rule}", json={"is_enabled": False})
        quiet = await web.put(f"{RULES}/{rule}", json={"annotate": False})
        wrong = await web.put(f"{RULES}/{rule}", json={"is_enabled": "no"})
        nobody = await web.put(f"{RULES}/{uuid4()}", json={"is_enabled": False})
        closed = await web.put(f"{RULES}/{rule}", json={}, headers=person("ben", "operator"))
        log = (await web.get(LOG, params={"action": "auto_analyze_rule_changed"})).json()
    assert [(each.status_code, each.json()["is_enabled"], each.json()["annotate"]) for each in (off, quiet)] == [
        (200, False, True), (200, False, False),
    ]  # fmt: skip
    assert [wrong.status_code, nobody.status_code, closed.status_code] == [422, 404, 403]
    assert [(entry["user"], entry["target"], entry["details"]["after"]) for entry in log["entries"]] == [
        ("ann", "checkout", {"is_enabled": False, "annotate": False}),
        ("ann", "checkout", {"is_enabled": False, "annotate": True}),
    ]


@pytest.mark.parametrize("path", [CHAIN, DAYS, RULES])
async def test_only_admins_look_on(pool: Pool, path: str) -> None:
    """EP-12."""
    async with desk(pool, spec()) as web:
        answers = [await web.get(path, headers=who) for who in (person("ben", "operator"), {"Authorization": ""})]
    assert [answer.status_code for answer in answers] == [403, 401]
