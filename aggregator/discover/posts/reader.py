"""Posts of a Jekyll site, each read into an entry with the address that it had."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from aggregator.discover.posts.addresses import Named, address_of, moment_of
from aggregator.discover.posts.front_matter import FrontMatter, split
from aggregator.discover.posts.markdown import to_html, without_liquid
from aggregator.errors import ReadError
from aggregator.model import Entry, Label
from aggregator.settings import check_timezone
from aggregator.text.addresses import canonical
from aggregator.text.charset import decode
from aggregator.text.slugs import slugify

MARKDOWN = frozenset((".md", ".markdown", ".mkd", ".mkdn", ".mkdown"))
HTML = frozenset((".html", ".htm", ".xhtml"))
LINK_KEYS = (
    "source_url", "source_link", "original_url", "original", "external_url", "link", "canonical_url", "source"
)  # fmt: skip
"""Keys of front matter that name the page a post was made of, the surest first."""
ID_KEYS = ("guid", "id", "infoCode", "infocode")
KNOWN = frozenset(
    (
        "layout title date categories category tags tag permalink slug published author authors description "
        "excerpt summary last_modified_at updated fields redirect_from"
    ).split()
).union(LINK_KEYS, ID_KEYS)
"""Keys that have a place here, or need none."""
_NAME = re.compile(r"(?:.*/)?(\d{2,4}-\d{1,2}-\d{1,2})-([^/]*)$")
_AUTOLINK = re.compile(r"<(https?://[^<>\s]+)>")
_LINKS = re.compile(r"\[[^\]]*\]\([^)]*\)(?:\s*[｜|]\s*\[[^\]]*\]\([^)]*\))+")


@dataclass(frozen=True, slots=True)
class JekyllSite:
    """What a site's ``_config.yml`` says of its posts."""

    root: str = ""
    """The address of the site with its ``baseurl``, without a slash at its end; empty where it says none."""
    baseurl: str = ""
    permalink: str = "date"
    timezone: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """Texts that ``{{ site.… }}`` stands for."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post as an entry that has not been cleaned yet."""

    file: str
    entry: Entry
    labels: tuple[Label, ...]
    """Empty where it names no category."""
    former_path: str
    """Where it was on its site; empty where nothing of ours may lie there."""
    others: tuple[str, ...] = ()
    """Further keys under which its source may show it."""
    notes: tuple[str, ...] = ()
    """What of it was mended or is not carried over."""
    unplaced: tuple[str, ...] = ()
    """Keys of its front matter that have no place here."""


def read_site(body: bytes) -> JekyllSite:
    """Read a ``_config.yml``. Raises ReadError."""
    try:
        values = yaml.load(decode(body, html=False)[: 1024**2], Loader=yaml.BaseLoader)  # noqa: S506 - texts only
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        raise ReadError(f"is no YAML: {str(exc).partition(chr(10))[0]}") from None
    if not isinstance(values, dict):
        raise ReadError("is no configuration of Jekyll")
    texts = {str(key): value.strip() for key, value in values.items() if isinstance(value, str)}
    zone, base = texts.get("timezone", ""), texts.get("baseurl", "").rstrip("/")
    if zone:
        try:
            check_timezone(zone)
        except ValueError as exc:
            raise ReadError(f'has timezone "{zone}", which {exc}') from None
    root = f"{texts.get('url', '').rstrip('/')}{base}"
    root = root if re.match(r"https?://[^/]", root) else ""
    return JekyllSite(root, base, _permalink(values, texts.get("permalink", "date")), zone, texts)


def _permalink(values: Mapping[str, Any], permalink: str) -> str:
    """Give the pattern for posts: that of their collection or of their defaults, else the site's."""
    collections, defaults = values.get("collections"), values.get("defaults")
    posts = collections.get("posts") if isinstance(collections, dict) else None
    if isinstance(posts, dict) and isinstance(posts.get("permalink"), str):
        permalink = posts["permalink"]
    for one in defaults if isinstance(defaults, list) else ():
        scope, given = (one.get("scope"), one.get("values")) if isinstance(one, dict) else (None, None)
        if not (
            isinstance(scope, dict) and isinstance(given, dict) and isinstance(given.get("permalink"), str)
        ):
            continue
        if scope.get("type") in (None, "posts") and not scope.get("path"):
            permalink = given["permalink"]
    return permalink


def read_post(file: str, body: bytes, site: JekyllSite) -> Post | None:
    """Read a post; None where it is not published. ``file`` is its path below the site.

    Raises ReadError, which names the line where one is at fault.
    """
    front, content = split(decode(body, html=False))
    if front.text("published").lower() == "false":
        return None
    path = PurePosixPath(file)
    day, slug = _name(path)
    date, title = _headed(front, day, slug)
    categories = _categories(front, path)
    content, ending = _cut_links(content)
    content, lost = without_liquid(content, {**site.values, "baseurl": site.baseurl})
    named = Named(front.text("slug") or slug, _moment(front, date, day, site), categories)
    former = address_of(front.text("permalink") or site.permalink, named)
    links = [*_links(front), *ending]
    entry = Entry(
        key=front.text(*ID_KEYS) or slug or path.stem,
        title=title,
        address=next(iter(links), ""),
        published=date,
        updated=front.text("last_modified_at", "updated"),
        author="\n".join(front.texts("author") or front.texts("authors")),
        summary=front.text("description", "summary", "excerpt"),
        content=content if path.suffix.lower() in HTML else to_html(content),
        base=f"{site.root}/{former}" if site.root else "",
        rules={"key": "the name of its file", "content": f"its post {path.name}"},
    )
    labels, extra = _labels(categories, front)
    others = tuple(dict.fromkeys(map(canonical, links)))
    unplaced = tuple(key for key in front.values if key not in KNOWN)
    notes = _notes(front, lost, extra, former)
    return Post(file, entry, tuple(labels), former, others, tuple(notes), unplaced)


def _links(front: FrontMatter) -> list[str]:
    """Give the pages that the front matter names, the surest first."""
    named = (front.text(key) for key in LINK_KEYS)
    return [link for link in named if link.startswith(("http://", "https://"))]


def _notes(front: FrontMatter, lost: Sequence[str], extra: Sequence[str], former: str) -> Iterator[str]:
    """Say what of a post was mended or is not carried over."""
    if front.mended:
        yield f"line {front.mended}: its quotes are no YAML; it was read line by line"
    yield from (f"has {one}, which Liquid alone knows" for one in dict.fromkeys(lost))
    if not former:
        yield "had an address at which nothing of ours may lie"
    yield from (f'has the tag "{tag}" beside that of its category' for tag in extra)


def _headed(front: FrontMatter, day: str, slug: str) -> tuple[str, str]:
    """Give the date and the title, which Jekyll makes of the file's name where there is none."""
    date = front.text("date") or day
    if not re.match(r"\d", date):
        raise ReadError("line 1: neither its front matter nor the name of its file has a date")
    title = front.text("title") or ("" if slug.isdecimal() else slug.replace("-", " ").capitalize())
    if not title:
        raise ReadError("line 1: has no title")
    return date, title


def _name(path: PurePosixPath) -> tuple[str, str]:
    """Give the day and the slug that a file's name says, or no day."""
    stem = path.name.removesuffix(path.suffix)
    match = _NAME.match(stem)
    return (match[1], match[2]) if match else ("", stem.lstrip("-"))


def _moment(front: FrontMatter, date: str, day: str, site: JekyllSite) -> datetime:
    """Give the time by which a post's address is made."""
    zone = ZoneInfo(site.timezone) if site.timezone else UTC
    found = moment_of(date, zone, plain="date" in front.plain) or moment_of(day, zone, plain=False)
    if found is None:
        raise ReadError(f'line 1: has the date "{date[:40]}", which is none')
    return found


def _categories(front: FrontMatter, path: PurePosixPath) -> tuple[str, ...]:
    """Give the categories as Jekyll has them: folders around ``_posts``, then those of the front matter."""
    parts = list(path.parts[:-1])
    folders = parts[: parts.index("_posts")] if "_posts" in parts else []
    named = front.texts("category") if "category" in front.values else []
    for text in front.texts("categories"):
        named += [text] if "categories" in front.lists else text.split()
    return tuple(dict.fromkeys([*folders, *named]))


def _labels(categories: Sequence[str], front: FrontMatter) -> tuple[list[Label], list[str]]:
    """Give each category its label and tag, and the tags that no category has.

    A label is the tag, or the tag without 新闻 behind it, of which the category is the slug.
    """
    named, tags = list(categories), front.texts("tags") or front.texts("tag")
    whole = front.text("categories")
    if whole and tags and _is_slug(whole, tags[0]):
        named = [whole]  # one with blanks in its name, which Jekyll takes for several
    elif "tags" not in front.lists:
        tags = [word for tag in tags for word in tag.split()]
    labels = [_label(category, tags, number) for number, category in enumerate(named or tags[:1])]
    used = {label.tag or label.category for label in labels}
    return labels, [tag for tag in tags if tag not in used]


def _label(category: str, tags: Sequence[str], number: int) -> Label:
    """Label a category by the tag that it was made of, else by its name, with the tag at its place."""
    for tag in tags:
        if label := _is_slug(category, tag):
            return Label(label, tag if tag != label else "")
    tag = tags[min(number, len(tags) - 1)] if tags else ""
    return Label(category, tag if tag != category else "")


def _is_slug(category: str, tag: str) -> str:
    """Give the label of which a category is the slug; empty where the tag has none."""
    wanted = category.replace(" ", "").lower()
    for label in (tag.removesuffix("新闻"), tag):
        if label and slugify(label).replace("-", "").lower() in (wanted, wanted.replace("-", "")):
            return label
    return ""


def _cut_links(content: str) -> tuple[str, list[str]]:
    """Take the lines at a text's end that only lead back: to the page it was made of, and to the site's."""
    lines = content.rstrip().split("\n")
    links: list[str] = []
    while lines and (not (last := lines[-1].strip()) or _AUTOLINK.fullmatch(last) or _LINKS.fullmatch(last)):
        links += _AUTOLINK.findall(last)
        lines.pop()
    return "\n".join(lines), links[::-1]
