"""What a datasource shows to whom: labels that every query of some people is held to, as its configuration says."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from domain.actors import Actor
from domain.errors import Refused

Labels: TypeAlias = Mapping[str, tuple[str, ...]]
"""Each label with the values that may be seen; no value: nothing may."""

ADMIN = "admin"
TEAMS = "teams"
OPEN = "open"
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
MOST_RULES, MOST_VALUES, LONGEST_VALUE = 20, 1000, 200


@dataclass(frozen=True, slots=True)
class Rule:
    """`values` are the allowed ones, or the teams of whoever asks; `roles` None: it holds for all but admins."""

    label: str
    values: tuple[str, ...] | Literal["teams"]
    roles: frozenset[str] | None = None

    def holds_for(self, actor: Actor) -> bool:
        """A token of fewer roles than its user has does not free from a rule, nor do further roles but admin."""
        if ADMIN in actor.roles & actor.ceiling:
            return self.roles is not None and ADMIN in self.roles
        return self.roles is None or not self.roles.isdisjoint(actor.roles)

    def allowed(self, actor: Actor) -> frozenset[str]:
        return actor.teams if self.values == TEAMS else frozenset(self.values)


def held(rules: Sequence[Rule], actor: Actor) -> Labels:
    """The labels that this actor's queries are held to; of several rules for one label all hold."""
    found: dict[str, frozenset[str]] = {}
    for rule in rules:
        if rule.holds_for(actor):
            allowed = rule.allowed(actor)
            found[rule.label] = found.get(rule.label, allowed) & allowed
    return {label: tuple(sorted(filter(None, values))) for label, values in sorted(found.items())}


def refuse_nothing_visible(labels: Labels) -> None:
    """Raises Refused when a label has no value that may be seen."""
    for label, values in labels.items():
        if not values:
            raise Refused(
                f"You may see no value of the label {label} there.",
                code="nothing_visible",
                alternative="Ask an administrator for access to a team or an environment.",
            )


def rules(config: Mapping[str, Any]) -> tuple[Rule, ...]:
    """What stands under `enforced`; without it nobody is held. Raises Refused naming what is wrong."""
    if "enforced" not in config:
        return ()
    given = config["enforced"]
    if not isinstance(given, list) or len(cast("list[Any]", given)) > MOST_RULES:
        raise wrong("enforced", f"a list of at most {MOST_RULES} rules")
    return tuple(rule(f"enforced[{place}]", item) for place, item in enumerate(cast("list[Any]", given)))


def traces_are_open(config: Mapping[str, Any]) -> bool:
    """Whether those who are held here may search traces all the same. Raises Refused for a word that says neither."""
    if config.get("tempo", OPEN) != OPEN:
        raise wrong("tempo", f"{OPEN!r}, or left out")
    return "tempo" in config


def rule(where: str, given: Any) -> Rule:
    if not isinstance(given, dict) or set(cast("dict[str, Any]", given)) - {"label", "values", "roles"}:
        raise wrong(where, "an object of label, values and, where it holds for some alone, roles")
    item = cast("dict[str, Any]", given)
    label = item.get("label")
    if not isinstance(label, str) or not LABEL.fullmatch(label) or label == "__name__":
        raise wrong(f"{where}.label", "the name of a label, like namespace")
    values = TEAMS if item.get("values") == TEAMS else words(item.get("values"))
    if not values:
        raise wrong(f"{where}.values", f"a list of 1 to {MOST_VALUES} values, or {TEAMS!r}")
    roles = words(item.get("roles"))
    if "roles" in item and not roles:
        raise wrong(f"{where}.roles", "a list of roles, or left out for all but admins")
    return Rule(label, values, frozenset(roles) if roles else None)


def words(value: Any) -> tuple[str, ...]:
    """The texts of a list of nothing else; none where it is not that."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    found = tuple(item for item in items if isinstance(item, str) and is_word(item))
    return found if len(found) == len(items) <= MOST_VALUES else ()


def is_word(text: str) -> bool:
    return 0 < len(text) <= LONGEST_VALUE and not CONTROLS.search(text)


def wrong(where: str, wanted: str) -> Refused:
    return Refused(
        f"config_json.{where} must be {wanted}.",
        code="invalid_arguments",
        alternative='For example {"enforced": [{"label": "namespace", "values": ["shop"], "roles": ["viewer"]}]}.',
    )


def roles_named(found: Collection[Rule]) -> frozenset[str]:
    return frozenset(role for rule in found for role in rule.roles or ())
