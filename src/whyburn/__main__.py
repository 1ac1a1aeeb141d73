"""`python -m whyburn` and the `whyburn` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. The version and the statusline are answered before anything heavy is imported."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from whyburn import __version__  # noqa: PLC0415

        sys.stdout.write(f"whyburn {__version__}\n")
        return
    if "statusline" in arguments[:2]:
        from whyburn.cli import statusline  # noqa: PLC0415

        if statusline.can_answer(arguments):
            sys.exit(statusline.run(arguments))
    from whyburn.cli.app import run  # noqa: PLC0415

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
