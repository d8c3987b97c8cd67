"""An audit log to attack, and what a superuser who has switched triggers off can do to it."""

from typing import Any
from uuid import uuid4

from domain import audit, audit_chain
from domain.actors import Actor
from domain.audit import Entry
from domain.audit_anchors import Anchor
from domain.audit_chain import GENESIS, Verdict
from domain.database import Pool

# The chain as an attacker would make it fit again: every link after the given sequence, and the head.
RECOMPUTE = """
do $$
declare
    link record;
    latest text;
begin
    select digest into latest from trivium.audit_chain where sequence = {after};
    for link in select chain.sequence, entry from trivium.audit_chain as chain
            join trivium.audit_logs as entry on entry.id = chain.entry_id
            where chain.sequence > {after} order by chain.sequence loop
        latest := trivium.audit_digest(latest, link.entry);
        update trivium.audit_chain set digest = latest where sequence = link.sequence;
    end loop;
    update trivium.audit_head set sequence = (select max(sequence) from trivium.audit_chain), digest = latest;
end $$
"""
SET_HEAD_BACK = """
update trivium.audit_head as head set sequence = link.sequence, digest = link.digest
from (select sequence, digest from trivium.audit_chain order by sequence desc limit 1) as link
"""
CUT = "delete from trivium.audit_logs where id > 7; delete from trivium.audit_chain where sequence > 7;" + SET_HEAD_BACK
REWRITTEN = "update trivium.audit_logs set target = 'nothing' where id = 6;" + RECOMPUTE.format(after=5)
EMPTIED = (
    "delete from trivium.audit_logs; delete from trivium.audit_chain;"
    f"update trivium.audit_head set sequence = 0, digest = '{GENESIS}'"
)


async def fill(pool: Pool, who: Actor, count: int = 10) -> None:
    """So many entries; every other one has all columns, with signs that separators and encodings could stumble on."""
    async with pool.connection() as db:
        for n in range(count):
            session, tool = (uuid4(), "query_echo") if n % 2 else (None, None)
            details = {"n": n, "text": "3:abc,-, 'ü' 🚒 \\ \n", "big": 1e300, "none": None, "list": [1, 2.50]}
            entry = Entry(action="tested", target=f"1:{n},", details=details, session_id=session, tool=tool)
            await audit.append(db, who, entry)


async def verified(pool: Pool, anchors: list[Anchor] | None = None) -> Verdict:
    async with pool.connection() as db:
        return await audit_chain.verify(db, anchors or [])


async def attack(pool: Pool, sql: str) -> None:
    """As a superuser who has switched triggers and foreign keys off."""
    async with pool.connection() as db, db.transaction():
        await db.execute("set local session_replication_role = replica")
        await db.execute(sql.encode(), prepare=False)


def said(verdict: Verdict) -> tuple[Any, ...]:
    return verdict.problem, verdict.sequence, verdict.entry_id, verdict.entries
