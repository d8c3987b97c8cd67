"""The command `trivium`, also as `python -m trivium`."""

import sys

SERVING: dict[tuple[str, ...], bool] = {  # whether a client is shown the tools themselves, too
    ("mcp",): False,
    ("mcp", "--expose", "tools"): True,
    ("mcp", "--expose=tools"): True,
}


def main() -> None:
    asked = tuple(sys.argv[1:])
    if asked in SERVING:
        from trivium.mcp import main as serve_mcp  # noqa: PLC0415 - a host waits for it: nothing else is imported before

        serve_mcp(exposes_tools=SERVING[asked])
        return
    from trivium.cli import main as run_command  # noqa: PLC0415

    run_command()


if __name__ == "__main__":
    main()
