"""The models that chat programs see: one for each pillar, and one that finds the pillar by itself."""

from starlette.responses import Response

from domain.errors import Refused
from graphs.asking import GraphName
from web.desk import Visit
from web.models.completions import ModelsReply, ModelTold
from web.replies import reply

ROUTED = "trivium"
GRAPHS: dict[str, GraphName] = {
    "trivium-inquiry": "inquiry",
    "trivium-troubleshooting": "troubleshooting",
    "trivium-revive": "revive",
}
NAMES = (ROUTED, *GRAPHS)
UNKNOWN = "model_not_found"
MADE = 1_767_225_600  # 2026-01-01: the protocol wants a time, and these models have none


async def list_models(visit: Visit) -> Response:
    """Those that the token opens."""
    return reply(ModelsReply(data=tuple(told(name) for name in open_to(visit))))


async def get_model(visit: Visit) -> Response:
    """Raises Refused for a model that there is not, or that the token does not open."""
    name = visit.request.path_params["model"]
    graph_of(name)
    if name not in open_to(visit):
        raise Refused(f"This token does not reach {name}.", code="permission_denied")
    return reply(told(name))


def open_to(visit: Visit) -> list[str]:
    return [name for name in NAMES if name == ROUTED or GRAPHS[name] in visit.actor.scopes]


def graph_of(name: str) -> GraphName | None:
    """The pillar of the model; None for the one that finds it. Raises Refused."""
    if name not in NAMES:
        raise Refused(
            f"There is no model {name!r}.", code=UNKNOWN, alternative=f"There are {', '.join(NAMES)}."
        )  # fmt: skip
    return GRAPHS.get(name)


def told(name: str) -> ModelTold:
    return ModelTold(id=name, created=MADE)
