"""The policy: one pure function from roles and a tool to an effect, and the cache of its rows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from config.policy import Effect
from domain import permissions
from domain.database import Connection, Pool
from domain.permissions import Rule
from tools.spec import AnySpec, Pillar, Risk, Scope

STRICTNESS: dict[Effect, int] = {"allow": 0, "audit_only": 1, "confirm": 2, "deny": 3}
MANAGING = "manage_"
CHANGING = ("create", "add", "update", "delete")
OF_SERVERS = "__"  # in the name of every tool of a registered MCP server, and of none of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policy says of one call: `role` has the row that won, `allowing` the roles that would get through."""

    effect: Effect
    scopes: frozenset[Scope] = frozenset()
    role: str | None = None
    allowing: tuple[str, ...] = ()

    @property
    def denies(self) -> bool:
        return self.effect == "deny"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rows of one version of the table."""

    version: int
    rules: tuple[Rule, ...]

    def decide(self, roles: Iterable[str], spec: AnySpec, pillar: Pillar) -> Decision:
        """Default deny; per role the most specific row; over roles the most permissive, but an explicit deny stands."""
        verdicts = {role: self.verdict(role, spec, pillar) for role in sorted(set(roles))}
        found = [rule for rule in verdicts.values() if rule]
        refusing = [rule for rule in found if rule.effect == "deny"]
        if not found or refusing:
            return Decision(
                effect="deny", role=refusing[0].role if refusing else None, allowing=self.allowing(spec, pillar)
            )
        best = min(found, key=lambda rule: (STRICTNESS[rule.effect], rule.scope is not None))
        scopes = frozenset({Scope(best.scope)} if best.scope else ())
        return Decision(effect=best.effect, scopes=scopes, role=best.role)

    def verdict(self, role: str, spec: AnySpec, pillar: Pillar) -> Rule | None:
        """The row of one role that decides; None when none matches."""
        matching = [rule for rule in self.rules if rule.role == role and matches(rule, spec, pillar)]
        found = max(matching, key=rank, default=None)
        return guarded(found, spec) if found and spec.is_remote and not spec.is_read else found

    def allowing(self, spec: AnySpec, pillar: Pillar) -> tuple[str, ...]:
        roles = sorted({rule.role for rule in self.rules})
        verdicts = ((role, self.verdict(role, spec, pillar)) for role in roles)
        return tuple(role for role, rule in verdicts if rule and rule.effect != "deny")


def matches(rule: Rule, spec: AnySpec, pillar: Pillar) -> bool:
    return (
        rule.pillar == pillar.value
        and pillar in spec.pillars
        and rule.category in (None, spec.category_in(pillar).value)
        and (rule.tool is None or names(rule.tool, spec.name))
    )


def guarded(rule: Rule, spec: AnySpec) -> Rule | None:
    """What a row means for a change by somebody else's server: a person is asked whatever the row allows, and what
    deletes is closed unless the row names tools of such servers."""
    if rule.effect == "deny":
        return rule
    if spec.risk is Risk.DELETE and OF_SERVERS not in (rule.tool or ""):
        return None
    return replace(rule, effect="confirm")


def names(pattern: str, tool: str) -> bool:
    """Whether a row's tool means this one: its name, a glob, or `manage_servers` for every change of servers."""
    if not pattern.startswith(MANAGING):
        return fnmatchcase(tool, pattern)
    verb, _, resource = tool.partition("_")
    return verb in CHANGING and fnmatchcase(f"{resource}s", pattern.removeprefix(MANAGING))


def rank(rule: Rule) -> tuple[int, int, bool, int]:
    """Specificity, then strictness: an exact name over a glob (longer is closer) over none; a category over none."""
    exact = rule.tool is not None and "*" not in rule.tool
    return (
        2 if exact else 1 if rule.tool else 0,
        len(rule.tool or ""),
        rule.category is not None,
        STRICTNESS[rule.effect],
    )


class PolicyBook:
    """The policy of now: rows are read again when their version has moved, so a change bites at the next call."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._policy = Policy(-1, ())

    async def at(self, version: int, db: Connection | None = None) -> Policy:
        """The policy of `version`, which the caller has just read from the table.

        Whoever holds a connection gives it: asking the pool for a second one is how a busy pool locks up.
        """
        if self._policy.version == version:
            return self._policy
        if db is None:
            async with self._pool.connection() as own:
                return await self.at(version, own)
        self._policy = Policy(version, await permissions.rules(db))
        return self._policy
