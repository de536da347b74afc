"""The commands parse, call and print. Results go to stdout, everything else to stderr.

Exit 0: fine; 1: a source or a page failed; 2: the configuration or the call is wrong.
"""

import sys

from aggregator.cli import (  # each adds its commands
    alerts,
    article,
    configure,
    data,
    evidence,
    explain,
    pause,
    poll,
    readers,
    remove,
    run,
    show,
    sources,
)
from aggregator.cli.context import say
from aggregator.cli.options import FAILED, WRONG, cli
from aggregator.errors import AggregatorError, ConfigError


def main() -> None:
    """Run a command; print foreseen errors without a traceback, with the exit codes above."""
    try:
        cli()
    except ConfigError as exc:
        for problem in exc.problems:
            say(str(problem))
        sys.exit(WRONG)
    except AggregatorError as exc:
        say(str(exc))
        sys.exit(FAILED)
