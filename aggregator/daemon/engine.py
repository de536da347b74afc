"""What decides when sources are visited and background tasks are done: this process alone, or a cluster."""

from collections.abc import Callable, Mapping
from typing import Protocol

from aggregator.daemon.single import Parts, SingleProcess
from aggregator.settings import Config


class Engine(Protocol):
    """Has sources visited and background tasks done until it is stopped."""

    @property
    def leads(self) -> bool:
        """Whether this process keeps the database's sources as its configuration names them."""
        ...

    async def prepare(self) -> None:
        """Do what has to be done before anything begins. Raises StoreError."""
        ...

    def start(self, fail: Callable[[Exception], None]) -> None:
        """Begin; ``fail`` is called where this process has to end."""
        ...

    async def tick(self) -> None:
        """Do what is done each second."""
        ...

    def wake(self) -> None:
        """Publish and mirror soon: there are new articles, or another configuration."""
        ...

    def stop_taking(self) -> None:
        """Begin nothing more."""
        ...

    async def stop(self) -> None:
        """End what runs, after ``stop_taking``; what was not finished is taken up later, or by others."""
        ...

    def detail(self) -> Mapping[str, object]:
        """Say for the health how it does."""
        ...


def make_engine(config: Config, parts: Parts, *, worker: bool) -> Engine:
    """Make the engine that a configuration wants; a ``worker`` takes the work of a cluster alone."""
    if not config.cluster:
        return SingleProcess(parts)
    from aggregator.daemon.cluster.node import ClusterNode  # few have one

    return ClusterNode(parts, "worker" if worker else "run")
