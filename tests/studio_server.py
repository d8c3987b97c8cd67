"""A real `langgraph dev` on our graphs, in a folder of its own."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.programs import ROOT, free_port, running

QUIET = {
    "PYTHONPATH": str(ROOT),
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "1",
    "LANGSMITH_TRACING": "false",
}


@contextmanager
def studio_server(folder: Path, environment: Mapping[str, str]) -> Generator[httpx.Client]:
    """A client of the server, from when it is ready until the block ends."""
    port = free_port()
    graphs = (ROOT / "langgraph.json").read_text().replace('"."', f'"{ROOT}"').replace("./", f"{ROOT}/")
    (folder / "langgraph.json").write_text(graphs)
    command = [Path(sys.executable).with_name("langgraph"), "dev", "--no-browser", "--no-reload", "--port", str(port)]
    base, known = f"http://127.0.0.1:{port}", {**environment, **QUIET}
    with (
        running(command, ready=f"{base}/ok", log=folder / "studio.log", environment=known, folder=folder),
        httpx.Client(base_url=base, timeout=60) as client,
    ):
        yield client


def new_thread(client: httpx.Client) -> str:
    return client.post("/threads", json={}).raise_for_status().json()["thread_id"]


def ask(client: httpx.Client, thread: str, content: object, **more: object) -> Mapping[str, Any]:
    """The thread's state after a run on this message."""
    body = {"assistant_id": "inquiry", "input": {"messages": [{"role": "user", "content": content}]}, **more}
    return client.post(f"/threads/{thread}/runs/wait", json=body).raise_for_status().json()
