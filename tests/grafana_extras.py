"""What the Grafana of tests answers about folders, datasources, annotations, incidents, on-call; and its proxy."""

from typing import Any, TypeAlias

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.grafana_api import WHEN, Handler, State, problem, slug

Json: TypeAlias = dict[str, Any]

NOW_MS = 1_795_176_000_000


async def frontend_settings(state: State, request: Request) -> Response:  # noqa: ARG001
    return JSONResponse({"appUrl": state.url, "namespace": "default", "buildInfo": {"version": "12.3.0"}})


async def health(state: State, request: Request) -> Response:  # noqa: ARG001
    return JSONResponse({"database": "ok", "version": "12.3.0"})


async def me(state: State, request: Request) -> Response:  # noqa: ARG001
    return JSONResponse({"id": 2, "uid": "sa", "login": "sa-trivium", "name": "Trivium", "orgId": 1})


async def organisation(state: State, request: Request) -> Response:  # noqa: ARG001
    return JSONResponse({"id": 1, "name": "Main Org."})


async def organisations(state: State, request: Request) -> Response:  # noqa: ARG001
    return JSONResponse([{"orgId": 1, "name": "Main Org.", "role": "Editor"}])


async def list_datasources(state: State, request: Request) -> Response:  # noqa: ARG001
    return JSONResponse(state.datasources)


async def get_datasource(state: State, request: Request, kind: str, value: str) -> Response:  # noqa: ARG001
    for item in state.datasources:
        if item[kind] == value:
            return JSONResponse(item)
    return problem(404, "Data source not found")


async def datasource_health(state: State, request: Request, uid: str) -> Response:  # noqa: ARG001
    return JSONResponse({"status": "OK", "message": f"{uid} works"})


async def resources(state: State, request: Request, uid: str, path: str) -> Response:  # noqa: ARG001
    return await proxied(state, request, f"/{path}")


async def proxy(state: State, request: Request, uid: str, path: str) -> Response:
    """Prometheus is the real one where there is one; Loki and Tempo answer with what the test put into the state."""
    if uid == "loki" and state.loki:
        return await proxied(state, request, f"/{path}", state.loki)
    if uid == "loki":
        return JSONResponse(loki(state, path, request.query_params.get("query", "{}")))
    if uid == "tempo":
        found = state.traces[: int(request.query_params.get("limit", 20))]
        return JSONResponse({"traces": found, "metrics": {}})
    return await proxied(state, request, f"/{path}")


def loki(state: State, path: str, query: str) -> Json:
    if path.endswith(("query_range", "query")) and not query.startswith("{"):
        return {"status": "success", "data": {"resultType": "matrix", "result": state.samples}}
    if path.endswith(("query_range", "query")):
        return {"status": "success", "data": {"resultType": "streams", "result": state.streams}}
    if path.endswith("index/stats"):
        return {"streams": 1, "chunks": 1, "bytes": 1000, "entries": 10}
    return {"status": "success", "data": ["app"]}


async def ruled_by_prometheus(state: State, request: Request, uid: str) -> Response:  # noqa: ARG001
    return await proxied(state, request, "/api/v1/rules")


async def proxied(state: State, request: Request, path: str, other: str | None = None) -> Response:
    """What Prometheus, or the `other`, answers to the same request; the samples of the state where there is none."""
    source = other or state.prometheus
    if source is None:
        kind = "matrix" if path.endswith("query_range") else "vector"
        return JSONResponse({"status": "success", "data": {"resultType": kind, "result": state.samples}})
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.request(
            request.method,
            f"{source}{path}",
            params=tuple(request.query_params.multi_items()),
            content=await request.body(),
            headers={"content-type": request.headers.get("content-type", "")},
        )
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


async def list_folders(state: State, request: Request) -> Response:  # noqa: ARG001
    return JSONResponse([{"uid": uid, "title": title} for uid, title in state.folders.items()])


async def get_folder(state: State, request: Request, uid: str) -> Response:  # noqa: ARG001
    if uid not in state.folders:
        return problem(404, "folder not found")
    return JSONResponse({"uid": uid, "title": state.folders[uid], "url": f"/dashboards/f/{uid}"})


async def create_folder(state: State, request: Request) -> Response:
    asked = await request.json()
    uid = asked.get("uid") or slug(asked["title"])
    if uid in state.folders:
        return problem(409, "a folder with the same UID already exists")
    state.folders[uid] = asked["title"]
    return JSONResponse({"id": state.next_id(), "uid": uid, "title": asked["title"], "url": f"/dashboards/f/{uid}"})


async def list_annotations(state: State, request: Request) -> Response:
    asked = request.query_params
    tags, since, until = set(asked.getlist("tags")), int(asked.get("from", 0)), int(asked.get("to", 2**53))
    board = asked.get("dashboardUID") or asked.get("dashboardUid")
    found = [
        item
        for item in reversed(state.annotations)
        if tags <= set(item["tags"])
        and since <= item["timeEnd"]
        and item["time"] <= until
        and board in (None, "", item["dashboardUID"])
    ]
    return JSONResponse(found[: int(asked.get("limit", 100))])


async def create_annotation(state: State, request: Request) -> Response:
    asked = await request.json()
    if not asked.get("text"):
        return problem(400, "Failed to save annotation: text field should not be empty")
    number, time = state.next_id(), asked.get("time") or NOW_MS
    made: Json = {
        "id": number,
        "alertId": 0,
        "dashboardUID": asked.get("dashboardUID", ""),
        "panelId": asked.get("panelId", 0),
        "text": asked["text"],
        "tags": asked.get("tags") or [],
        "time": time,
        "timeEnd": asked.get("timeEnd") or time,
        "created": NOW_MS,
        "updated": NOW_MS,
        "login": "sa-trivium",
    }
    state.annotations.append(made)
    return JSONResponse({"id": number, "message": "Annotation added"})


async def irm_settings(state: State, request: Request) -> Response:  # noqa: ARG001
    return JSONResponse({"id": "grafana-irm-app", "enabled": True, "jsonData": {"onCallApiUrl": f"{state.url}/oncall"}})


async def incidents(state: State, request: Request, service: str) -> Response:
    """The incident plugin's remote procedures; each answers {error: ""} beside its result when all went well."""
    asked = await request.json()
    match service:
        case "IncidentsService.QueryIncidentPreviews":
            return JSONResponse(previews(state, asked.get("query") or {}))
        case "IncidentsService.CreateIncident":
            return JSONResponse({"incident": new_incident(state, asked), "error": ""})
        case "FieldsService.GetFields" | "FieldsService.GetFieldValues":
            return JSONResponse({"fields": [], "fieldValues": [], "error": ""})
        case _:
            return one_incident(state, asked, service)


def one_incident(state: State, asked: Json, service: str) -> Response:
    incident = state.incidents.get(asked.get("incidentID", ""))
    if incident is None:
        return JSONResponse({"error": "incident not found"}, 404)
    changed = {"UpdateStatus": "status", "UpdateSeverity": "severity", "UpdateTitle": "title"}
    name = changed.get(service.removeprefix("IncidentsService."))
    if name:
        incident[name] = asked[name]
        incident["modifiedTime"] = WHEN
    return JSONResponse({"incident": incident, "error": ""})


def new_incident(state: State, asked: Json) -> Json:
    number = f"incident-{state.next_id()}"
    made: Json = {"incidentID": number, "title": asked["title"], "status": asked.get("status") or "active",
            "severity": asked["severity"], "labels": asked.get("labels") or [], "createdTime": WHEN,
            "modifiedTime": WHEN, "isDrill": asked.get("isDrill", False), "summary": "", "description": "",
            "createdByUser": {"userID": "u1", "name": "Trivium"},
            "overviewURL": f"/a/grafana-irm-app/incidents/{number}"}  # fmt: skip
    state.incidents[number] = made
    return made


def previews(state: State, query: Json) -> Json:
    found = [item for item in reversed(state.incidents.values()) if wanted(item, query.get("queryString", ""))]
    shown = [{**item, "severityLabel": item["severity"], "version": 1} for item in found[: query.get("limit") or 10]]
    return {"incidentPreviews": shown, "query": query, "cursor": {"hasMore": len(found) > len(shown)}, "error": ""}


def wanted(incident: Json, query: str) -> bool:
    words = [word.partition(":")[2] for word in query.split() if word.startswith("status:")]
    return not words or incident["status"] in words


async def oncall_list(state: State, request: Request, kind: str) -> Response:
    rows = {"teams": state.teams, "schedules": state.schedules, "users": list(state.users.values())}[kind]
    team = request.query_params.get("team_id")
    found = [row for row in rows if not team or row.get("team_id") == team]
    return JSONResponse({"count": len(found), "next": None, "previous": None, "results": found})


async def oncall_one(state: State, request: Request, kind: str, key: str) -> Response:  # noqa: ARG001
    schedules = {row["id"]: row for row in state.schedules}
    rows = {"schedules": schedules, "users": state.users, "on_call_shifts": state.shifts}[kind]
    return JSONResponse(rows[key]) if key in rows else JSONResponse({"detail": "Not found."}, 404)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/api/frontend/settings", frontend_settings),
    ("GET", "/api/health", health),
    ("GET", "/api/user", me),
    ("GET", "/api/org", organisation),
    ("GET", "/api/user/orgs", organisations),
    ("GET", "/api/datasources", list_datasources),
    ("GET", "/api/datasources/(uid|name)/([^/]+)", get_datasource),
    ("GET", "/api/datasources/uid/([^/]+)/health", datasource_health),
    ("*", "/api/datasources/uid/([^/]+)/resources/(.+)", resources),
    ("*", "/api/datasources/proxy/uid/([^/]+)/(.+)", proxy),
    ("GET", "/api/prometheus/([^/]+)/api/v1/rules", ruled_by_prometheus),
    ("GET", "/api/folders", list_folders),
    ("POST", "/api/folders", create_folder),
    ("GET", "/api/folders/([^/]+)", get_folder),
    ("GET", "/api/annotations", list_annotations),
    ("POST", "/api/annotations", create_annotation),
    ("GET", "/api/plugins/grafana-irm-app/settings", irm_settings),
    ("POST", r"/api/plugins/grafana-irm-app/resources/api/v1/([\w.]+)", incidents),
    ("GET", "/oncall/api/v1/(teams|schedules|users)/?", oncall_list),
    ("GET", "/oncall/api/v1/(schedules|users|on_call_shifts)/([^/]+)/?", oncall_one),
)
