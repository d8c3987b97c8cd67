"""A question to a graph, with all that the caller said about it; kept with the run so that it can begin anew."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.windows import Window, parse

Json: TypeAlias = dict[str, Any]
GraphName: TypeAlias = Literal["inquiry", "troubleshooting", "revive"]
Mode: TypeAlias = Literal["auto", "grafana", "aiops"]
ResponseFormat: TypeAlias = Literal["detailed", "summary", "table", "timeline"]
LONGEST_QUESTION = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """`session_id` continues a conversation. `zone` is the calendar of "yesterday"; `window`, `services` and
    `severities` hold where the words say nothing else. `mode`, `page` and `selected` are revive's;
    with `preview` an inquiry shows its queries first, to be approved or edited. `alert` is what
    troubleshooting is about, `left_out` the parts of its context that are not wanted."""

    text: str
    graph: GraphName = "inquiry"
    session_id: UUID | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    window: Window | None = None
    services: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    response_format: ResponseFormat = "detailed"
    mode: Mode = "auto"
    page: str = ""
    selected: tuple[str, ...] = ()
    preview: bool = False
    alert: UUID | None = None
    left_out: tuple[str, ...] = ()

    def options(self) -> Json:
        return {
            "timezone": self.zone.key,
            "time_range": self.window.as_json() if self.window else None,
            "services": list(self.services),
            "severities": list(self.severities),
            "response_format": self.response_format,
            "mode": self.mode,
            "page": self.page,
            "selected": list(self.selected),
            "preview": self.preview,
            "alert": str(self.alert) if self.alert else None,
            "left_out": list(self.left_out),
        }


def from_options(text: str, graph: GraphName, session_id: UUID, options: Json) -> Ask:
    """The question that `options` was written from."""
    window = options["time_range"]
    return Ask(
        text=text,
        graph=graph,
        session_id=session_id,
        zone=ZoneInfo(options["timezone"]),
        window=Window(parse(window["start"]), parse(window["end"])) if window else None,
        services=tuple(options["services"]),
        severities=tuple(options["severities"]),
        response_format=options["response_format"],
        mode=options.get("mode", "auto"),
        page=options.get("page", ""),
        selected=tuple(options.get("selected", ())),
        preview=options.get("preview", False),
        alert=UUID(options["alert"]) if options.get("alert") else None,
        left_out=tuple(options.get("left_out", ())),
    )
