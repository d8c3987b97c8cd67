"""How this process is."""

from typing import Literal

from web.models.shape import Told


class HealthReply(Told):
    status: Literal["ok"]


class ReadyReply(Told):
    """`parts`: postgres decides; the others are optional."""

    status: Literal["ready", "unavailable", "draining"]
    parts: dict[str, Literal["ok", "unavailable"]]


class IndexReply(Told):
    name: str
    version: str
    openapi: str
    health: str
