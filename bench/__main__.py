"""`./dev bench [NAME ...] [--ten-million]`: prints each goal beside its floor; exits with 1 when one is missed."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator

import uvloop
from rich.console import Console

from bench import (
    anomalies,
    approvals,
    artifacts,
    grafana,
    history,
    mcp_calls,
    metrics,
    model,
    relay,
    runs,
    scenarios,
    startup,
    streams,
    translation,
    webhook,
)
from bench.measure import Row
from trivium import logs

SECTIONS = (
    "runs", "approvals", "artifacts", "grafana", "metrics", "model", "history", "webhook", "relay", "mcp_calls",
    "streams", "startup", "translation", "anomalies", "scenarios",
)  # fmt: skip


async def measured(name: str, alerts: int) -> AsyncGenerator[Row]:
    sections = {
        "runs": runs.rows,
        "approvals": approvals.rows,
        "artifacts": artifacts.rows,
        "grafana": grafana.rows,
        "metrics": metrics.rows,
        "model": model.rows,
        "history": lambda: history.rows(alerts),
        "webhook": webhook.rows,
        "relay": relay.rows,
        "streams": streams.rows,
        "mcp_calls": mcp_calls.rows,
        "startup": startup.rows,
        "translation": translation.rows,
        "anomalies": anomalies.rows,
        "scenarios": scenarios.rows,
    }
    async for row in sections[name]():
        yield row


async def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(SECTIONS)}; none: all")
    parser.add_argument("--ten-million", action="store_true", help="history over 10 M alerts beside 1 M")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    console, missed = Console(highlight=False, soft_wrap=True), 0
    for name in chosen.names or SECTIONS:
        async for row in measured(name, 10_000_000 if chosen.ten_million else 1_000_000):
            mark = "[green]met   [/]" if row.met else "[yellow]missed[/]"
            measured_as = f"{row.ours:10.4g} {row.unit:8} against {row.floor:10.4g}: {row.ratio:6.2f}×"
            console.print(f"{mark} {measured_as}  goal {row.goal:30} {row.what}")
            missed += not row.met
    return 1 if missed else 0


if __name__ == "__main__":
    logs.configure()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:  # as the command line and the server run
        sys.exit(loop.run(main()))
