"""An act read back in words: "run restart-api on web-1 with replicas=3"."""

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any, cast

from agents.rules.revive.intents import BY_NAME
from agents.rules.revive.said import Act


def plain_of(acts: Sequence[Act]) -> str:
    return ", then ".join(plain(act) for act in acts)


def plain(act: Act) -> str:
    intent = BY_NAME[act.intent]
    parts = (intent.about, *intent.extras)
    return " ".join("".join(filled(part, act.slots) for part in parts).split())


def filled(template: str, slots: Mapping[str, Any]) -> str:
    """The template with its slots; nothing when one is empty, its own words alone when it is the opening one."""
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    values = {name: spoken(slots[name]) for name in names if slots.get(name) not in (None, "", [], {})}
    if len(values) < len(names):
        is_opening = not template.startswith((" ", ",", ":"))
        return template.partition("{")[0].rstrip(" “") if is_opening else ""
    return template.format(**values)


def spoken(value: Any) -> str:
    """A slot's value in words; true says nothing by itself."""
    if value is True:
        return ""
    if isinstance(value, dict) and "value" in value:
        asked = cast("dict[str, Any]", value)
        return " ".join(filter(None, (asked.get("op"), f"{asked['value']:g}", asked["unit"])))
    if isinstance(value, dict):
        return ", ".join(pair(name, entry) for name, entry in cast("dict[str, Any]", value).items())
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in cast("list[Any]", value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def pair(name: str, value: Any) -> str:
    return f"{name} {value:g}" if isinstance(value, int | float) else f"{name}={value}"
