"""Fingerprints of what shapes the output beside the store: our renderer, the configuration, templates."""

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from aggregator.decide.topics import definition
from aggregator.errors import PublishError
from aggregator.model.digest import hexdigest
from aggregator.settings import Config, NamedFeed, Output


def read_template(output: Output) -> str | None:
    """Read the user's post template. Raises PublishError where it cannot be read any more."""
    if output.post_template is None:
        return None
    try:
        return Path(output.post_template).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise PublishError(f"cannot read {output.post_template}: {exc}") from exc


def read_theme(output: Output) -> dict[str, str]:
    """Read the user's templates, style sheet and texts, by file name. Raises PublishError."""
    if output.templates is None:
        return {}
    folder = Path(output.templates)
    try:
        if not folder.is_dir():
            raise PublishError(f"[output] templates: {folder} is not a folder")
        found = [*folder.glob("*.html"), *folder.glob("style.css"), *folder.glob("texts/*.toml")]
        return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(found)}
    except (OSError, UnicodeDecodeError) as exc:
        raise PublishError(f"cannot read the templates in {folder}: {exc}") from exc


def fingerprint(config: Config, template: str | None, theme: Mapping[str, str]) -> str:
    """Hash of everything that shapes the output; where it changes, everything is rendered again."""
    return _digest(
        _renderer(),
        config.site.model_dump_json(),
        config.output.model_dump_json(exclude={"purge"}),
        config.websub.hub,
        str(config.server is not None),
        *(feed.model_dump_json() for feed in config.feeds),
        *_modes(config),
        *sorted(f"{one.name} {one.label}" for one in config.sources if one.label),
        *sorted(f"{one.name} tells" for one in config.sources if one.tell_subscribers),
        *sorted(f"{one.name} was {old}" for one in config.sources for old in one.was),
        template or "",
        *(part for file in sorted(theme.items()) for part in file),
    )


def archive_fingerprint(config: Config) -> str:
    """Hash of what an archive is written again for: the site's address, and how much of a source is shown.

    A new version or another look is no reason, since caches keep archives as they were written.
    """
    return _digest(config.site.root, *_modes(config))


def definitions(feeds: Sequence[NamedFeed]) -> dict[str, str]:
    """The hash of what decides which articles a feed holds, by the feed's name."""
    return {feed.name: definition(feed) for feed in feeds}


def _renderer() -> str:
    """Hash of all that shapes output in our renderer: code, templates, texts, style."""
    content = bytearray()
    folders = [resources.files("aggregator.render")]
    while folders:
        for item in sorted(folders.pop().iterdir(), key=lambda item: item.name):
            if item.is_dir() and item.name != "__pycache__":
                folders.append(item)
            elif item.is_file():
                content += item.name.encode() + item.read_bytes()
    return hexdigest(bytes(content))


def _modes(config: Config) -> list[str]:
    return sorted(f"{one.name} {one.publish}" for one in config.sources if one.publish != "full")


def _digest(*parts: str) -> str:
    return hexdigest("\n".join(parts))
