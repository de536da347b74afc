"""Share pages: an article mirrored as HTML, and each of its earlier states."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from typing import get_args

from markupsafe import Markup

from aggregator.model import (
    Article,
    Attachment,
    Change,
    Document,
    FileFault,
    KeptArticle,
    Revision,
    Surroundings,
)
from aggregator.render import filters, paths
from aggregator.render.body import is_only_files, mirrored_attachments, page_body
from aggregator.render.difference import Difference, difference, marked
from aggregator.render.feeds.item import SUMMARY_LENGTH, Item, change_item
from aggregator.render.linked_data import news_article
from aggregator.render.page import PageRenderer
from aggregator.render.xml import xml_text
from aggregator.text.excerpt import shorten

SHOWN = {"full": "", "summary": "shown_summary", "link": "shown_link"}
FAULTS = {fault: f"file_{fault.replace('-', '_')}" for fault in get_args(FileFault) if fault}
"""The texts that say why a file gave no text."""
PICTURE = re.compile(r'<img [^>]*?\bsrc="([^"]+)"')


class SharePages(PageRenderer):
    """Renders the share pages of articles."""

    def share(self, kept: KeptArticle, around: Surroundings = Surroundings()) -> Document:  # noqa: B008 - frozen
        """The share page of an article; it names the original as canonical."""
        return self.share_all([(kept, around)])[0]

    def share_all(self, articles: Sequence[tuple[KeptArticle, Surroundings]]) -> list[Document]:
        """The share pages of articles.

        All texts are made before the first page: what makes a text and what makes a page are each so much
        code and data that in turns they would displace each other from the processor's caches, which took a
        fifth more time.
        """
        texts = [self._text(kept, paths.share_path(kept.id)) for kept, _ in articles]
        return [self._share(*placed, *text) for placed, text in zip(articles, texts, strict=True)]

    def _share(
        self, kept: KeptArticle, around: Surroundings, body: Markup, attachments: list[Attachment]
    ) -> Document:
        article = kept.article
        path = paths.share_path(kept.id)
        categories = tuple(dict.fromkeys(filing.category for filing in kept.filings))
        description = filters.teaser(article)
        image = self._image(kept)
        earlier = _shown_states(kept, around)
        return self._page(
            path,
            "share.html",
            kept=kept,
            article=article,
            categories=categories,
            body=body,
            attachments=attachments,
            faults=FAULTS,
            only_files=is_only_files(article),
            neighbours=around,
            copies=[(copy, self._differs(kept, copy)) for copy in around.copies],
            earlier=earlier,
            difference=difference(earlier[-1].article, article, self._zone) if earlier else None,
            updated=filters.is_updated(kept),
            # Empty where the source has no page, so that no link claims to lead there.
            source_address=article.address or article.share_url,
            canonical=paths.original(self._site, kept),
            mirror=paths.absolute(self._site, path),
            description=description,
            image=image,
            shown_note=self._texts(SHOWN[kept.shown]) if SHOWN[kept.shown] else "",
            linked_data=news_article(self._site, kept, image),
            feeds=self._feeds(*categories, None),
        )

    def earlier(self, kept: KeptArticle, around: Surroundings) -> list[Document]:
        """The pages of an article's earlier states, each with what was changed then."""
        states = _shown_states(kept, around)
        after = [*(one.article for one in states), kept.article][1:]
        return [self._earlier(kept, *pair) for pair in zip(states, after, strict=True)]

    def _earlier(self, kept: KeptArticle, revision: Revision, after: Article) -> Document:
        article = revision.article
        path = paths.revision_path(kept.id, revision.version)
        kept = replace(kept, article=article, provenance=revision.provenance)
        body, attachments = self._text(kept, path)
        return self._page(
            path,
            "revision.html",
            kept=kept,
            article=article,
            revision=revision,
            difference=difference(article, after, self._zone),
            body=body,
            attachments=attachments,
            canonical=paths.absolute(self._site, paths.share_path(kept.id)),
            description=filters.teaser(article),
            feeds=self._feeds(None),
        )

    def change(self, kept: KeptArticle, change: Change, around: Surroundings) -> Item:
        """What happened to an article as an item of a feed, with what differs since as its text."""
        states = [*_shown_states(kept, around)]
        before = next((one.article for one in reversed(states) if one.version < change.version), None)
        after = next((one.article for one in states if one.version >= change.version), kept.article)
        differs = difference(before, after, self._zone) if before and change.kind == "changed" else None
        template = self._environment.get_template("change.html")
        note = self._texts(f"note_{change.kind}") if change.kind != "changed" else ""
        content = template.render(kept=kept, difference=differs, note=note)
        title = unescape(self._texts(f"title_{change.kind}", title=kept.article.title))
        item = change_item(self._site, kept, change, title, content)
        if differs is None or not differs.lines:
            return item
        # Without its marks, the text would say what was added and what is gone as one.
        words = xml_text(" ".join(marked(line) for line in differs.lines))
        return replace(item, summary=shorten(words, SUMMARY_LENGTH))

    def _differs(self, kept: KeptArticle, copy: KeptArticle) -> Difference | None:
        """What an article that is one text with another one has otherwise; None where that is not shown."""
        if not kept.shown == copy.shown == "full":
            return None
        found = difference(kept.article, replace(copy.article, address=kept.article.address), self._zone)
        return None if found.is_empty else found

    def _text(self, kept: KeptArticle, path: str) -> tuple[Markup, list[Attachment]]:
        """The body for a page, and the attachments to which it does not link, or whose text is missing."""
        to_root = "../" * path.count("/")
        body = page_body(kept, to_root, picture=str(self._texts("picture")), table=str(self._texts("table")))
        attachments = mirrored_attachments(self._site, kept)
        rest = [
            shown
            for item, shown in zip(kept.article.attachments, attachments, strict=True)
            if item.fault or item.address not in body.linked
        ]
        return Markup(body.html), rest  # noqa: S704 - cleaned when it came in

    def _image(self, kept: KeptArticle) -> str:
        """The address of the first mirrored picture, for cards: no other server is asked."""
        for found in PICTURE.finditer(kept.article.content):
            if file := kept.media.get(unescape(found[1])):
                return paths.absolute(self._site, file.path)
        return ""


def _shown_states(kept: KeptArticle, around: Surroundings) -> tuple[Revision, ...]:
    """The earlier states that are shown: none where the article itself is not shown whole."""
    return around.earlier if kept.shown == "full" else ()
