"""Service templates: what a service costs, how many there may be, and how one connects to it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from domain.errors import Refused
from domain.runbook_executions import Usage
from tools.runbooks import shell
from tools.runbooks.deeds import Outcome
from tools.runbooks.definition import Definition, Part, SshStep, Value, targets
from tools.runbooks.filling import Filler
from tools.runbooks.parameters import refused, spelled

HOURS_PER_MONTH = 730
CENT = Decimal("0.01")
OUTPUT = re.compile(r"\{output:([^{}]+)\}")
Amount = Annotated[Decimal, Field(ge=0, le=1_000_000, max_digits=16, decimal_places=6)]


class Cost(Part):
    """Per hour: a base, and for each parameter of a table what its value adds."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    base_hourly: Amount = Decimal(0)
    tables: dict[str, dict[str, Amount]] = Field(default_factory=dict[str, dict[str, Amount]], max_length=20)


class Quota(Part):
    """How many services of this template a user may hold, what they may cost an hour, and how many there may be."""

    per_user: int | None = Field(None, ge=0, le=1_000_000)
    hourly_cost_per_user: Amount | None = None
    total: int | None = Field(None, ge=0, le=1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one service costs, under which quota; both None for a plain runbook."""

    cost: Cost | None
    quota: Quota | None
    hourly: Decimal | None

    @property
    def currency(self) -> str:
        return self.cost.currency if self.cost else ""


def charge(cost: Cost | None, quota: Quota | None, values: Mapping[str, Value]) -> Charge:
    """Raises Refused when a value has no price."""
    return Charge(cost=cost, quota=quota, hourly=hourly(cost, values) if cost else None)


def hourly(cost: Cost, values: Mapping[str, Value]) -> Decimal:
    total = cost.base_hourly
    for name, table in cost.tables.items():
        value = spelled(values[name])
        if value not in table:
            raise refused(f"There is no price for {name} {value!r}.", f"There is one for: {', '.join(table)}.")
        total += table[value]
    return total


def check(definition: Definition, cost: Cost | None, connection: Mapping[str, str]) -> None:
    """Every table prices a parameter, every choice has its price, and connection details come from what there is."""
    for name, table in (cost.tables if cost else {}).items():
        parameter = definition.parameter(name)
        if parameter is None or parameter.secret:
            raise refused(f"The cost table prices {name!r}, which is no parameter.", "Price a parameter's values.")
        unpriced = [choice for choice in parameter.choices if choice not in table]
        if unpriced:
            raise refused(f"There is no price for {name} {unpriced[0]!r}.", "Give every choice its price, or 0.")
    for text in connection.values():
        check_detail(definition, text)


def check_detail(definition: Definition, text: str) -> None:
    for name in shell.holes(text):
        parameter = definition.parameter(name)
        if parameter is None or parameter.secret:
            raise refused(f"A connection detail names {{{name}}}, which is no parameter to show.", "Name another.")
    steps = {step.name: step for step in definition.steps}
    for name in OUTPUT.findall(text):
        step = steps.get(name)
        if step is None or not isinstance(step, SshStep) or len(targets(step)) > 1:
            raise refused(
                f"A connection detail needs the output of {name!r}, which is no ssh step on one server.",
                "Write {output:name of a step} or {parameter}.",
            )


def refuse_over_quota(priced: Charge, usage: Usage) -> None:
    """Raises Refused when one more service would be over the quota."""
    quota = priced.quota
    if quota is None:
        return
    if quota.per_user is not None and usage.mine >= quota.per_user:
        raise over(f"you have {usage.mine} of {quota.per_user}")
    if quota.total is not None and usage.total >= quota.total:
        raise over(f"there are {usage.total} of {quota.total} in all")
    limit, cost = quota.hourly_cost_per_user, priced.hourly
    if limit is not None and cost is not None and usage.mine_hourly + cost > limit:
        raise over(
            f"yours cost {money(usage.mine_hourly, priced)} an hour, this one {money(cost, priced)}, and at most"
            f" {money(limit, priced)} is allowed"
        )


def over(why: str) -> Refused:
    return Refused(
        f"This is over the quota: {why}.",
        code="over_quota",
        alternative="Choose a smaller one, or ask an admin to raise the template's quota.",
    )


def in_words(priced: Charge, usage: Usage) -> tuple[str, ...]:
    """What it costs, and what then remains of the quota."""
    lines: list[str] = []
    if priced.hourly is not None:
        month = (priced.hourly * HOURS_PER_MONTH).quantize(CENT)
        lines.append(f"Costs {money(priced.hourly, priced)} per hour, {money(month, priced)} per month (730 hours).")
    left = remaining(priced, usage)
    if left:
        lines.append(f"Quota left afterwards: {', '.join(left)}.")
    return tuple(lines)


def remaining(priced: Charge, usage: Usage) -> Sequence[str]:
    quota = priced.quota
    if quota is None:
        return ()
    left: list[str] = []
    if quota.per_user is not None:
        left.append(f"{quota.per_user - usage.mine - 1} of {quota.per_user} for you")
    if quota.total is not None:
        left.append(f"{quota.total - usage.total - 1} of {quota.total} in all")
    if quota.hourly_cost_per_user is not None and priced.hourly is not None:
        rest = quota.hourly_cost_per_user - usage.mine_hourly - priced.hourly
        left.append(f"{money(rest, priced)} of {money(quota.hourly_cost_per_user, priced)} per hour for you")
    return left


def money(amount: Decimal, priced: Charge) -> str:
    plain = format(amount.normalize(), "f")
    whole, _, part = plain.partition(".")
    return f"{whole}.{part.ljust(2, '0')} {priced.currency}".rstrip()


def connection(details: Mapping[str, str], filler: Filler, outcomes: Sequence[Outcome]) -> dict[str, str]:
    """The details with the values and the outputs of this run."""
    answers = {outcome.deed.name: outcome.answer for outcome in outcomes}

    def made(text: str) -> str:
        parts = OUTPUT.split(text)
        return "".join(answers.get(part, "") if place % 2 else filler.text(part) for place, part in enumerate(parts))

    return {name: made(text) for name, text in details.items()}
