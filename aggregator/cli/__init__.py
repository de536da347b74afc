"""The commands parse, call and print. Results go to stdout, everything else to stderr.

Exit 0: fine; 1: a source or a page failed; 2: the configuration or the call is wrong.
"""

import gc
import sys
from copy import copy

from aggregator.cli import (  # each adds its commands
    alerts,
    article,
    config,
    configure,
    data,
    doctor,
    evidence,
    explain,
    export,
    mcp,
    move,
    poll,
    readers,
    remove,
    run,
    sessions,
    show,
    sources,
)
from aggregator.cli.context import say
from aggregator.cli.help import name_of, teach
from aggregator.cli.options import FAILED, WRONG, cli
from aggregator.errors import AggregatorError, ConfigError
from aggregator.worker.journal import as_log_line

teach(cli)


def main() -> None:
    """Run a command; print foreseen errors without a traceback, with the exit codes above."""
    gc.disable()  # until it is known that the command is none of ``SHORT``
    program = copy(cli)
    # The options of a command are made ready alone: those of all take longer than many a command.
    called = [one for one in cli.registered_commands if [name_of(one)] == sys.argv[1:2]]
    program.registered_commands = called or cli.registered_commands
    try:
        program(prog_name="aggregator")
    except ConfigError as exc:
        for problem in exc.problems:
            say(as_log_line(str(problem), "error"))
        sys.exit(WRONG)
    except AggregatorError as exc:
        say(as_log_line(str(exc), "error"))
        sys.exit(FAILED)
