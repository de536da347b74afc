"""The elements of plain feeds, by feedparser's names: what of them is read, and which are passed over."""

TITLES = ("title", "dc:title", "media:title")
HTML_TYPES = ("html", "text/html", "xhtml", "application/xhtml+xml")
TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html"}

TEXTS = {
    **dict.fromkeys(("pubdate", "published", "dcterms:issued"), "published"),
    **dict.fromkeys(("updated", "dc:date", "dcterms:modified"), "updated"),
    **{name: name.replace(":", "_") for name in ("comments", "dc:description", "media:description", "ttl")},
    **{f"itunes:{name}": f"itunes_{name}" for name in ("duration", "season", "episode", "summary")},
    **{f"sy:{name}": f"sy_{name}" for name in ("updateperiod", "updatefrequency")},
}
"""The key of each element of which the text alone counts."""
UNREAD = set(
    "rights contributor name uri url email itunes:explicit itunes:block itunes:subtitle itunes:title"
    " itunes:order itunes:episodetype dc:identifier dc:language dc:publisher dc:rights dc:type dc:format"
    " dc:source media:credit media:rating media:copyright media:community media:starrating"
    " media:statistics".split()
)
# "?" is the prefix of every namespace that feedparser does not know.
UNREAD_PREFIXES = {"?", "slash", "wfw", "thr", "feedburner"}
UNREAD_IN_HEAD = UNREAD | set(
    "author title description subtitle language copyright managingeditor webmaster pubdate lastbuilddate"
    " updated generator docs rating logo icon cloud category skiphours hour skipdays day".split()
)
UNREAD_PREFIXES_IN_HEAD = UNREAD_PREFIXES | {"dc", "itunes", "media", "sy"}
UNREAD_PARENTS = set(
    "? author contributor skiphours skipdays itunes:owner itunes:category media:community".split()
)
BOX = {"title", "link", "description", "name", "url", "width", "height"}
