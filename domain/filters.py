"""Which alerts or incidents a question is about: names to match, a window, an owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, LiteralString, TypeAlias
from uuid import UUID

from domain.windows import Window

Severity: TypeAlias = Literal["critical", "warning", "info"]
Field: TypeAlias = Literal["services", "severities", "names", "environments", "teams", "window", "owner"]
Conditions: TypeAlias = Mapping[Field, LiteralString]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Narrows to what belongs to one of `teams` or is assigned to `user_id`."""

    user_id: UUID
    teams: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Any of the names in each tuple, all tuples at once; an empty tuple or None does not narrow."""

    services: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    names: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    window: Window | None = None
    owner: Owner | None = None

    def lists(self) -> dict[Field, list[str]]:
        """The names to match, without the fields that do not narrow."""
        named: dict[Field, tuple[str, ...]] = {
            "services": self.services,
            "severities": self.severities,
            "names": self.names,
            "environments": self.environments,
            "teams": self.teams,
        }
        return {field: list(values) for field, values in named.items() if values}

    def fields(self) -> set[Field]:
        """The fields that narrow."""
        fields: set[Field] = set(self.lists())
        if self.window:
            fields.add("window")
        if self.owner:
            fields.add("owner")
        return fields

    def parameters(self) -> dict[str, object]:
        """The values that the conditions name; lists as lists, because psycopg sends a tuple as a record."""
        values: dict[str, object] = {**self.lists()}
        if self.window:
            values |= {"start": self.window.start, "end": self.window.end}
        if self.owner:
            values |= {"own_teams": sorted(self.owner.teams), "own_user": self.owner.user_id}
        return values

    def narrowing(self, conditions: Conditions, *without: Field) -> LiteralString:
        """` and …` for each field that narrows, to stand after a condition.

        Only what narrows is in the text: Postgres plans a prepared statement once for all values, and
        `$1 is null or service = $1` would keep it from the index forever.
        """
        fields = self.fields().difference(without)
        return "".join(f" and {sql}" for field, sql in conditions.items() if field in fields)
