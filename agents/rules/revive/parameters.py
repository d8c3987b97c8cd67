"""What a runbook is given: words of the request fitted to the parameters that it declares."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from agents.rules import phrases
from agents.rules.revive.finding import Stuck
from agents.rules.revive.intents.shape import Slots

Json: TypeAlias = dict[str, Any]
SERVERS = ("server", "host", "target", "machine", "node", "hostname")
NAMES = ("name", "instance", "instance_name", "database", "db_name", "service_name")
PLACES = (("service", ("service", "app")), ("environment", ("environment", "env")), ("instance", NAMES))
ALSO = {
    "cores": ("cpu", "cpus", "vcpu", "vcpus", "cpu_cores"),
    "core": ("cores", "cpu", "cpus", "vcpus"),
    "cpus": ("cpu", "cores", "vcpus"),
    "size": ("memory", "memory_gb", "ram", "ram_gb", "memory_mb", "mem"),
    "ram": ("memory", "memory_gb", "ram_gb", "memory_mb"),
    "memory": ("memory_gb", "ram", "ram_gb", "memory_mb", "mem"),
    "storage": ("storage_gb", "disk", "disk_gb", "volume", "volume_gb", "disk_size"),
    "disk": ("disk_gb", "storage", "storage_gb", "volume_gb"),
    "nodes": ("replicas", "instances", "count", "node_count"),
    "replicas": ("instances", "count", "replica_count"),
    "instances": ("replicas", "count"),
}
UNITS = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]i?b)?", re.IGNORECASE)
TRUE, FALSE = ("true", "yes", "on"), ("false", "no", "off")


def of_runbook(slots: Slots, details: Mapping[str, Any]) -> Json | Stuck:
    """The arguments `parameters` and `credentials`; why not, when one is unknown, unfit or missing."""
    declared: list[Json] = list(details.get("parameters") or [])
    known = {entry["name"]: entry for entry in declared}
    given: dict[str, Any] = {}
    for name, value in said(slots, "parameters").items():
        meant = named(name, known)
        if meant is None:
            return unknown(name, details, known)
        given[meant] = value
    for name, value in said(slots, "amounts").items():
        meant = named(name, known)
        if meant is None:
            return unknown(name, details, known)
        given.setdefault(meant, value)
    problem = placed(slots, details, known, given)
    if problem:
        return problem
    lacking = [entry for entry in declared if is_needed(entry) and entry["name"] not in given]
    if lacking:
        return missing(lacking, details)
    return shared_out({name: typed(value, known[name]) for name, value in given.items()}, known)


def shared_out(values: Json, known: Mapping[str, Json]) -> Json:
    """The values as the tool takes them: those of secret parameters are names of credentials."""
    secret = {name: value for name, value in values.items() if known[name].get("secret")}
    plain = {name: value for name, value in values.items() if name not in secret}
    return {"parameters": plain, **({"credentials": secret} if secret else {})}


def said(slots: Slots, name: str) -> dict[str, str]:
    return cast("dict[str, str]", slots.get(name) or {})


def placed(slots: Slots, details: Mapping[str, Any], known: Mapping[str, Json], given: Json) -> Stuck | None:
    """Put service, environment, name and server where the runbook takes them; one it has no place for stops it."""
    for slot, names in PLACES:
        meant = next((name for name in names if name in known), None)
        value = slots.get(slot)
        if value and meant:
            given.setdefault(meant, value)
        elif value and value not in given.values() and value != details.get("service") and not is_said(value, details):
            return Stuck(f"{details.get('name')} takes no {slot}, so {value} cannot be given to it.", asks=False)
    return directed(slots, details, known, given)


def is_said(value: str, details: Mapping[str, Any]) -> bool:
    """Whether the runbook is called after it: restart-checkout needs no service."""
    return value.casefold() in str(details.get("name", "")).casefold()


def directed(slots: Slots, details: Mapping[str, Any], known: Mapping[str, Json], given: Json) -> Stuck | None:
    """Put the server where the runbook takes one; one it cannot go to stops it."""
    target = slots.get("target")
    if not target:
        return None
    place = next((name for name, entry in known.items() if entry.get("type") == "server"), None)
    place = place or next((name for name in SERVERS if name in known), None)
    if place:
        given.setdefault(place, target)
        return None
    if target in given.values() or target == slots.get("service") or target in servers(details):
        return None
    fixed = phrases.listing(sorted(servers(details))) or "no server at all"
    text = f"{details.get('name')} cannot be run on {target}: it takes no server, and its steps run on {fixed}."
    return Stuck(text, asks=False)


def servers(details: Mapping[str, Any]) -> set[str]:
    """The servers that its steps name."""
    return {str(name) for step in steps(details) for name in (step.get("server"), *(step.get("servers") or ())) if name}


def steps(details: Mapping[str, Any]) -> Iterable[Json]:
    for step in cast("Sequence[Json]", [*(details.get("steps") or ()), *(details.get("rollback") or ())]):
        yield step
        yield step.get("ssh") or {}


def named(name: str, known: Mapping[str, Json]) -> str | None:
    """The declared parameter that is called so, whatever its case and hyphens, or goes by another word for it."""
    plain = name.casefold().replace("-", "_")
    for form in (plain, plain.rstrip("s"), f"{plain}s", *ALSO.get(plain, ())):
        if form in known:
            return form
    return None


def is_needed(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("required", True)) and entry.get("default") is None


def typed(value: Any, entry: Mapping[str, Any]) -> Any:
    """The value in the type declared; what does not fit is passed on as it is, for the tool to say why."""
    text = str(value)
    match entry.get("type", "string"):
        case "integer" | "number":
            return amount(text, str(entry["name"]), is_whole=entry.get("type") == "integer")
        case "boolean" if text.casefold() in (*TRUE, *FALSE):
            return text.casefold() in TRUE
        case "choice":
            choices = cast("Sequence[str]", entry.get("choices") or ())
            return next((choice for choice in choices if choice.casefold() == text.casefold()), text)
        case "string":
            return re.sub(r"^(\d+(?:\.\d+)?)\s+([KMGT]i?B)$", r"\1\2", text, flags=re.IGNORECASE)
        case _:
            return value


def amount(text: str, name: str, *, is_whole: bool) -> Any:
    """A number, in the unit that the parameter's name ends with: 8 GB for `memory_mb` is 8000."""
    match = AMOUNT.fullmatch(text)
    if match is None:
        return text
    number = float(match["number"])
    if match["unit"]:
        wanted = next(
            (unit for unit in UNITS if re.search(rf"_{unit}$", name, re.IGNORECASE)), match["unit"].casefold()
        )
        number = number * UNITS[match["unit"].casefold()] / UNITS[wanted]
    return int(number) if is_whole and number.is_integer() else number


def unknown(name: str, details: Mapping[str, Any], known: Mapping[str, Json]) -> Stuck:
    takes = f"It takes {phrases.listing(known)}." if known else "It takes none."
    return Stuck(f"{details.get('name')} has no parameter named {name}. {takes}", asks=False)


def missing(lacking: Sequence[Json], details: Mapping[str, Any]) -> Stuck:
    """The question for what is required, each parameter with what it is."""
    named_ones = phrases.listing(described(entry) for entry in lacking)
    example = " ".join(f"{entry['name']}=..." for entry in lacking)
    return Stuck(f"{details.get('name')} needs {named_ones}. What is it to be? Say {example}")


def described(entry: Mapping[str, Any]) -> str:
    choices = cast("Sequence[str]", entry.get("choices") or ())
    about = phrases.listing(choices, "or") if choices else entry.get("description")
    return f"{entry['name']} ({about})" if about else str(entry["name"])
