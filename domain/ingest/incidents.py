"""Incidents follow the alerts: in each group, one incident per island of alert time, kept up batch by batch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.database import Connection
from domain.filters import Severity
from domain.ingest.incident_rows import Incident, fires_since, overlapping, parts, write
from domain.ingest.islands import FOREVER, Kind, Piece, islands

ELSEWHERE = """
select m.group_id, m.alert_id
from unnest(%(alerts)s::uuid[]) as known (id) join trivium.alert_group_members m on m.alert_id = known.id
where m.group_id <> %(home)s
"""

LOCK = "select from trivium.alert_groups where id = any(%(groups)s) order by id for no key update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """An alert of a batch as it is stored now; `joined`: the batch's group did not have it before."""

    id: UUID
    starts_at: datetime
    ends_at: datetime | None
    service: str
    name: str
    severity: Severity
    is_new: bool
    joined: bool

    def piece(self, *, counted: bool) -> Piece:
        """Without a tally when the group has counted it before."""
        kind = Kind(self.service, self.name, self.severity)
        return Piece(self.starts_at, self.ends_at or FOREVER, Counter({kind: 1} if counted else {}))


@dataclass(frozen=True, slots=True)
class Followed:
    """How many incidents a batch opened, and how many it resolved; one that came complete counts as both."""

    opened: int = 0
    resolved: int = 0

    def __add__(self, other: "Followed") -> "Followed":
        return Followed(self.opened + other.opened, self.resolved + other.resolved)


async def follow(db: Connection, home: UUID, touched: Sequence[Touched]) -> Followed:
    """The incidents of every group that holds a touched alert fit its alerts; `home` is the batch's group.

    Call in the transaction that stored the alerts: their rows are locked, so no membership can appear meanwhile.
    An alert that is reported as firing once more changes nothing and is skipped.
    """
    telling = {alert.id: alert for alert in touched if alert.joined or alert.ends_at}
    followed = Followed()
    if telling:
        pieces = {home: [alert.piece(counted=alert.joined) for alert in telling.values()]}
        pieces |= await elsewhere(db, home, telling)
        await db.execute(LOCK, {"groups": list(pieces)})
        for group in sorted(pieces):
            followed += await rework(db, group, pieces[group])
    return followed


async def elsewhere(db: Connection, home: UUID, alerts: Mapping[UUID, Touched]) -> dict[UUID, list[Piece]]:
    """The pieces by each other group that holds some of the alerts; a new alert is in no other."""
    pieces: dict[UUID, list[Piece]] = {}
    known = [alert.id for alert in alerts.values() if not alert.is_new]
    if known:
        for row in await (await db.execute(ELSEWHERE, {"alerts": known, "home": home})).fetchall():
            pieces.setdefault(row["group_id"], []).append(alerts[row["alert_id"]].piece(counted=False))
    return pieces


async def rework(db: Connection, group: UUID, pieces: Sequence[Piece]) -> Followed:
    """The incidents of one locked group fit again, given the pieces of its touched alerts; only their part is read."""
    before = await overlapping(db, group, pieces)
    unchanged = [incident.piece() for incident in before]
    changed = [island for island in islands(await material(db, group, before, pieces)) if island not in unchanged]
    await write(db, group, changed)
    resolved_before = {incident.id for incident in before if incident.resolved_at}
    return Followed(
        opened=sum(not island.incidents for island in changed),
        resolved=sum(island.end < FOREVER and not resolved_before.intersection(island.incidents) for island in changed),
    )


async def material(db: Connection, group: UUID, before: Sequence[Incident], pieces: Sequence[Piece]) -> list[Piece]:
    """What the group's islands are made of: incidents whole, but the one that may have broken alert by alert.

    Only the last can break, because only an open one holds alerts that can end earlier than it was thought.
    """
    if not before or not await may_break(db, group, before[-1], pieces):
        return [*(incident.piece() for incident in before), *pieces]
    *whole, broken = before
    earlier = [piece for piece in pieces if piece.start < broken.opened_at]
    return [*(incident.piece() for incident in whole), *await parts(db, group, broken), *earlier]


async def may_break(db: Connection, group: UUID, incident: Incident, pieces: Sequence[Piece]) -> bool:
    """Whether an alert of an open incident that ended now can have left a gap, or ended the incident.

    It cannot while another still fires that started before: that one covers all the rest. So a batch for an incident
    that has been open for long does not read its other alerts.
    """
    if incident.resolved_at:
        return False
    known = [piece for piece in pieces if not piece.tally and incident.opened_at <= piece.start]
    first_end = min((piece.end for piece in known), default=FOREVER)
    return first_end < FOREVER and not await fires_since(db, group, incident, first_end)
