"""What a configuration that was loaded or refused means for the program's own news."""

from aggregator.decide.events import without_addresses
from aggregator.errors import ConfigError
from aggregator.model import Occurrence
from aggregator.model.digest import hexdigest
from aggregator.settings import Config

MAX_PROBLEMS = 3


def loaded(config: Config) -> Occurrence:
    """Say that the program works by a configuration, which is no news where it did so before."""
    detail = f"sources: {len(config.sources)}"
    mark = hexdigest(config.model_dump_json())
    return Occurrence("configuration", "", "configuration-loaded", detail, mark=mark)


def refused(error: Exception) -> Occurrence:
    """Say where a configuration cannot be used; why that is may quote a secret."""
    detail = without_addresses(str(error))
    if isinstance(error, ConfigError):
        places = [f"{one.file}: {one.table} {one.key}".rstrip(": ") for one in error.problems]
        detail = "; ".join([*places[:MAX_PROBLEMS], *(["…"] if len(places) > MAX_PROBLEMS else [])])
    return Occurrence("configuration", "", "configuration-refused", detail)
