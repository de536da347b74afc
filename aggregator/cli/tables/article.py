"""An article, its earlier states, and what was changed between two, as text and as JSON."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from aggregator.cli.tables.terminal import dump, iso, show_time
from aggregator.model import Article, KeptArticle, Revision
from aggregator.render import paths
from aggregator.render.difference import difference
from aggregator.render.filters import file_facts, file_name
from aggregator.settings import Site
from aggregator.text.difference import Block, Spans
from aggregator.text.text import lines_of, scrub

STYLES = {"same": "", "added": "green underline", "removed": "red strike"}
MARKS = {"same": "{}", "added": "{{+{}+}}", "removed": "[-{}-]"}


def show_article(
    console: Console, site: Site, kept: KeptArticle, earlier: Sequence[Revision], state: Article | None
) -> None:
    """Show an article, or a state of it, with its facts and a line for each revision."""
    zone = ZoneInfo(site.timezone)
    article = state or kept.article
    console.print(Text(scrub(article.title), style="bold"))
    for name, value in _facts(zone, site, kept, article):
        if value:
            console.print(Text.assemble((f"{name:>14}  ", "dim"), scrub(value)), soft_wrap=True)
    console.print()
    for line in filter(None, lines_of(article.content)):
        console.print(Text(scrub(line)))
    for file in article.attachments:
        console.print(Text(scrub(f"{file_name(file)}  {file_facts(file)}  {file.address}")), soft_wrap=True)
    if earlier and state is None:
        console.print()
    for revision in earlier if state is None else ():
        until = show_time(revision.replaced_at, zone)
        console.print(f"revision {revision.version}, until {until}: --revision {revision.version} or --diff")


def _facts(zone: ZoneInfo, site: Site, kept: KeptArticle, article: Article) -> list[tuple[str, str]]:
    dated = article.day.isoformat() if article.day else show_time(article.published, zone)
    times = {"changed": kept.changed, "missing since": kept.missing_since, "withdrawn": kept.withdrawn}
    return [
        ("id", kept.id),
        ("source", article.source),
        ("published", dated if article.dated else ""),
        ("author", article.byline),
        *((one.label, ", ".join(one.values)) for one in article.fields),
        ("first seen", show_time(kept.first_seen, zone)),
        *((name, show_time(when, zone)) for name, when in times.items() if when),
        ("original", article.address),
        ("mirror", paths.absolute(site, paths.share_path(kept.id))),
    ]


def show_difference(console: Console, site: Site, before: Article, after: Article) -> None:
    """Show what differs between two states of an article, with colours where the terminal has them."""
    found = difference(before, after, ZoneInfo(site.timezone))
    for name, spans in found.facts:
        console.print(Text.assemble((f"{name}: ", "dim"), _marked(console, spans)))
    for field, spans in found.fields:
        console.print(Text.assemble((scrub(f"{field.label}: "), "dim"), _marked(console, spans)))
    for passage in found.passages:
        console.print()
        for block in passage:
            console.print(_line(console, block))
    for sign, files in (("-", found.gone), ("+", found.came)):
        for file in files:
            console.print(Text(scrub(f"{sign} {file_name(file)}  {file.address}")), soft_wrap=True)
    if found.too_long:
        console.print("The two texts are too long to be compared word by word.")
    if found.is_empty:
        console.print("What is shown is the same.")


def _line(console: Console, block: Block) -> Text:
    cells = Text(" | ").join(_marked(console, cell) for cell in block.cells)
    return Text.assemble(("moved: ", "dim"), cells) if block.kind == "moved" else cells


def _marked(console: Console, spans: Spans) -> Text:
    """Write what went and what came in colours, or between marks where there are none."""
    if console.is_terminal and not console.no_color:
        return Text.assemble(*((scrub(span.text), STYLES[span.kind]) for span in spans))
    return Text("".join(MARKS[span.kind].format(scrub(span.text)) for span in spans))


def article_json(
    site: Site, kept: KeptArticle, earlier: Sequence[Revision], version: int | None = None
) -> str:
    """Write an article, or a revision of it, as JSON, with what revisions there are."""
    states = {revision.version: revision.article for revision in earlier}
    article = states[version] if version else kept.article
    return dump(
        {
            "id": kept.id,
            "title": article.title,
            "address": article.address,
            "mirror": paths.absolute(site, paths.share_path(kept.id)),
            "published": (article.day or article.published).isoformat() if article.dated else None,
            "authors": list(article.authors),
            "source": article.source,
            "content": article.content,
            "attachments": [file.address for file in article.attachments],
            "fields": article.facts,
            "first_seen": iso(kept.first_seen),
            "changed": iso(kept.changed),
            "changes": kept.changes,
            "missing_since": iso(kept.missing_since),
            "withdrawn": iso(kept.withdrawn),
            "revisions": {one.version: iso(one.replaced_at) for one in earlier},
        }
    )
