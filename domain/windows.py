"""A window of time: half-open, aware, UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """`start <= t < end`, both aware UTC. Raises ValueError when naive or when `end` is not after `start`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(f"a window needs aware times, got {self.start!r} and {self.end!r}")
        if self.end <= self.start:
            raise ValueError(f"a window must end after it starts, got {self.start} to {self.end}")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def as_json(self) -> dict[str, str]:
        return {"start": stamp(self.start), "end": stamp(self.end)}


def stamp(time: datetime) -> str:
    """RFC 3339 in UTC, seconds when there is no fraction: `2026-11-20T09:30:00Z`."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """An RFC 3339 time as aware UTC. Raises ValueError when it is not one or has no zone."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: write 2026-11-20T09:30:00Z")
    return time.astimezone(UTC)
