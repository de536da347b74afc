"""What is wrong with the folders that are written, and with the user's own templates."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError

from aggregator.config.report import Place
from aggregator.errors import Problem
from aggregator.render.post import PostTemplate
from aggregator.settings import Output


def output_problems(place: Place, output: Output, private: list[Path]) -> Iterator[Problem]:
    """Find folders that would lay open what is not output; ``private`` must lie outside of them."""
    for key, folder in (("site", output.site), ("posts", output.posts)):
        root = Path(folder).resolve() if folder else None
        if root and any(root in (found := other.resolve(), *found.parents) for other in private):
            message = f'"{folder}" must be a folder of its own; the configuration or the database lies in it'
            yield place.problem(key, message)
            return
    if output.posts is not None:
        site, posts = Path(output.site).resolve(), Path(output.posts).resolve()
        if site == posts or site in posts.parents or posts in site.parents:
            yield place.problem("posts", f'"{output.posts}" and site = "{output.site}" must lie side by side')
    if output.post_template is not None:
        try:
            PostTemplate.load(Path(output.post_template).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as exc:
            yield place.problem("post_template", f'"{output.post_template}" cannot be read: {exc}')
        except ValueError as exc:
            yield place.problem("post_template", f"{output.post_template}: {exc}")
    if output.templates is not None:
        yield from _theme_problems(place, Path(output.templates))


def _theme_problems(place: Place, folder: Path) -> Iterator[Problem]:
    if not folder.is_dir():
        yield place.problem("templates", f'"{folder}" is not a folder')
        return
    for file in sorted([*folder.glob("*.html"), *folder.glob("texts/*.toml")]):
        try:
            text = file.read_text("utf-8")
            if file.suffix == ".html":
                Environment(autoescape=True).parse(text)
            else:
                tomllib.loads(text)
        except TemplateSyntaxError as exc:
            yield place.problem("templates", f"{file}: line {exc.lineno}: {exc.message}")
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
            yield place.problem("templates", f"{file} cannot be read: {exc}")
