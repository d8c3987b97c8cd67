"""What the Grafana of tests answers about dashboards and alert rules, and what it keeps in memory."""

import copy
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Json: TypeAlias = dict[str, Any]

WHEN = "2026-11-20T12:00:00Z"
CHANGED_BY_OTHERS = "The dashboard has been changed by someone else"
SAME_NAME = "A dashboard with the same name in the folder already exists"
PROMETHEUS: Json = {"id": 1, "uid": "prom", "name": "Prometheus", "type": "prometheus", "isDefault": True}
LOKI: Json = {"id": 2, "uid": "loki", "name": "Loki", "type": "loki", "isDefault": False}
TEMPO: Json = {"id": 3, "uid": "tempo", "name": "Tempo", "type": "tempo", "isDefault": False}
FOLDERS = (("ops", "Operations"), ("shop", "Shop"))


@dataclass(slots=True)
class State:
    """`dashboards` hold all versions of each, newest last; `provisioned` are uids that nobody may change here."""

    url: str
    prometheus: str | None
    loki: str | None = None
    folders: dict[str, str] = field(default_factory=lambda: dict(FOLDERS))
    datasources: list[Json] = field(default_factory=lambda: copy.deepcopy([PROMETHEUS, LOKI, TEMPO]))
    dashboards: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    provisioned: set[str] = field(default_factory=set[str])
    rules: dict[str, Json] = field(default_factory=dict[str, Json])
    rule_versions: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    annotations: list[Json] = field(default_factory=list[Json])
    incidents: dict[str, Json] = field(default_factory=dict[str, Json])
    teams: list[Json] = field(default_factory=list[Json])
    schedules: list[Json] = field(default_factory=list[Json])
    shifts: dict[str, Json] = field(default_factory=dict[str, Json])
    users: dict[str, Json] = field(default_factory=dict[str, Json])
    streams: list[Json] = field(default_factory=list[Json])
    traces: list[Json] = field(default_factory=list[Json])
    samples: list[Json] = field(default_factory=list[Json])
    ids: int = 0

    def reset(self) -> None:
        fresh = State(url=self.url, prometheus=self.prometheus)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))

    def next_id(self) -> int:
        self.ids += 1
        return self.ids


Handler: TypeAlias = Callable[..., Awaitable[Response]]


def problem(code: int, message: str, **more: Any) -> Response:
    return JSONResponse({"message": message, **more}, code)


def slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


async def search(state: State, request: Request) -> Response:
    """Dashboards and folders whose title holds `query`, by page."""
    asked = request.query_params
    words, kind = asked.get("query", "").lower(), asked.get("type", "")
    folders = asked.getlist("folderUIDs") + asked.getlist("folderUids")
    tags = set(asked.getlist("tag"))
    found: list[Json] = []
    if kind != "dash-folder":
        boards = [versions[-1] for versions in state.dashboards.values()]
        found += [hit(state, board) for board in boards if tags <= set(board["data"].get("tags") or [])]
    if kind != "dash-db":
        found += [{"id": 0, "uid": uid, "title": title, "url": f"/dashboards/f/{uid}", "type": "dash-folder"}
                  for uid, title in state.folders.items()]  # fmt: skip
    found = [item for item in found if words in item["title"].lower()]
    found = [item for item in found if not folders or item.get("folderUid") in folders]
    limit, page = int(asked.get("limit", 1000)), int(asked.get("page", 1))
    return JSONResponse(found[(page - 1) * limit : page * limit])


def hit(state: State, board: Json) -> Json:
    data, folder = board["data"], board["folder"]
    return {
        "id": data["id"],
        "uid": data["uid"],
        "title": data["title"],
        "uri": f"db/{slug(data['title'])}",
        "url": f"/d/{data['uid']}/{slug(data['title'])}",
        "type": "dash-db",
        "tags": data.get("tags") or [],
        "isStarred": False,
        **({"folderUid": folder, "folderTitle": state.folders.get(folder, "")} if folder else {}),
    }


async def get_dashboard(state: State, request: Request, uid: str) -> Response:  # noqa: ARG001
    if uid not in state.dashboards:
        return problem(404, "Dashboard not found")
    board = state.dashboards[uid][-1]
    title, folder = board["data"]["title"], board["folder"]
    meta = {
        "type": "db",
        "slug": slug(title),
        "url": f"/d/{uid}/{slug(title)}",
        "version": board["data"]["version"],
        "folderUid": folder,
        "folderTitle": state.folders.get(folder, "General"),
        "canSave": True,
        "created": WHEN,
        "updated": WHEN,
        "createdBy": "sa-trivium",
        "updatedBy": "sa-trivium",
        "provisioned": uid in state.provisioned,
    }
    return JSONResponse({"dashboard": board["data"], "meta": meta})


async def save_dashboard(state: State, request: Request) -> Response:
    """A new version of a dashboard, or a new dashboard."""
    asked = await request.json()
    data, folder = asked["dashboard"], asked.get("folderUid") or ""
    uid, title = data.get("uid") or uuid4().hex[:10], data.get("title", "")
    refused = save_problem(state, uid, asked)
    if refused:
        return refused
    versions = state.dashboards.get(uid, [])
    number = versions[-1]["data"]["version"] + 1 if versions else 1
    identity = versions[-1]["data"]["id"] if versions else state.next_id()
    saved = {**data, "id": identity, "uid": uid, "version": number}
    state.dashboards[uid] = [*versions, {"data": saved, "folder": folder, "message": asked.get("message", "")}]
    return JSONResponse(
        {
            "id": identity,
            "uid": uid,
            "url": f"/d/{uid}/{slug(title)}",
            "status": "success",
            "version": number,
            "slug": slug(title),
            "folderUid": folder,
        }
    )


def save_problem(state: State, uid: str, asked: Json) -> Response | None:
    """Grafana's rules: the version must be the newest one, a title stands once in a folder, `overwrite` allows both."""
    data, folder = asked["dashboard"], asked.get("folderUid") or ""
    title, versions = data.get("title", ""), state.dashboards.get(uid, [])
    is_stale = bool(versions) and data.get("version") != versions[-1]["data"]["version"]
    is_taken = any(same_place(other, title, folder) for key, other in state.dashboards.items() if key != uid)
    rules = (
        (not title.strip(), 400, "empty-name", "Dashboard title cannot be empty"),
        (folder and folder not in state.folders, 404, "not-found", "folder not found"),
        (uid in state.provisioned, 400, "provisioned", "Cannot save provisioned dashboard"),
        (data.get("id") and not versions, 404, "not-found", "Dashboard not found"),
        (is_stale and not asked.get("overwrite"), 412, "version-mismatch", CHANGED_BY_OTHERS),
        (is_taken and not asked.get("overwrite"), 412, "name-exists", SAME_NAME),
    )
    return next((problem(code, said, status=word) for broken, code, word, said in rules if broken), None)


def same_place(versions: list[Json], title: str, folder: str) -> bool:
    newest = versions[-1]
    return bool(newest["data"]["title"].lower() == title.lower() and newest["folder"] == folder)


async def delete_dashboard(state: State, request: Request, uid: str) -> Response:  # noqa: ARG001
    if uid not in state.dashboards:
        return problem(404, "Dashboard not found")
    if uid in state.provisioned:
        return problem(400, "provisioned dashboard cannot be deleted")
    data = state.dashboards.pop(uid)[-1]["data"]
    return JSONResponse({"title": data["title"], "message": f"Dashboard {data['title']} deleted", "id": data["id"]})


async def list_versions(state: State, request: Request, uid: str) -> Response:  # noqa: ARG001
    if uid not in state.dashboards:
        return problem(404, "Dashboard not found")
    newest_first = state.dashboards[uid][::-1]
    return JSONResponse({"versions": [version_row(uid, board) for board in newest_first]})


async def get_version(state: State, request: Request, uid: str, number: str) -> Response:  # noqa: ARG001
    for board in state.dashboards.get(uid, []):
        if board["data"]["version"] == int(number):
            return JSONResponse({**version_row(uid, board), "data": board["data"]})
    return problem(404, "Dashboard version not found")


def version_row(uid: str, board: Json) -> Json:
    number, said = board["data"]["version"], board["message"]
    return {"id": number, "dashboardId": board["data"]["id"], "dashboardUID": uid, "uid": uid, "version": number,
            "parentVersion": number - 1, "created": WHEN, "createdBy": "sa-trivium", "message": said}  # fmt: skip


async def list_rules(state: State, request: Request) -> Response:  # noqa: ARG001
    return JSONResponse(list(state.rules.values()))


async def get_rule(state: State, request: Request, uid: str) -> Response:  # noqa: ARG001
    return JSONResponse(state.rules[uid]) if uid in state.rules else problem(404, "alert rule not found")


async def create_rule(state: State, request: Request) -> Response:
    asked = await request.json()
    asked["uid"] = asked.get("uid") or uuid4().hex[:10]
    refused = rule_problem(state, asked)
    if asked["uid"] in state.rules:
        refused = problem(409, "a conflicting alert rule is found: rule UID already exists")
    return refused or kept_rule(state, request, asked, 201)


async def update_rule(state: State, request: Request, uid: str) -> Response:
    if uid not in state.rules:
        return problem(404, "alert rule not found")
    asked = await request.json() | {"uid": uid}
    return rule_problem(state, asked) or kept_rule(state, request, asked, 200)


async def delete_rule(state: State, request: Request, uid: str) -> Response:  # noqa: ARG001
    """204 also for a rule that was never there, as the real one."""
    state.rules.pop(uid, None)
    return Response(status_code=204)


def rule_problem(state: State, rule: Json) -> Response | None:
    if rule.get("folderUID") not in state.folders:
        return problem(400, "invalid alert rule: folder does not exist")
    needed = ("title", "ruleGroup", "condition", "data")
    if absent := [name for name in needed if not rule.get(name)]:
        return problem(400, f"invalid alert rule: {', '.join(absent)} cannot be empty")
    for other in state.rules.values():
        if other["uid"] != rule["uid"] and (other["title"], other["folderUID"]) == (rule["title"], rule["folderUID"]):
            return problem(409, "rule title under the same organisation and folder should be unique")
    return None


def kept_rule(state: State, request: Request, rule: Json, status: int) -> Response:
    provenance = "" if "x-disable-provenance" in request.headers else "api"
    number = len(state.rule_versions.get(rule["uid"], [])) + 1
    kept = {**rule, "id": number, "orgID": 1, "updated": WHEN, "provenance": provenance}
    state.rules[rule["uid"]] = kept
    state.rule_versions.setdefault(rule["uid"], []).append(kept)
    return JSONResponse(kept, status)


async def ruled_groups(state: State, request: Request) -> Response:
    """The rules as Prometheus would list them, with Grafana's own keys."""
    folder, group = request.query_params.get("folder_uid"), request.query_params.get("rule_group")
    groups: dict[tuple[str, str], list[Json]] = {}
    for rule in state.rules.values():
        if (not folder or rule["folderUID"] == folder) and (not group or rule["ruleGroup"] == group):
            groups.setdefault((rule["folderUID"], rule["ruleGroup"]), []).append(listed_rule(rule))
    listed = [
        {"name": name, "file": state.folders[uid], "folderUid": uid, "interval": 60, "rules": rules}
        for (uid, name), rules in groups.items()
    ]
    return JSONResponse({"status": "success", "data": {"groups": listed, "totals": {}}})


def listed_rule(rule: Json) -> Json:
    return {"uid": rule["uid"], "name": rule["title"], "folderUid": rule["folderUID"], "state": "inactive",
            "query": "", "duration": 300, "labels": rule.get("labels") or {}, "health": "ok", "type": "alerting",
            "annotations": rule.get("annotations") or {}, "isPaused": rule.get("isPaused", False), "alerts": [],
            "lastEvaluation": WHEN, "evaluationTime": 0.001}  # fmt: skip


async def list_rule_versions(state: State, request: Request, uid: str) -> Response:  # noqa: ARG001
    if uid not in state.rule_versions:
        return problem(404, "alert rule not found")
    rows = [{"grafana_alert": {"uid": uid, "title": rule["title"], "version": number, "updated": WHEN}}
            for number, rule in enumerate(state.rule_versions[uid], 1)]  # fmt: skip
    return JSONResponse(rows[::-1])


PROVISIONED = "/api/v1/provisioning/alert-rules"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/api/search", search),
    ("POST", "/api/dashboards/db", save_dashboard),
    ("GET", "/api/dashboards/uid/([^/]+)", get_dashboard),
    ("DELETE", "/api/dashboards/uid/([^/]+)", delete_dashboard),
    ("GET", "/api/dashboards/uid/([^/]+)/versions", list_versions),
    ("GET", r"/api/dashboards/uid/([^/]+)/versions/(\d+)", get_version),
    ("GET", PROVISIONED, list_rules),
    ("POST", PROVISIONED, create_rule),
    ("GET", f"{PROVISIONED}/([^/]+)", get_rule),
    ("PUT", f"{PROVISIONED}/([^/]+)", update_rule),
    ("DELETE", f"{PROVISIONED}/([^/]+)", delete_rule),
    ("GET", "/api/prometheus/grafana/api/v1/rules", ruled_groups),
    ("GET", "/api/ruler/grafana/api/v1/rule/([^/]+)/versions", list_rule_versions),
)
