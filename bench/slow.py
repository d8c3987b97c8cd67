"""A Prometheus that takes its time, in a process of its own: `python -m bench.slow PORT MILLISECONDS`.

It answers what is asked after that long: some series with a sample at every step, one for a sum, or some names.
"""

import asyncio
import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from domain.windows import parse

SERIES = 10
METRICS = tuple(f"bench_{number}_requests_total" for number in range(12))


async def ready(_: Request) -> Response:
    return PlainTextResponse("ready")


def build(seconds: float) -> Starlette:
    async def answer(request: Request) -> Response:
        form = await request.form() if request.method == "POST" else request.query_params
        values = {name: str(value) for name, value in form.items()}
        await asyncio.sleep(seconds)
        return JSONResponse({"status": "success", "data": found(request.url.path, values)})

    return Starlette(routes=[Route("/ready", ready), Route("/{path:path}", answer, methods=["GET", "POST"])])


def found(path: str, values: dict[str, str]) -> Any:
    if path.endswith("/label/__name__/values"):
        return list(METRICS)
    if path.endswith("/metadata"):
        return {name: [{"type": "counter", "help": "Requests.", "unit": ""}] for name in METRICS}
    labels = [{"job": "checkout", "instance": f"10.0.0.{number}:80"} for number in range(SERIES)]
    labels = [dict[str, str]()] if values.get("query", "").startswith("sum(") else labels
    if not path.endswith("/query_range"):
        return {"resultType": "vector", "result": [{"metric": one, "value": [0, "1"]} for one in labels]}
    start, end, step = parse(values["start"]).timestamp(), parse(values["end"]).timestamp(), int(values["step"])
    samples = [[start + place * step, str(place)] for place in range(int((end - start) // step) + 1)]
    return {"resultType": "matrix", "result": [{"metric": one, "values": samples} for one in labels]}


if __name__ == "__main__":
    uvicorn.run(build(float(sys.argv[2]) / 1000), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
