"""PM-25: for whom a rule of a datasource holds, and which values are left of several."""

from uuid import uuid4

import pytest

from domain.actors import Actor, Entrance
from domain.enforcement import Rule, held, refuse_nothing_visible, rules, traces_are_open
from domain.errors import Refused

OWN = Rule("team", "teams")
SHOP = Rule("namespace", ("shop", "pay"))


def actor(*roles: str, teams: tuple[str, ...] = (), ceiling: tuple[str, ...] | None = None) -> Actor:
    return Actor(
        user_id=uuid4(), name="ann", roles=frozenset(roles), teams=frozenset(teams),
        ceiling=frozenset(roles if ceiling is None else ceiling), scopes=frozenset(), entrance=Entrance.HTTP,
        request_id="r",
    )  # fmt: skip


VIEWERS = Rule("namespace", ("shop",), frozenset({"viewer"}))
ADMINS = Rule("namespace", ("shop",), frozenset({"admin"}))
CASES: list[tuple[Rule, Actor, bool]] = [
    (SHOP, actor("engineer"), True),
    (SHOP, actor(), True),
    (SHOP, actor("admin"), False),
    (SHOP, actor("admin", "engineer"), False),
    (SHOP, actor("admin", ceiling=("viewer",)), True),
    (VIEWERS, actor("viewer"), True),
    (VIEWERS, actor("viewer", "operator"), True),
    (VIEWERS, actor("viewer", "operator", ceiling=("operator",)), True),
    (VIEWERS, actor("operator"), False),
    (VIEWERS, actor("viewer", "admin"), False),
    (VIEWERS, actor("viewer", "admin", ceiling=("viewer",)), True),
    (ADMINS, actor("admin"), True),
    (ADMINS, actor("engineer"), False),
]


@pytest.mark.parametrize(("rule", "who", "holds"), CASES, ids=[str(number) for number, _ in enumerate(CASES)])
def test_a_rule_holds_for_its_roles_and_a_lesser_token_frees_nobody(rule: Rule, who: Actor, holds: bool) -> None:
    assert rule.holds_for(who) is holds
    assert bool(held([rule], who)) is holds


def test_of_several_rules_for_one_label_all_hold() -> None:
    who = actor("viewer", teams=("red", "b"))
    assert held([SHOP, VIEWERS, OWN], who) == {"namespace": ("shop",), "team": ("b", "red")}
    assert held([SHOP, Rule("namespace", ("other",))], who) == {"namespace": ()}
    assert held([OWN], actor("viewer")) == {"team": ()}
    assert held([], who) == {}


def test_nothing_that_may_be_seen_is_a_refusal_that_names_the_label() -> None:
    refuse_nothing_visible({"namespace": ("shop",)})
    with pytest.raises(Refused, match="no value of the label team") as caught:
        refuse_nothing_visible({"namespace": ("shop",), "team": ()})
    assert caught.value.code == "nothing_visible"


def test_rules_are_read_as_they_are_written() -> None:
    given = [
        {"label": "namespace", "values": ["shop", "pay"]},
        {"label": "team", "values": "teams", "roles": ["viewer"]},
    ]
    assert rules({"enforced": given}) == (SHOP, Rule("team", "teams", frozenset({"viewer"})))
    assert rules({"enforced": []}) == rules({"tenant": "shop"}) == ()


def test_traces_are_open_only_where_it_is_said() -> None:
    assert traces_are_open({"tempo": "open"})
    assert not traces_are_open({})
    with pytest.raises(Refused):
        traces_are_open({"tempo": None})
