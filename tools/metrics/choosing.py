"""Which datasource a question goes to: the one that is named, else the default; closed ones to nobody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain import datasources, enforcement
from domain.actors import Actor
from domain.database import Pool
from domain.datasources import Datasource, Directory, Kind
from domain.errors import Refused, SourceError
from tools.grafana.reach import is_prometheus
from tools.metrics import making
from tools.metrics.making import Maker
from tools.metrics.questions import Target, Way
from tools.sources.endpoint import place
from tools.sources.grafana import Datasource as Remote
from tools.sources.grafana import Grafana

TITLES: dict[Kind, str] = {"prometheus": "Prometheus", "loki": "Loki", "tempo": "Tempo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the sources are that no row names: the direct ways, and what stands in for Grafana when it is away.

    `allowed_hosts` are the hosts that datasources may be at, globs too; none named means any.
    """

    prometheus: str | None = None
    loki: str | None = None
    tempo: str | None = None
    allowed_hosts: tuple[str, ...] = ()

    def of(self, kind: Kind) -> str | None:
        return {"prometheus": self.prometheus, "loki": self.loki, "tempo": self.tempo}.get(kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    """Rows are read again when their version moved, or at every question of who does not know it: what an admin
    closes is closed to the next call."""

    pool: Pool
    directory: Directory
    grafana: Grafana | None
    addresses: Addresses
    maker: Maker

    async def choose(
        self, kind: Kind, roles: Collection[str], name: str | None = None, version: int | None = None
    ) -> Target:
        """Raises Refused: there is none, not of that name, or it is not for these roles; SourceError when Grafana
        cannot say what it has."""
        rows = [row for row in await self.directory.at(version) if row.type == kind]
        row = named(rows, name) if name else next((row for row in rows if row.is_default), None)
        if row:
            return await self.of_row(row, roles)
        remote, is_first = await self.in_grafana(kind, name, rows)
        if remote:
            known = next((row for row in rows if not row.url and row.grafana_uid == remote.uid), None)
            stand_in = self.addresses.of(kind) if is_first and self.known_at_address(kind, rows) is None else None
            return await self.of_row(known, roles) if known else self.of_grafana(kind, remote, stand_in)
        return await self.elsewhere(kind, rows, roles, name)

    async def elsewhere(
        self, kind: Kind, rows: Sequence[Datasource], roles: Collection[str], name: str | None
    ) -> Target:
        """The address of the settings, as its row says where it has one; or the only row there is."""
        url = self.addresses.of(kind)
        known = self.known_at_address(kind, rows)
        if name is None and known:
            return await self.of_row(known, roles)
        if name is None and url:
            return Target(kind=kind, name=url, id=None, version=0, ways=(self.maker.direct(kind, url),))
        if name is None and len(rows) == 1:
            return await self.of_row(rows[0], roles)
        raise await self.none(kind, rows, roles, name)

    async def refuse_traces(self, actor: Actor, uid: str) -> None:
        """Raises Refused when the row of this Tempo of Grafana's is closed to the actor, or when the actor is held to
        labels in that Grafana: what traces show cannot be narrowed. `tempo` of the row that holds may open them."""
        async with self.pool.connection() as db:
            there = [row for row in await datasources.listed(db) if row.through == "grafana" and not row.url]
        own = next((row for row in there if row.type == "tempo" and row.grafana_uid == uid), None)
        if own:
            refuse_closed(own, actor.roles & actor.ceiling)
        holding = [row for row in there if enforcement.held(row.rules, actor)]
        closed = next((row for row in holding if not enforcement.traces_are_open(row.config_json)), None)
        if closed:
            raise Refused(
                f"Your queries at {closed.name} are held to what you may see, and traces cannot be.",
                code="not_enforceable",
                alternative=f'Ask an admin to say "tempo": "{enforcement.OPEN}" in the config_json of {closed.name}.',
            )

    async def of_row(self, row: Datasource, roles: Collection[str]) -> Target:
        refuse_closed(row, roles)
        ways = await self.ways(row)
        if not ways:
            raise not_connected(row)
        return Target(kind=row.type, name=row.name, id=row.id, version=row.version, ways=ways, rules=row.rules)

    async def ways(self, row: Datasource) -> tuple[Way, ...]:
        """The row's own, then its fallback. Raises Refused when its key cannot be opened."""
        key = await self.key(row)
        fallback = making.text(row.config_json, "fallback_url")
        if row.is_default and row.through == "grafana" and not row.url:
            fallback = fallback or self.addresses.of(row.type) or ""
        behind = (self.maker.direct(row.type, fallback),) if fallback else ()
        if row.through == "direct":
            return (self.maker.direct(row.type, row.url, making.caller(row, key)), *behind)
        if row.url:
            return (self.maker.elsewhere(row, key), *behind)
        return (
            (self.maker.through(self.grafana, row.type, row.grafana_uid, row.name), *behind) if self.grafana else behind
        )

    async def key(self, row: Datasource) -> str | None:
        if not row.has_key:
            return None
        async with self.pool.connection() as db:
            sealed = await datasources.sealed_key(db, row.id)
        return self.maker.opened(row, sealed) if sealed else None

    def known_at_address(self, kind: Kind, rows: Sequence[Datasource]) -> Datasource | None:
        """The row of what the settings' address of this kind leads to."""
        url = self.addresses.of(kind)
        return next((row for row in rows if url and is_at(row, url)), None)

    async def in_grafana(self, kind: Kind, name: str | None, rows: Sequence[Datasource]) -> tuple[Remote | None, bool]:
        """Grafana's own datasource of that name or uid, or its first of the kind; and whether it is that first.

        While Grafana cannot say, the settings' address stands in, unless a row of Grafana's closes what it may lead to.
        """
        if self.grafana is None:
            return None, False
        try:
            found = await self.listed(self.grafana)
        except SourceError:
            found = self.grafana.remembered.known
            if not found and (name or not self.addresses.of(kind) or any(map(is_guarded, rows))):
                raise
        fitting = [item for item in found if is_of(item, kind)]
        chosen = next((item for item in fitting if name in (None, item.uid, item.name)), None)
        return chosen, chosen is not None and chosen == fitting[0]

    async def listed(self, grafana: Grafana) -> tuple[Remote, ...]:
        """What Grafana has; when it does not say, those who name something else go on."""
        async with place(self.maker.gates.to(f"datasources of {grafana.read.url}", "Grafana")):
            return await grafana.datasources()

    def of_grafana(self, kind: Kind, remote: Remote, stand_in: str | None) -> Target:
        """What stands in for Grafana stands in for its first datasource of the kind, and for no other."""
        assert self.grafana is not None  # noqa: S101 - it named the datasource
        own = self.maker.through(self.grafana, kind, remote.uid, remote.name)
        ways = (own, self.maker.direct(kind, stand_in)) if stand_in else (own,)
        return Target(kind=kind, name=f"grafana:{remote.uid}", id=None, version=0, ways=ways)

    async def none(self, kind: Kind, rows: Sequence[Datasource], roles: Collection[str], name: str | None) -> Refused:
        title = TITLES.get(kind, kind)
        there = [row.name for row in rows if row.is_open_to(roles)]
        if self.grafana and (name or not there):
            closed = {row.grafana_uid for row in rows if not row.url and not row.is_open_to(roles)}
            found = await self.listed(self.grafana)
            there += [item.name for item in found if is_of(item, kind) and item.uid not in closed]
        if not there and not name:
            return Refused(
                f"No {title} is connected.",
                code="not_configured",
                alternative=f"Set MCP_GRAFANA_URL or {kind.upper()}_URL, or add a datasource.",
            )
        what = f"There is no {title} datasource {name!r}." if name else f"No {title} datasource is the default."
        return Refused(what, code="not_found", alternative=f"There: {', '.join(dict.fromkeys(there)) or 'none'}.")


def named(rows: Sequence[Datasource], name: str) -> Datasource | None:
    by_name = next((row for row in rows if row.name == name), None)
    return by_name or next((row for row in rows if row.through == "grafana" and row.grafana_uid == name), None)


def is_at(row: Datasource, url: str) -> bool:
    """Whether the row is of what is at this address, asked directly."""
    return row.through == "direct" and row.url.rstrip("/") == url.rstrip("/")


def is_guarded(row: Datasource) -> bool:
    """Whether this row of the house's own Grafana closes it to somebody, or shows somebody less."""
    return row.through == "grafana" and not row.url and bool(row.rules or row.allowed_roles or not row.is_enabled)


def is_of(item: Remote, kind: Kind) -> bool:
    return is_prometheus(item) if kind == "prometheus" else kind in item.kind


def refuse_closed(row: Datasource, roles: Collection[str]) -> None:
    """Raises Refused when it is switched off, or for other roles."""
    if not row.is_enabled:
        raise Refused(
            f"The datasource {row.name} is switched off.",
            code="datasource_disabled",
            alternative="Name another one, or ask an admin to switch it on.",
        )
    if not row.is_open_to(roles):
        shown = " and ".join(sorted(roles)) or "none"
        raise Refused(
            f"The datasource {row.name} is not for the role {shown}.",
            code="datasource_not_allowed",
            alternative=f"Ask someone with the role {' or '.join(sorted(row.allowed_roles))}.",
        )


def not_connected(row: Datasource) -> Refused:
    return Refused(
        f"The datasource {row.name} is reached through Grafana, and none is connected.",
        code="not_configured",
        alternative="Set MCP_GRAFANA_URL to an mcp-grafana.",
    )
