"""Every line of shell in the documentation, typed as it stands, page by page, in a folder with some sources on loopback."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from docs.site.blocks import Block, blocks
from tests.support.documentation import ELSEWHERE, place
from tests.support.running import free_port
from tests.support.session import Session, running_commands, site


def pages() -> dict[str, list[Block]]:
    """The blocks of shell that are run here, by page; those of Chinese pages are the same as of the English ones."""
    found: dict[str, list[Block]] = {}
    for one in blocks():
        if one.language == "sh" and one.is_run and place(one) not in ELSEWHERE and "/zh/" not in one.file:
            found.setdefault(one.file, []).append(one)
    return found


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A folder with some sources that were polled, for each page to have a copy of."""
    address = tmp_path_factory.mktemp("commands") / "socket"
    with site() as news, running_commands(address):
        session = Session(tmp_path_factory.mktemp("prepared"), news, free_port())
        session.prepare(address)
        yield session


@pytest.mark.slow
@pytest.mark.parametrize("page", pages())
def test_shell(tmp_path: Path, prepared: Session, page: str) -> None:
    """The blocks of a page run one after another in one shell, as a reader types them."""
    text = "\n".join(one.text for one in pages()[page])
    session = prepared.copied(tmp_path)
    with session.daemon() if "127.0.0.1:8080" in text else nullcontext():
        session.run(text)
