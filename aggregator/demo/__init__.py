"""A small news site of an invented port, for `aggregator demo`: what real sources do, on loopback."""

from importlib.resources import files
from pathlib import Path

from aggregator.demo.site import NewsSite

__all__ = ["NewsSite", "demo_config"]


def demo_config() -> Path:
    """The demo's configuration: config/demo.toml of the working directory, else the copy in the package."""
    here = Path("config/demo.toml")
    if here.is_file():
        return here
    packaged = Path(str(files("aggregator.demo").joinpath("demo.toml")))
    # An editable installation has no copy in the package, but the checkout that it came from.
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "config" / "demo.toml"
