"""Every key of the configuration says what it is, in the code; the reference and editors show it."""

import pytest

from aggregator.config.keys import headings, meanings, tables
from aggregator.settings import Table


@pytest.mark.parametrize("table", [*tables()], ids=lambda table: table.__name__)
def test_every_key_is_documented(table: type[Table]) -> None:
    """A docstring stands under it; that of the table begins with what the table is called."""
    assert headings(table)
    keys = {field.alias or name for name, field in table.model_fields.items()}
    assert keys - meanings(table).keys() == set()


def test_a_key_without_a_word_is_missed() -> None:
    """What stands under another key counts for that one alone."""

    class Shop(Table):
        """``[shop]``: a table."""

        told: str = ""
        """What it is."""
        silent: str = ""

    assert meanings(Shop) == {"told": "What it is."}
