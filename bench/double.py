"""The Grafana of tests in a process of its own, with an hour of one-minute samples: `python -m bench.double PORT`."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.grafana_api import State
from tests.grafana_server import METHODS, GrafanaServer

SERIES, MINUTES, START = 10, 60, 1_700_000_000


async def ready(_: Request) -> Response:
    return PlainTextResponse("ready")


def build(url: str) -> Starlette:
    samples = [[START + 60 * minute, str(minute)] for minute in range(MINUTES)]
    labels = [{"__name__": "up", "job": "checkout", "instance": f"10.0.0.{number}:80"} for number in range(SERIES)]
    state = State(url=url, prometheus=None, samples=[{"metric": one, "values": samples} for one in labels])
    served = GrafanaServer(url=url, state=state)
    return Starlette(routes=[Route("/ready", ready), Route("/{path:path}", served.answer, methods=METHODS)])


if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(build(f"http://127.0.0.1:{port}"), host="127.0.0.1", port=port, log_level="error")
