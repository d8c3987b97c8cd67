"""The command `trivium`, also as `python -m trivium`."""

import sys


def main() -> None:
    if sys.argv[1:] == ["mcp"]:
        from trivium.mcp import main as serve_mcp  # noqa: PLC0415 - a host waits for it: nothing else is imported before

        serve_mcp()
        return
    from trivium.cli import main as run_command  # noqa: PLC0415

    run_command()


if __name__ == "__main__":
    main()
