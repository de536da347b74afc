"""Search results, as text and as JSON."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from aggregator.cli.tables.terminal import dump, iso, show_time
from aggregator.model import KeptArticle
from aggregator.render import paths
from aggregator.settings import Site
from aggregator.text.query import Query, snippet
from aggregator.text.text import scrub, text_of


def show_articles(console: Console, site: Site, query: Query, found: Sequence[KeptArticle]) -> None:
    """Show each article's title, time, categories, id, and the text around what was found."""
    zone = ZoneInfo(site.timezone)
    for kept in found:
        article = kept.article
        labels = ", ".join(filing.category.label for filing in kept.filings)
        console.print(Text(scrub(article.title), style="bold"))
        when = article.day or show_time(article.published, zone)
        console.print(f"  {when}  {escape(scrub(labels))}  [dim]{kept.id}[/]")
        console.print(Text(f"  {scrub(snippet(query, text_of(article.content)))}"))
        console.print(Text(f"  {paths.absolute(site, paths.share_path(kept.id))}", style="dim"))


def articles_json(site: Site, found: Sequence[KeptArticle]) -> str:
    """Write articles as JSON: one object each, its text included."""
    return dump(
        [
            {
                "id": kept.id,
                "title": kept.article.title,
                "address": kept.article.address,
                "mirror": paths.absolute(site, paths.share_path(kept.id)),
                "published": (kept.article.day or kept.article.published).isoformat(),
                "first_seen": iso(kept.first_seen),
                "source": kept.article.source,
                "categories": [filing.category.label for filing in kept.filings],
                "fields": kept.article.facts,
                "text": text_of(kept.article.content),
            }
            for kept in found
        ]
    )
