"""What came of one entry of a list."""

from dataclasses import dataclass

from aggregator.model import Article, Entry, Label, Owed


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of an entry: an article, the sighting of one, a debt, or an article with a debt."""

    entry: Entry
    labels: tuple[Label, ...] | None = None
    """Its labels as an article; None where it is none."""
    article: Article | None = None
    """The article that was made; its key may be another than the entry's, under two addresses of it.

    None where the entry is none, and where another source of the namespace holds its article whole.
    """
    whole: Entry | None = None
    """The entry with what its page added."""
    link: str = ""
    """Another address of the article, which its page names."""
    debt: Owed | None = None
    """What is still owed of it."""

    @property
    def is_article(self) -> bool:
        """Whether the entry is an article, made now or held before."""
        return self.labels is not None
