"""The numbers by which official documents of China are known and cite each other: 国市监发〔2026〕12号.

A number has many spellings: any brackets or 年 around the year, digits of full width, blanks, 第 before the
digits. Here it is two parts, its core 〔2026〕12号 and a prefix, the words before it. Nobody can tell where
the prefix of a cited number begins (根据国发〔2026〕5号), so it is cited where what stands before the core
ends with the prefix.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.model import Article, Relation
from aggregator.text.text import lines_of

MAX_REFERENCES = 200
"""Numbers of an article that count."""
MAX_PREFIX, MAX_CLAUSE = 40, 100
"""Characters before a number that may belong to it, and in which may stand why it is named."""
KINDS = ("公告", "通告", "通知", "令")
"""Words that tell the kind of a document, and not who issued it."""

_NUMBER = re.compile(
    r"(?:[〔\[【(〈<](?P<bracketed>(?:19|20)\d\d)年?[〕\]】)〉>]第?|(?<!\d)(?P<worded>(?:19|20)\d\d)年?第|(?<=令)第)"
    rf"0{{0,5}}(?P<digits>\d{{1,6}})[号號](?P<kind>{'|'.join(KINDS)})?"
)
_PREFIX = re.compile(r"[A-Za-z\u3400-\u9fff]*\Z")
_END = re.compile(r"[。；;!?！？]")
_REPEAL = re.compile(r"废止|失效|停止执行")
_BASIS = re.compile(r"(?:根据|依据|按照|依照|遵照)[^，,。]*$")
_IN_FORCE = re.compile(r"继续有效|(?:不予|不再|未被|尚未)废止")


@dataclass(frozen=True, slots=True)
class Reference:
    """The number of a document, in its one spelling."""

    core: str
    """〔2026〕12号, or 第12号 of an order without a year."""
    prefix: str = ""
    """What stands before it; of a cited number it may begin with other words."""

    def __str__(self) -> str:
        return self.prefix + self.core

    def is_same(self, other: "Reference") -> bool:
        """Tell whether two numbers may be one: one of them may lack the beginning of its prefix."""
        shorter, longer = sorted((self.prefix, other.prefix), key=len)
        return self.core == other.core and longer.endswith(shorter)


def parse_reference(text: str) -> Reference | None:
    """Return the first number of a document in a text; None without one."""
    return next(_references(compact(text)), (None, 0))[0]


def own_reference(article: Article) -> Reference | None:
    """Return the number that an article says it has itself, as a named fact."""
    named = (one.value for one in article.fields if one.name == "number" and one.type == "reference")
    return next(filter(None, map(parse_reference, named)), None)


def has_other_number(one: Article, other: Article) -> bool:
    """Tell whether two articles say that they have different numbers."""
    mine, theirs = own_reference(one), own_reference(other)
    return mine is not None and theirs is not None and not mine.is_same(theirs)


def own_prefixes(article: Article) -> list[str]:
    """Return with which prefixes others may cite an article's own number.

    A number alone, or with only the kind of the document, says too little without the issuing agency.
    """
    own = own_reference(article)
    if own is None:
        return []
    if own.prefix and own.prefix not in KINDS:
        return [own.prefix]
    kinds = (own.prefix,) if own.prefix else ("", *KINDS)
    agencies = [compact(name) for one in article.fields if one.name == "agency" for name in one.values]
    return [agency + kind for agency in agencies for kind in kinds if agency]


def cited_references(article: Article) -> dict[Reference, Relation]:
    """Return the numbers of other documents that an article cites, and what it does with them.

    A document is repealed where its sentence, or the title, says so (废止, 失效), but not where it is named
    as the basis, or as still in force.
    """
    if not any(sign in text for text in (article.title, article.content) for sign in "号號"):
        return {}
    own = own_reference(article)
    of_title = bool(_REPEAL.search(article.title))
    found: dict[Reference, Relation] = {}
    for line in (article.title, *lines_of(article.content)):
        for sentence in _END.split(compact(line)):
            repeals = (of_title or _REPEAL.search(sentence)) and not _IN_FORCE.search(sentence)
            for reference, start in _references(sentence):
                if own and own.core == reference.core and reference.prefix.endswith(own.prefix):
                    continue
                is_basis = _BASIS.search(sentence[max(0, start - MAX_CLAUSE) : start])
                if repeals and not is_basis:
                    found[reference] = "repeals"
                else:
                    found.setdefault(reference, "cites")
                if len(found) == MAX_REFERENCES:
                    return found
    return found


def compact(text: str) -> str:
    """Return a text without blanks, in ordinary width."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _references(text: str) -> Iterator[tuple[Reference, int]]:
    """Yield the numbers in a compact text, with where the core of each begins."""
    for match in _NUMBER.finditer(text):
        year = match["bracketed"] or match["worded"]
        core = f"〔{year}〕{match['digits']}号" if year else f"第{match['digits']}号"
        before = _PREFIX.search(text[max(0, match.start() - MAX_PREFIX) : match.start()])
        kind = match["kind"] if match["worded"] and match["kind"] else ""
        yield Reference(core, (before[0] if before else "") + kind), match.start()
