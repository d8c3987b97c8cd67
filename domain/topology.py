"""Which service stands on which: what the application profiles say of their parts and dependencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from domain.database import Connection
from domain.found import Found, ask

ALL = """
select name, architecture_info, service_mappings, slos from trivium.application_profiles
order by lower(name), name limit 1000"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A profile as it was written: whoever reads a key of it checks its kind."""

    name: str
    architecture_info: dict[str, Any]
    service_mappings: dict[str, Any]
    slos: dict[str, Any]

    @property
    def components(self) -> list[str]:
        """Its parts by name."""
        return sorted(self.service_mappings)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """(service, what it depends on): `dependencies` of its parts, and `depends_on` of the application itself."""
        stated: object = self.architecture_info.get("dependencies")
        parts = cast("dict[str, object]", stated) if isinstance(stated, dict) else {}
        told = [*parts.items(), (self.name, self.architecture_info.get("depends_on"))]
        return [(service, other) for service, listed in told for other in texts(listed) if other != service]

    @property
    def called(self) -> frozenset[str]:
        """The names of its parts, here and in telemetry, and of what is said to depend on something."""
        said = [cast("dict[str, Any]", part) for part in self.service_mappings.values() if isinstance(part, dict)]
        labels = [str(part.get("log_label") or "").partition("=")[2].strip().strip('"') for part in said]
        return frozenset({*self.service_mappings, *labels, *(name for name, _ in self.edges)})

    def names(self, service: str) -> bool:
        """Whether the service is the application, one of its parts, or what such a part is called in telemetry."""
        return service in self.called


def texts(value: object) -> list[str]:
    if not isinstance(value, list):
        return []
    return [item for item in cast("list[object]", value) if isinstance(item, str) and item]


async def applications(db: Connection) -> Found[Application]:
    """By name."""
    return await ask(db, Application, ALL, {})


def application_of(known: Sequence[Application], service: str) -> Application | None:
    """The application of that name in any case, else the first that names the service."""
    named = [one for one in known if one.name.casefold() == service.casefold()]
    return next(iter(named or [one for one in known if one.names(service)]), None)


def depends_on(known: Sequence[Application], service: str) -> list[str]:
    """What the service stands on, directly, in the order it is written."""
    return list(dict.fromkeys(other for one in known for name, other in one.edges if name == service))


def dependents(known: Sequence[Application], service: str) -> list[str]:
    """Who stands on the service, directly, by name."""
    return sorted({name for one in known for name, other in one.edges if other == service})
