"""What handlers work with: the parts of the house that are given in, and one authenticated request."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from agents.llm.registry import Models
from domain.actors import Actor
from domain.database import Pool
from domain.identity import Identity
from domain.ingest.normalise import LabelRules
from domain.names import Directory
from domain.tokens import Key
from graphs.approvals import Approvals
from graphs.route import Router
from graphs.runner import Runner
from tools.call import Door
from tools.counts import Counts
from tools.metrics.sources import Sources
from tools.metrics.tally import Tally
from tools.remote import RemoteTools
from tools.resources import NOTHING, Resources
from web.meters import Meters

Probe: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """What the front hall gives. `zone` is the calendar of questions that name none, `version` this build's.

    `probes` are the optional parts by name: each returns when its part works and raises SourceError when not.
    `sources` are those of metrics and logs, and `queried` counts what they are asked, `counts` all else that this
    process did. `remote` are the tools of registered MCP servers,
    `models` the language models. `key` signs the sessions of login links; without
    one there are none.
    `anchor` is the file that vouches for the audit log from outside the database.
    """

    pool: Pool
    runner: Runner
    approvals: Approvals
    door: Door
    identity: Identity
    directory: Directory
    labels: LabelRules
    zone: ZoneInfo
    version: str
    clock: Callable[[], datetime]
    probes: Mapping[str, Probe] = field(default_factory=dict[str, Probe])
    resources: Resources = NOTHING
    sources: Sources | None = None
    remote: RemoteTools | None = None
    queried: Tally | None = None
    models: Models | None = None
    key: Key | None = None
    counts: Counts = field(default_factory=Counts)
    anchor: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One per app. `document` is its OpenAPI description as JSON, `router` finds the pillar of a message.
    `late` is what is still put on record after its reader has left."""

    parts: WebParts
    meters: Meters
    document: bytes
    router: Router = field(default_factory=Router)
    late: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of somebody we know, whose token opens this door."""

    desk: Desk
    request: Request
    actor: Actor


@dataclass(frozen=True, slots=True)
class Open:
    """Whoever asks is answered."""

    handler: Callable[[Desk], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Whoever asks is answered, by what they sent."""

    handler: Callable[[Desk, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Guarded:
    """A valid token with one of these scopes is needed; with `permission`, an admin's."""

    handler: Callable[[Visit], Awaitable[Response]]
    scopes: tuple[str, ...]
    permission: str | None = None
