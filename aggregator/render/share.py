"""Share pages: an article mirrored as HTML, and each of its earlier states."""

import re
from dataclasses import replace
from html import unescape

from markupsafe import Markup

from aggregator.model import Document, KeptArticle, Neighbours
from aggregator.render import filters, paths
from aggregator.render.body import PageBody, is_only_files, mirrored_attachments, page_body
from aggregator.render.linked_data import news_article
from aggregator.render.page import PageRenderer

SHOWN = {"full": "", "summary": "shown_summary", "link": "shown_link"}
PICTURE = re.compile(r'<img [^>]*?\bsrc="([^"]+)"')


class SharePages(PageRenderer):
    """Renders the share pages of articles."""

    def share(self, kept: KeptArticle, neighbours: Neighbours = Neighbours()) -> Document:  # noqa: B008 - frozen
        """The share page of an article; it names the original as canonical."""
        article = kept.article
        path = paths.share_path(kept.id)
        categories = tuple(dict.fromkeys(filing.category for filing in kept.filings))
        description = filters.teaser(article)
        image = self._image(kept)
        body = self._body(kept, path)
        only_files = is_only_files(article)
        rest = [item for item in article.attachments if item.address not in body.linked]
        attachments = mirrored_attachments(
            self._site, replace(kept, article=replace(article, attachments=tuple(rest)))
        )
        return self._page(
            path,
            "share.html",
            kept=kept,
            article=article,
            categories=categories,
            body=Markup(body.html),  # noqa: S704 - cleaned when it came in
            attachments=attachments,
            only_files=only_files,
            neighbours=neighbours,
            updated=filters.is_updated(kept),
            # Empty where the source has no page, so that no link claims to lead there.
            source_address=article.address or article.share_url,
            canonical=paths.original(self._site, kept),
            mirror=paths.absolute(self._site, path),
            description=description,
            image=image,
            shown_note=self._texts(SHOWN[kept.shown]) if SHOWN[kept.shown] else "",
            linked_data=news_article(self._site, kept, description, image),
            feeds=self._feeds(*categories, None),
        )

    def _body(self, kept: KeptArticle, path: str) -> PageBody:
        to_root = "../" * path.count("/")
        return page_body(kept, to_root, picture=str(self._texts("picture")), table=str(self._texts("table")))

    def _image(self, kept: KeptArticle) -> str:
        """The address of the first mirrored picture, for cards: no other server is asked."""
        for found in PICTURE.finditer(kept.article.content):
            if file := kept.media.get(unescape(found[1])):
                return paths.absolute(self._site, file.path)
        return ""
