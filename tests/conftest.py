"""What several tests share: the corpora beside the checkout."""

import os
from pathlib import Path

import pytest

from tests.database import database_url, postgresql_server, store  # noqa: F401  (fixtures)
from tests.workplace import Workplace

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "corpora"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real feeds, pages and posts; the test is skipped without it."""
    folder = Path(os.environ.get("AGGREGATOR_CORPORA", BESIDE))
    if not folder.is_dir():
        pytest.skip(f"no corpora at {folder}; set AGGREGATOR_CORPORA")
    return folder


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """An empty working directory for the program."""
    return Workplace(tmp_path)
