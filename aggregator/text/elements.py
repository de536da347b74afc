"""The sets of HTML's elements that rooms tell apart."""

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
TABLES = frozenset("caption col colgroup table tbody td tfoot th thead tr".split())
BLOCKS = frozenset(
    "address article aside blockquote center details dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6"
    " header hr li main ol p pre section summary table ul".split()
)
"""Blocks that articles of ours may hold."""
PAGE_BLOCKS = (BLOCKS | TABLES) - {"col", "colgroup"} | frozenset(
    "body dialog dir fieldset form hgroup html legend menu nav".split()
)
"""Blocks of whole pages; columns hold no text of their own."""
INLINE = frozenset(
    "a abbr b bdi bdo br cite code data del dfn em i img ins kbd mark q rp rt ruby s samp small strong"
    " sub sup time u var wbr".split()
)
"""Elements within a line that articles of ours may hold; a ``<span>`` loses its tag."""
UNSPACED = INLINE - {"br", "data", "img", "kbd", "q", "time"} | {"span"}
"""Elements at whose ends no word ends in texts that are stored; the others part words there."""
WITHIN_BLOCKS = frozenset("a abbr b big br cite code em font i p q s small span strong sub sup u".split())
"""Elements whose text counts for the block around them where running text is weighed, even paragraphs."""
PLAYERS = frozenset({"audio", "video", "iframe", "embed"})
MEDIA = PLAYERS | {"img", "picture"}
LANDMARKS = frozenset({"aside", "dialog", "footer", "nav"})
"""Elements that hold no article, whatever they are called."""
UNREAD = frozenset("noscript script select style template textarea".split())
"""Elements whose contents are no text that a reader sees; rooms add those that they cannot use."""
LAZY = ("data-src", "data-original", "data-lazy-src", "data-original-src", "data-actualsrc")
"""Attributes in which a page keeps an image's address until a script shows it."""
PLAIN_TAGS = frozenset(
    "a b big blockquote br center dd del div dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i iframe"
    " img ins li nobr ol p pre s script small span strike strong style sub sup table tbody td th thead tr"
    " tt u ul".split()
)
"""Elements whose tag means HTML wherever it stands; ``<title>`` or ``<object>`` may be words of a text."""
