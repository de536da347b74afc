"""Checks of ``[output]``: its folders, and the user's own templates."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from aggregator.config.report import Location
from aggregator.errors import Problem
from aggregator.render.texts import available, speaks
from aggregator.settings import Evidence, Output
from aggregator.settings.values import bucket_of


def evidence_problems(location: Location, evidence: Evidence, output: Output) -> Iterator[Problem]:
    """Check that copies of raw answers go to a bucket, and to none that everybody can read."""
    if not evidence.bucket:
        return
    if not (bucket := bucket_of(evidence.bucket)):
        yield location.problem("bucket", f'"{evidence.bucket}" is no bucket: "s3://bucket/prefix"')
    elif bucket in (bucket_of(output.site), bucket_of(output.posts or "")):
        yield location.problem(
            "bucket", f'"{evidence.bucket}" must be a bucket of its own; everybody can read that of [output]'
        )


def output_problems(location: Location, output: Output, private: list[Path]) -> Iterator[Problem]:
    """Check ``[output]``; the files in ``private`` must lie outside of its folders, which are public."""
    yield from _folder_problems(location, output.folders, private)
    yield from _bucket_problems(location, output)
    if output.post_template is not None:
        from aggregator.render.post import PostTemplate  # loaded only where there is one, for `check`

        try:
            PostTemplate.load(Path(output.post_template).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else exc
            yield location.problem("post_template", f'"{output.post_template}" cannot be read: {why}')
        except ValueError as exc:
            yield location.problem("post_template", f"{output.post_template}: {exc}")
    if output.templates is not None:
        yield from _theme_problems(location, Path(output.templates))


def _folder_problems(
    location: Location, folders: Mapping[str, Path], private: list[Path]
) -> Iterator[Problem]:
    public = {key: folder for key, folder in folders.items() if key != "private"}
    for key, folder in public.items():
        root = folder.resolve()
        if any(root in (found := other.resolve(), *found.parents) for other in private):
            lie = "the configuration, the database or private files lie in it"
            yield location.problem(key, f'"{folder}" must be a folder of its own; {lie}')
            return
    roots = [folder.resolve() for folder in public.values()]
    if len(roots) > 1 and (roots[0] in (roots[1], *roots[1].parents) or roots[1] in roots[0].parents):
        message = f'"{folders["posts"]}" and site = "{folders["site"]}" must lie side by side'
        yield location.problem("posts", message)


def _bucket_problems(location: Location, output: Output) -> Iterator[Problem]:
    """Check that what lies in buckets does not lie in each other's places."""
    buckets = {
        key: f"{place.rstrip('/')}/" for key, place in output.places.items() if key not in output.folders
    }
    site, posts, private = (buckets.get(key, "") for key in ("site", "posts", "private"))
    if site and posts and (site.startswith(posts) or posts.startswith(site)):
        yield location.problem("posts", f'"{output.posts}" and site = "{output.site}" must lie side by side')
    if private and bucket_of(private) in (bucket_of(site), bucket_of(posts)):
        yield location.problem(
            "private", f'"{output.private}" must be a bucket of its own; everybody can read the other one'
        )


def language_problems(location: Location, language: str, output: Output) -> Iterator[Problem]:
    """Check that the interface has texts in the site's language: our own, or the user's."""
    own = Path(output.templates or "", "texts", f"{language}.toml")
    if speaks(language) or (output.templates and own.is_file()):
        return
    yield location.problem(
        "language",
        f'there are no texts in "{language}": take {" or ".join(available())}, or put a texts/{language}.toml'
        " into [output] templates (docs/themes.md); the language of articles stands in [defaults]",
    )


def _theme_problems(location: Location, folder: Path) -> Iterator[Problem]:
    if not folder.is_dir():
        yield location.problem("templates", f'"{folder}" is not a folder')
        return
    for file in sorted([*folder.glob("*.html"), *folder.glob("texts/*.toml")]):
        yield from template_problems(location, "templates", file)


def template_problems(location: Location, key: str, file: Path) -> Iterator[Problem]:
    """Check a file that a key names: a template, or the texts of a theme in TOML."""
    from jinja2 import Environment, TemplateSyntaxError  # loaded only where there is a template

    try:
        text = file.read_text("utf-8")
        if file.suffix == ".toml":
            tomllib.loads(text)
        else:
            Environment(autoescape=True).parse(text)
    except TemplateSyntaxError as exc:
        yield location.problem(key, f"{file}: line {exc.lineno}: {exc.message}")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        yield location.problem(
            key, f"{file} cannot be read: {exc.strerror if isinstance(exc, OSError) else exc}"
        )
