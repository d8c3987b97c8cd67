"""What can be asked about dashboards and the annotations on them."""

import re
from typing import Any
from urllib.parse import urlsplit

from agents.rules.phrases import capital
from agents.rules.revive import measures, naming, spoken, values
from agents.rules.revive.intents import names
from agents.rules.revive.intents.shape import Finder, Intent, Json, Slots
from agents.rules.revive.said import Said

DASHBOARD = Finder(
    tool="search_dashboards", search="query", rows="dashboards", called=("title", "uid"), key="uid", noun="dashboard"
)
WHICH_DASHBOARD = "Which dashboard?"


def dashboard(said: Said) -> str | None:
    """The title of the dashboard, wherever the clause has it: "add a CPU panel to the checkout dashboard"."""
    quoted = re.search(
        r"\b(?:dashboards?|boards?)\s*:?\s*(⟦quote[a-z]⟧)|(⟦quote[a-z]⟧)\s+(?:dashboards?|boards?)\b|\b(?:from|to|on|rename)\s+(⟦quote[a-z]⟧)",
        said.text,
        re.IGNORECASE,
    )
    if quoted:
        return said.clause.restore(next(filter(None, quoted.groups())))
    before = re.search(
        r"\b(?:to|from|on|in|of|the|rename|edit|update|change)\s+(?:the\s+|our\s+|my\s+)?(?P<name>(?:[\w-]+\s+){1,4}?)(?:dashboard|board)\b",
        said.text,
        re.IGNORECASE,
    )
    plain = before["name"].strip() if before else ""
    words = [
        word
        for word in plain.split()
        if word.casefold() not in ("the", "our", "my", "to", "of", "from", "on", "in", "panel", "panels")
    ]
    after = re.search(
        r"\b(?:dashboard|board)\s+(?!(?:with|to|and|by|for|as|from|tagged|title)\b)(?P<name>[\w-]+)",
        said.text,
        re.IGNORECASE,
    )
    return " ".join(words) or (after["name"] if after else None)


def uid(said: Said) -> str | None:
    """The uid that is written, else the one that is marked or open on the page."""
    written = naming.uid(said.clause)
    if written or naming.of_thing(said.clause):
        return written or None
    return shown(said)


def shown(said: Said) -> str | None:
    """The dashboard that is open ("/d/abc/checkout") or marked, when none is named."""
    if not re.search(r"\b(?:this|the|that|it|current)\b", said.text, re.IGNORECASE) or dashboard(said):
        return None
    parts = [part for part in urlsplit(said.question.page).path.split("/") if part]
    if len(parts) > 1 and parts[0] == "d":
        return parts[1]
    return said.question.selected[0] if len(said.question.selected) == 1 else None


def title(said: Said) -> str | None:
    """The title of something new, quoted or behind "called"."""
    quoted = re.search(r"⟦quote[a-z]⟧", said.text)
    return naming.called(said.clause) or (said.clause.restore(quoted[0]) if quoted else None)


def dashboard_arguments(slots: Slots) -> Json:
    """Panels from the wishes, the usual three when there is none, or from the expression that was given."""
    service, expr = slots.get("service"), slots.get("expr")
    services: list[str] = slots.get("services") or [service or ""]
    wishes: tuple[str, ...] = (
        *slots.get("wishes", ()),
        *slots.get("spoken", ()),
        *slots.get("unread", ()),
    ) or (() if expr else measures.USUAL)
    panels: list[Json] = [
        {"wish": wish, "service": each} if each else {"wish": wish} for each in services for wish in wishes
    ]
    plain = slots.get("spoken") or ["service overview"]
    given: list[Json] = [{"title": "Query", "expr": expr}] if expr else []
    return {
        "title": slots.get("title") or capital(f"{service} overview" if service else plain[0]),
        "panels": [*panels, *given],
        "folder": slots.get("folder"),
        "tags": slots.get("tags"),
    }


def update_arguments(slots: Slots) -> Json:
    service: dict[str, Any] = {"service": slots["service"]} if slots.get("service") else {}
    added = [{"wish": wish, **service} for wish in slots.get("add", ())]
    if slots.get("add") and slots.get("expr"):
        added = [{"title": capital(slots["add"][0]), "expr": slots["expr"]}]
    elif slots.get("expr"):
        added = [{"title": "Query", "expr": slots["expr"]}]
    return {
        "uid": slots.get("uid"),
        "title": slots.get("new_title"),
        "tags": slots.get("tags"),
        "add_panels": added or None,
        "remove_panels": slots.get("remove"),
    }


def added_panels(said: Said) -> list[str] | None:
    if not said.clause.verb or said.clause.verb.meaning not in ("add", "create", "update"):
        return None
    return [*(measures.wishes(said) or ()), *(spoken.wishes(said) or ())] or None


def removed_panels(said: Said) -> list[str] | None:
    """The titles of panels to take off, as they are quoted or named before "panel"."""
    if not said.clause.verb or said.clause.verb.meaning != "delete":
        return None
    quoted = re.search(r"(⟦quote[a-z]⟧)\s+panels?|panels?\s+(⟦quote[a-z]⟧)", said.text, re.IGNORECASE)
    if quoted:
        return [said.clause.restore(quoted[1] or quoted[2])]
    match = re.search(r"\b(?:delete|remove|drop)\s+(?:the\s+)?(?P<titles>.+?)\s+panels?\b", said.text, re.IGNORECASE)
    return re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", match["titles"]) if match else measures.wishes(said)


def note_tags(said: Said) -> list[str] | None:
    """The tags named, and the service the annotation is about."""
    service = values.service(said)
    named_ones = values.tags(said) or []
    return list(dict.fromkeys([*named_ones, *([service] if service else [])])) or None


INTENTS = (
    Intent(
        name="get_dashboard",
        mode="grafana",
        tool="get_dashboard_by_uid",
        cues=("+read dashboard", "+read panel"),
        reads={
            "name": lambda said: dashboard(said) if said.clause.wanted[1] == "panel" else names.named(said),
            "uid": uid,
        },
        takes=("uid",),
        finds=DASHBOARD,
        into="uid",
        about="dashboard {name}",
        extras=(" {uid}",),
    ),
    Intent(
        name="search_dashboards",
        mode="grafana",
        tool="search_dashboards",
        cues=("read dashboard", "read panel"),
        reads={"query": lambda said: names.search(said) or values.service(said) or naming.before(said.clause) or None},
        takes=("query",),
        about="dashboards",
        extras=(" like {query}",),
    ),
    Intent(
        name="create_dashboard",
        mode="grafana",
        tool="create_dashboard",
        cues=("create dashboard", "add dashboard", "create panel"),
        reads={
            "title": title,
            "service": values.typed_service,
            "services": lambda said: values.services(said) if len(said.services) > 1 else None,
            "wishes": measures.wishes,
            "spoken": spoken.wishes,
            "unread": measures.unread,
            "expr": measures.expression,
            "folder": values.folder,
            "tags": values.tags,
        },
        arguments=dashboard_arguments,
        needs={"service|expr|title|spoken": "A dashboard for which service?"},
        is_change=True,
        about="create dashboard",
        extras=(
            " “{title}”",
            " for {service}",
            " with {wishes}",
            " showing {spoken}",
            " showing {expr}",
            " in folder {folder}",
            ", tagged {tags}",
        ),
    ),
    Intent(
        name="update_dashboard",
        mode="grafana",
        tool="update_dashboard",
        cues=("update dashboard", "add panel", "update panel", "delete panel"),
        reads={
            "name": dashboard,
            "uid": uid,
            "add": added_panels,
            "remove": removed_panels,
            "expr": measures.expression,
            "new_title": values.new_title,
            "tags": values.tags,
            "service": values.service,
        },
        arguments=update_arguments,
        needs={
            "name|uid": WHICH_DASHBOARD,
            "add|remove|new_title|tags|expr": "What is to change on it: panels, title or tags?",
        },
        finds=DASHBOARD,
        into="uid",
        is_change=True,
        about="update dashboard {name}",
        extras=(
            " {uid}",
            ": add {add}",
            " showing {expr}",
            ": remove {remove}",
            ": title “{new_title}”",
            ": tags {tags}",
        ),
    ),
    Intent(
        name="delete_dashboard",
        mode="grafana",
        tool="delete_dashboard",
        cues=("delete dashboard",),
        reads={"name": names.named, "uid": uid},
        takes=("uid",),
        needs={"name|uid": WHICH_DASHBOARD},
        finds=DASHBOARD,
        into="uid",
        is_change=True,
        about="delete dashboard {name}",
        extras=(" {uid}",),
    ),
    Intent(
        name="list_annotations",
        mode="grafana",
        tool="list_annotations",
        cues=("read annotation",),
        reads={"tags": note_tags, "since": values.since, "until": values.until, "limit": values.limit},
        takes=("tags", "from=since", "to=until", "limit"),
        about="annotations",
        extras=(" tagged {tags}", " since {since}", ", newest {limit}"),
    ),
    Intent(
        name="create_annotation",
        mode="grafana",
        tool="create_annotation",
        cues=("create annotation", "add annotation", "annotate annotation", "annotate dashboard", "annotate panel"),
        reads={"text": values.note, "name": dashboard, "uid": shown, "tags": note_tags},
        takes=("text", "tags", "dashboard_uid=uid"),
        needs={"text": "What is the annotation to say? Put it in quotes."},
        finds=DASHBOARD,
        into="dashboard_uid",
        is_change=True,
        about="annotate",
        extras=(" dashboard {name}", " dashboard {uid}", " with “{text}”", ", tagged {tags}"),
    ),
)
