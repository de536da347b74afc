"""The configuration as it holds, as TOML with comments."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from aggregator.config.edit import write_value
from aggregator.config.origins import Setting
from aggregator.text.text import scrub

COLUMN = 44
"""Where comments begin, if there is room."""


def show_settings(console: Console, settings: Sequence[Setting]) -> None:
    """Show a line for each value, with where it is from as its comment."""
    for table, some in groupby(settings, key=attrgetter("table")):
        heading, _, name = table.partition(" ")
        console.print(Text(scrub(f"{heading}{f'  # {name}' if name else ''}"), style="bold"), soft_wrap=True)
        for one in some:
            line = scrub(f"{one.key} = {write_value(one.value)}")
            gap = " " * max(2, COLUMN - cell_len(line))
            console.print(Text.assemble(line, gap, (f"# {one.origin}", "dim")), soft_wrap=True)
        console.print()
