"""Articles as Jekyll posts: front matter, the mirrored text, links back.

Nothing in mirrored text is interpreted: the characters of Liquid and Markdown are written as entities, and
YAML is written by a YAML library.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib import resources
from typing import Any, Self
from zoneinfo import ZoneInfo

import yaml
from jinja2 import Environment, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import SandboxedEnvironment

from aggregator.errors import PublishError
from aggregator.model import Article, Document, Filing, KeptArticle
from aggregator.render.body import feed_body, framed, shallow
from aggregator.render.paths import HOME, absolute, category_path, original, share_path
from aggregator.render.texts import Texts
from aggregator.settings import Site
from aggregator.text.text import scrub

try:
    from yaml import CSafeDumper as SafeDumper  # libyaml writes the same, five times faster
except ImportError:
    from yaml import SafeDumper  # type: ignore[assignment]

LIQUID = re.compile(r"\{(?=[{%])")
# A character with a meaning in Markdown, or a tag, in which it has none. The set comes first, since all that
# does not begin so is skipped at once.
MARKS = re.compile(r"""[<\\`*_\[\]{}|~$](?:(?<=<)(?:"[^"]*"|[^">])*>)?""")
# Characters that make a line a heading, a list, a quotation or a definition at its beginning.
LINES = re.compile(r"(\n[ \t]*(?:\d{1,9}(?=[.)]))?)([#>+=:.)-])")
MARKDOWN = re.compile(r"([\\`*_\[\]|~$])")
PLAIN = re.compile(r"[^\W\d_][\w-]*")
PLAIN_TITLE = re.compile(r"[ !#-\[\]-~\u00a1-\u02ff\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
"""Titles that stand between quotes as they are: without quotes, backslashes and what is not printed."""
NAMES = frozenset(
    "id title date last_modified_at categories tags body share_url original mirror back_to category_url home"
    " home_url permalink author authors origin summary source fields".split()
)
UNSAFE = re.compile(r"[<>{}|\\^`\"\s()]")

MAX_WIDTH = 2**31 - 1
"""Characters of a line of front matter; libyaml counts them in an ``int``."""


class PostTemplate:
    """A Jinja template that makes a post of an article.

    It may use ``NAMES``, of which ``categories`` and ``tags`` are a string or a list of several, and
    ``front_matter(mapping)``, which writes YAML between two lines of dashes.
    """

    def __init__(self, text: str, *, ours: bool = False) -> None:
        """Compile a template, which runs in a sandbox if it is not ours.

        Raises ValueError naming the line of a fault.
        """
        kind = Environment if ours else SandboxedEnvironment
        environment = kind(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
        environment.globals["front_matter"] = front_matter
        try:
            self._template = environment.from_string(text)
            unknown = find_undeclared_variables(environment.parse(text)) - NAMES - {*environment.globals}
        except TemplateSyntaxError as exc:
            raise ValueError(f"line {exc.lineno}: {exc.message}") from exc
        if unknown:
            raise ValueError(
                f"there is no {', '.join(sorted(unknown))}; there are {', '.join(sorted(NAMES))}"
            )

    @classmethod
    def load(cls, text: str | None = None) -> Self:
        """Compile the user's template, or ours where there is none."""
        if text is not None:
            return cls(text)
        folder = resources.files("aggregator.render").joinpath("templates")
        return cls(folder.joinpath("post.md.j2").read_text("utf-8"), ours=True)

    def render(self, site: Site, kept: KeptArticle) -> Document:
        """Render one article. Raises PublishError where the template fails on it."""
        article = kept.article
        dated = _dated(site, kept)
        filing = kept.filings[0]
        try:
            text = self._template.render(
                id=kept.id,
                title=scrub(article.title) or kept.id,
                date=Moment(dated),
                last_modified_at=Moment(kept.changed.astimezone(ZoneInfo(site.timezone)))
                if kept.changed
                else None,
                categories=_one_or_many([item.category.slug for item in kept.filings]),
                tags=_one_or_many([item.tag for item in kept.filings]),
                body=inert(framed(shallow(feed_body(site, kept)))),
                share_url=_address(article.share_url),
                original=_address(original(site, kept)),
                mirror=_address(absolute(site, share_path(kept.id))),
                **_ways_back(site, filing),
                permalink=f"/{kept.former_path.removesuffix(HOME)}" if kept.former_path else None,
                author=article.byline,
                authors=list(article.authors),
                origin=article.origin,
                summary=article.summary,
                source=article.source,
                fields=_facts(article) or None,
            )
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as exc:
            raise PublishError(f"the post template fails on {kept.id}: {exc}") from exc
        return Document(f"{dated:%Y-%m-%d}-{kept.id}.md", text.encode("utf-8"))


@lru_cache(1024)  # the same for all posts of a category
def _ways_back(site: Site, filing: Filing) -> Mapping[str, str]:
    """The links to the category and to the front page."""
    texts = Texts(site.language)
    return {
        "back_to": _label(texts("back_to", tag=filing.tag)),
        "category_url": _without_scheme(absolute(site, category_path(filing.category))),
        "home": _label(texts("back_home")),
        "home_url": _without_scheme(f"{site.root}/"),
    }


class Moment(str):
    """A date as Jekyll reads it without quotes: ``2022-04-24 10:50:37 +0800``, or ``2022-04-24``."""

    __slots__ = ()

    def __new__(cls, moment: datetime | date) -> Self:
        """Write an aware datetime, or a day."""
        timed = isinstance(moment, datetime)
        return super().__new__(cls, f"{moment:%Y-%m-%d %H:%M:%S %z}" if timed else moment.isoformat())


class _Dumper(SafeDumper):
    pass


def _represent_text(dumper: _Dumper, value: str) -> yaml.Node:
    # YAML parsers disagree on which bare words are numbers, times or symbols; on quoted ones they agree.
    style = None if PLAIN.fullmatch(value) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _represent_title(dumper: _Dumper, value: "_Quoted") -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')


def _represent_moment(dumper: _Dumper, value: Moment) -> yaml.Node:
    # YAML itself takes only a day for a date; by these tags neither is quoted.
    tag = "str" if " " in value else "timestamp"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{tag}", str(value))


class _Quoted(str):
    __slots__ = ()


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(_Quoted, _represent_title)
_Dumper.add_representer(Moment, _represent_moment)


def front_matter(values: Mapping[str, Any]) -> str:
    """Write YAML 1.1 front matter, its dashes included; the title is always quoted, and None is left out."""
    given = [_write_entry(key, value) for key, value in values.items() if value is not None]
    return "".join(["---\n", *(given or ["{}\n"]), "---\n"])


def _write_entry(key: str, value: Any) -> str:
    """Write one entry; most are a date, say what others said, or are a title without marks to escape."""
    if type(value) is Moment:
        return f"{key}: {value}\n"
    if key == "title":
        return f'title: "{value}"\n' if PLAIN_TITLE.fullmatch(value) else _dump(key, _Quoted(value))
    return _dump_known(key, value) if type(value) is str else _dump(key, value)


@lru_cache(1024)
def _dump_known(key: str, value: str) -> str:
    return _dump(key, value)


def _dump(key: str, value: Any) -> str:
    return str(
        yaml.dump(
            {key: value},
            Dumper=_Dumper,
            allow_unicode=True,
            sort_keys=False,
            width=MAX_WIDTH,
            default_flow_style=False,
        )
    )


def inert(html: str) -> str:
    """HTML that Liquid and Markdown leave as it is; to an HTML parser it is the same tree."""
    marked = MARKS.sub(lambda match: match[0] if match[0][0] == "<" else f"&#{ord(match[0])};", html)
    return LIQUID.sub("&#123;", LINES.sub(lambda match: f"{match[1]}&#{ord(match[2])};", marked))


def _dated(site: Site, kept: KeptArticle) -> datetime | date:
    """The date of a post: a day alone where its source states no time.

    Jekyll leaves out a post that is dated even a minute ahead of its clock, which has the site's zone, or
    UTC at GitHub. A day that had not begun in both when the article was first seen gets a time.
    """
    zone = ZoneInfo(site.timezone)
    day, seen = kept.article.day, kept.first_seen.astimezone(zone)
    if day is None:
        return min(kept.article.published, seen).astimezone(zone)
    if day <= min(seen.date(), seen.astimezone(UTC).date()):
        return day
    return min(datetime.combine(day, time(), zone), seen)


def _facts(article: Article) -> dict[str, Any]:
    """Write the named facts of an article for front matter, days as YAML's dates."""
    days = {one.name: Moment(date.fromisoformat(one.value)) for one in article.fields if one.type == "date"}
    return article.facts | days


def _one_or_many(values: list[str]) -> str | list[str]:
    # Jekyll splits a string at its blanks.
    whole = len(values) == 1 and not any(map(str.isspace, values[0]))
    return values[0] if whole else list(dict.fromkeys(values))


def _label(text: str) -> str:
    """Escape HTML text for a Markdown link, Liquid included."""
    return LIQUID.sub("&#123;", MARKDOWN.sub(r"\\\1", text))


def _address(address: str) -> str:
    """Percent-encode what could end a Markdown link or begin a Liquid tag."""
    return UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), address)


def _without_scheme(address: str) -> str:
    return _address(re.sub(r"^https?:", "", address))
