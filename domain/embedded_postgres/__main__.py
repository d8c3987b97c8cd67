"""The supervisor as a process: `python -m domain.embedded_postgres --supervise HOME PROGRAMS`, started by a user."""

import os
import sys
from pathlib import Path

from domain.embedded_postgres import account, supervisor
from domain.embedded_postgres.cluster import Cluster
from domain.embedded_postgres.home import Home


def main(arguments: list[str]) -> int:
    """The exit status. The supervisor itself runs on in a child, so that its starter has nobody to reap."""
    match arguments:
        case ["--supervise", home, programs]:
            if os.fork() == 0:
                supervisor.supervise(Cluster(Home(Path(home)), Path(programs), account.of_server()))
            return 0
        case _:
            sys.stderr.write("usage: python -m domain.embedded_postgres --supervise HOME PROGRAMS\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
