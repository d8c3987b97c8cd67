"""Everything breaks for a while: `python -m bench.chaos [--minutes 10] [--seed 1]` prints how the house stood it.

Three `serve` and two `worker` processes on one Postgres and one Redis are killed, stopped, held and started again at
random while people ask, listen, approve and send alerts. Ends with 1 when anything was lost, doubled or somebody
else's.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import scratch
from checkpoints.saver import open_saver
from domain import jobs
from tests import sshd
from tests.scenarios.chaos_run import Plan, rampage


async def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest-stop", type=float, default=40, help="seconds of a SIGSTOP; leases are 30")
    parser.add_argument("--logs", type=Path, help="a new folder that the processes' logs stay in")
    chosen = parser.parse_args()
    plan = Plan(seconds=chosen.minutes * 60, seed=chosen.seed, longest_stop=chosen.longest_stop)
    with TemporaryDirectory(prefix="trivium-chaos-") as name:
        folder = chosen.logs or Path(name)
        (folder / "sshd").mkdir(parents=True)
        with sshd.running(folder / "sshd") as remote:
            async with scratch() as (pool, url):
                await open_saver(pool)
                async with pool.connection() as db:
                    await jobs.install(db)
                report = await rampage(pool, url, folder.absolute(), remote, plan)
    sys.stdout.write("\n".join(report.lines()) + "\n")
    return 1 if report.found else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
