"""What the tables themselves refuse, whoever writes to them."""

from typing import LiteralString

import psycopg
import pytest

from domain.database import Pool

USER = "insert into trivium.users (id, name) values ('00000000-0000-0000-0000-000000000001', 'ann')"
SESSION: LiteralString = "insert into trivium.ai_sessions (user_id, pillar, revive_mode) values "
ROLE = "(select id from trivium.roles where name = 'viewer')"
PERMISSION: LiteralString = (
    "insert into trivium.ai_permissions (role_id, pillar, tool_category, tool_name, permission) values "
)
ANN = "'00000000-0000-0000-0000-000000000001'"

REFUSED: dict[str, tuple[LiteralString, type[psycopg.Error]]] = {
    "DB-01: a mode that is none": (SESSION + f"({ANN}, 'revive', 'foo')", psycopg.errors.CheckViolation),
    "DB-01: a mode outside revive": (SESSION + f"({ANN}, 'inquiry', 'grafana')", psycopg.errors.CheckViolation),
    "a pillar that is none": (SESSION + f"({ANN}, 'gossip', null)", psycopg.errors.CheckViolation),
    "PM-20: the same permission twice, with nulls": (
        PERMISSION + f"({ROLE}, 'revive', null, null, 'allow'), ({ROLE}, 'revive', null, null, 'allow')",
        psycopg.errors.UniqueViolation,
    ),
    "a permission that is none": (
        PERMISSION + f"({ROLE}, 'revive', null, 'x', 'maybe')",
        psycopg.errors.CheckViolation,
    ),
    "an audit entry changed": ("update trivium.audit_logs set action = 'x'", psycopg.errors.RaiseException),
    "an audit entry removed": ("delete from trivium.audit_logs", psycopg.errors.RaiseException),
    "the audit log emptied": ("truncate trivium.audit_logs cascade", psycopg.errors.RaiseException),
}


@pytest.mark.parametrize(("statement", "error"), REFUSED.values(), ids=REFUSED)
async def test_the_tables_refuse(pool: Pool, statement: LiteralString, error: type[psycopg.Error]) -> None:
    async with pool.connection() as db:
        await db.execute(USER)
        with pytest.raises(error):
            await db.execute(statement)


async def test_a_permission_can_be_any_of_the_four_levels(pool: Pool) -> None:
    """PM-02: audit_only too."""
    async with pool.connection() as db:
        for level in ("allow", "confirm", "deny", "audit_only"):
            values = {"level": level}
            await db.execute(PERMISSION + f"({ROLE}, 'revive', null, %(level)s, %(level)s)", values)


async def test_a_session_of_revive_has_a_mode_or_none(pool: Pool) -> None:
    async with pool.connection() as db:
        await db.execute(USER)
        await db.execute(SESSION + f"({ANN}, 'revive', 'grafana'), ({ANN}, 'revive', null), ({ANN}, 'inquiry', null)")
