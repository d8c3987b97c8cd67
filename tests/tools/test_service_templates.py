"""WF-01, CF-10: provisioning is requirements, quota, price, a person's word, the deed, and how to connect."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.confirmations import Decision, decide
from domain.database import Pool
from domain.errors import Refused
from tests.house import actor, door
from tests.tools.runbook_world import SPECS, World, world
from tools.call import ApprovalNeeded
from tools.runbooks import services
from tools.runbooks.services import Cost

pytestmark = pytest.mark.slow

TABLES = {"size": {"small": 0.05, "large": 0.4}, "replicas": {"1": 0, "2": 0.1}}
COST = {"currency": "EUR", "base_hourly": 0.01, "tables": TABLES}
QUOTA = {"per_user": 2, "hourly_cost_per_user": 0.5, "total": 3}
PARAMETERS = [
    {"name": "name", "pattern": "[a-z]+"},
    {"name": "size", "type": "choice", "choices": ["small", "large"], "default": "small"},
    {"name": "replicas", "type": "integer", "default": 1},
]
WAIT = {"name": "make it", "kind": "wait", "seconds": 0.05}
CONNECTION = {"host": "{name}.db.example", "url": "postgres://{name}.db.example:5432/{name}?size={size}"}


async def template(here: World, **changes: Any) -> None:
    given = {"kind": "service_template", "parameters": PARAMETERS, "cost": COST, "quota": QUOTA} | changes
    await here.store(WAIT, name="postgres", connection=CONNECTION, **given)


async def provision(here: World, **parameters: Any) -> Any:
    return await here.run("postgres", parameters={"name": "shop"} | parameters)


async def test_the_card_says_what_it_costs_and_what_is_left_and_the_answer_how_to_connect(pool: Pool) -> None:
    here = await world(pool)
    await template(here)
    given = {"name": "shop"}
    card = await here.preview("execute_runbook", runbook="postgres", reason="shop needs one", parameters=given)
    assert card.title == "Provision postgres (version 1)"
    assert card.lines[:2] == (
        "Costs 0.06 EUR per hour, 43.80 EUR per month (730 hours).",
        "Quota left afterwards: 1 of 2 for you, 2 of 3 in all, 0.44 EUR of 0.50 EUR per hour for you.",
    )
    assert card.details["cost"] == {"currency": "EUR", "hourly": 0.06, "monthly": 43.8}
    result = await provision(here)
    assert result.status == "ok"
    assert result.data["connection"] == {
        "host": "shop.db.example",
        "url": "postgres://shop.db.example:5432/shop?size=small",
    }
    assert result.data["resource"] == {"type": "service", "id": result.data["execution"], "name": "postgres"}
    row = await here.row()
    assert (row.kind, row.status, row.hourly_cost) == ("service_template", "succeeded", Decimal("0.06"))
    assert row.result["connection"] == result.data["connection"]


@pytest.mark.parametrize(
    ("quota", "before", "asked", "said"),
    [
        ({"per_user": 1}, 1, {}, "you have 1 of 1"),
        ({"per_user": 0}, 0, {}, "you have 0 of 0"),
        ({"total": 2}, 2, {}, "there are 2 of 2 in all"),
        ({"hourly_cost_per_user": 0.2}, 0, {"size": "large"}, "this one 0.41 EUR, and at most 0.20 EUR is allowed"),
        ({"hourly_cost_per_user": 0.12}, 2, {}, "yours cost 0.12 EUR an hour, this one 0.06 EUR"),
        (QUOTA, 0, {"replicas": 7}, "There is no price for replicas '7'. There is one for: 1, 2."),
    ],
)
async def test_over_the_quota_or_without_a_price_it_is_refused_before_anybody_is_asked(
    pool: Pool, quota: dict[str, Any], before: int, asked: dict[str, Any], said: str
) -> None:
    here = await world(pool)
    await template(here, quota=quota)
    for _ in range(before):
        assert (await provision(here)).status == "ok"
    given = {"name": "shop"} | asked
    assert said in await here.refused("execute_runbook", runbook="postgres", reason="more", parameters=given)
    assert len(await here.rows()) == before


async def test_concurrent_provisionings_do_not_pass_the_quota_together(pool: Pool) -> None:
    """Twelve are prepared at once under a quota of two; nothing runs over it."""
    here = await world(pool)
    await template(here, quota={"per_user": 2})
    results = await asyncio.gather(*(provision(here) for _ in range(12)), return_exceptions=True)
    done = [result for result in results if not isinstance(result, BaseException)]
    refused = [result for result in results if isinstance(result, Refused) and result.code == "over_quota"]
    assert (len(done), len(refused)) == (2, 10)
    assert len(await here.rows()) == 2


async def test_of_two_users_each_has_a_quota_and_all_have_one_together(pool: Pool) -> None:
    here = await world(pool)
    await template(here, quota={"per_user": 2, "total": 3})
    other = replace(here.context, actor=await actor(pool, "admin"))
    await provision(here)
    await provision(here)
    here.context, mine = other, here.context
    await provision(here)
    with pytest.raises(Refused, match="there are 3 of 3 in all"):
        await provision(here)
    here.context = mine
    with pytest.raises(Refused, match="you have 2 of 2"):
        await provision(here)


@pytest.mark.parametrize(
    ("status", "counts"),
    [("succeeded", True), ("running", True), ("unknown", True), ("failed", False), ("rolled_back", False)],
)
async def test_what_may_be_there_takes_a_place_and_what_failed_does_not(pool: Pool, status: str, counts: bool) -> None:
    here = await world(pool)
    await template(here, quota={"per_user": 1})
    await provision(here)
    async with pool.connection() as db:
        await db.execute("update trivium.executions set status = %(status)s", {"status": status})
    if counts:
        with pytest.raises(Refused, match="over the quota"):
            await provision(here)
    else:
        assert (await provision(here)).status == "ok"


async def test_a_provisioning_that_fails_gives_no_connection(pool: Pool) -> None:
    here = await world(pool)
    step = {"name": "make it", "kind": "http", "url": "http://127.0.0.1:1/none"}
    await here.store(step, name="postgres", kind="service_template", connection={"host": "x"}, parameters=[])
    result = await here.run("postgres")
    assert (result.status, "connection" in result.data) == ("error", False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cost": COST | {"tables": {"colour": {"red": 1}}}}, "prices 'colour', which is no parameter"),
        ({"cost": COST | {"tables": {"size": {"small": 1}}}}, "no price for size 'large'"),
        ({"connection": {"host": "{colour}"}}, "names {colour}, which is no parameter to show"),
        ({"connection": {"host": "{output:make it}"}}, "needs the output of 'make it', which is no ssh step"),
        ({"parameters": [*PARAMETERS, {"name": "key", "secret": True}], "connection": {"a": "{key}"}}, "{key}"),
        ({"kind": "runbook"}, "belong to a service_template"),
        ({"cost": COST | {"currency": "euros"}}, "currency"),
        ({"cost": COST | {"base_hourly": -1}}, "greater than or equal to 0"),
    ],
)
async def test_a_template_that_does_not_hold_together_is_refused_when_it_is_made(
    pool: Pool, changes: dict[str, Any], said: str
) -> None:
    here = await world(pool)
    given = {"kind": "service_template", "parameters": PARAMETERS, "cost": COST, "quota": QUOTA} | changes
    assert said in await here.refused("create_runbook", name="postgres", steps=[WAIT], **given)


def test_the_price_is_exact() -> None:
    cost = Cost.model_validate({"currency": "USD", "base_hourly": "0.1", "tables": {"a": {"x": "0.2"}}})
    priced = services.charge(cost, None, {"a": "x"})
    assert priced.hourly == Decimal("0.3")
    assert services.money(Decimal("1000.5"), priced) == "1000.50 USD"


async def test_through_the_door_nothing_is_provisioned_before_a_person_has_agreed(pool: Pool) -> None:
    """CF-10: extracted, validated, priced, asked, and only then done, once."""
    here = await world(pool)
    await template(here)
    entrance = door(pool, *SPECS.values())
    asked = {"runbook": "postgres", "parameters": {"name": "shop"}, "reason": "shop needs one"}
    with pytest.raises(ApprovalNeeded) as needed:
        await entrance.call(here.context, "execute_runbook", asked)
    confirmation = needed.value.confirmation
    assert await here.rows() == []
    assert "Costs 0.06 EUR per hour, 43.80 EUR per month (730 hours)." in confirmation.details["lines"]
    assert confirmation.arguments["version"] == 1
    async with pool.connection() as db:
        agreed = Decision(status="approved", decided_by=here.context.actor.user_id, through="test")
        assert await decide(db, confirmation.id, agreed)
    result = await entrance.call(here.context, "execute_runbook", confirmation.arguments, confirmation.id)
    assert result.status == "ok"
    with pytest.raises(Refused, match="carried out once already"):
        await entrance.call(here.context, "execute_runbook", confirmation.arguments, confirmation.id)
    row = await here.row()
    assert (row.approved_by, row.confirmation_id) == (here.context.actor.name, confirmation.id)
