"""An entry's own page, where it asks for one: the text, with every page over which it goes on."""

import html
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from aggregator.content.files.excerpt import MAX_ARTICLE, beginning
from aggregator.content.normalise import article_address
from aggregator.content.sniffing import is_file
from aggregator.decide.owed import titled_by_page
from aggregator.errors import IncompleteError, ReadError
from aggregator.fetch.gate import LOGIN_ADDRESS
from aggregator.model import Attachment, Entry, Fetched, Receipt, Request
from aggregator.poll.files import FileReader, notes_on, read_answer
from aggregator.poll.list import open_whole, page_access
from aggregator.poll.tools import WebTools
from aggregator.settings import Source
from aggregator.sources.jobs import read_article

MAX_PAGES = 30  # pages over which one article may go on


async def complete(source: Source, entry: Entry, tools: WebTools) -> Entry:
    """Fetch an entry's own page; return the whole entry, with the receipts of its pages behind the others.

    Raises FetchError, ReadError or IncompleteError.
    """
    if not entry.title and not titled_by_page(source, entry):
        raise IncompleteError("has no title yet")
    address = article_address(entry, source)
    if not address:
        raise IncompleteError("has no address yet")
    answer = await open_whole(Request(address), page_access(source), tools)
    return await read_pages(source, entry, answer, tools)


async def read_pages(source: Source, entry: Entry, answer: Fetched, tools: WebTools) -> Entry:
    """Read an entry's own page, which was just fetched, and fetch those on which it goes on.

    Raises FetchError or ReadError.
    """
    address, access = article_address(entry, source), page_access(source)
    receipts = [*entry.receipts, Receipt.of(answer, address, tools.clock())]
    _refuse_detour(address, answer)
    if media_type := is_file(answer.content_type, answer.body, answer.address):
        whole = await _as_file(source, entry, answer, media_type, tools)
        return replace(whole, receipts=tuple(receipts))
    whole = await _read(source, entry, answer, tools)
    seen = {_without_fragment(address), _without_fragment(answer.address)}
    bodies = {answer.digest}
    while whole.next_part and _without_fragment(whole.next_part) not in seen:
        if len(bodies) == MAX_PAGES:
            note = f"only {MAX_PAGES} pages of it were read"
            whole = replace(whole, notes=(*whole.notes, note))
            break
        answer = await open_whole(Request(whole.next_part), access, tools)
        asked, answered = _without_fragment(whole.next_part), _without_fragment(answer.address)
        if answered in seen or answer.digest in bodies:
            break
        seen |= {asked, answered}
        bodies.add(answer.digest)
        receipts.append(Receipt.of(answer, whole.next_part, tools.clock()))
        part = replace(entry, attachments=(), next_part=whole.next_part)
        whole = _joined(whole, await _read(source, part, answer, tools))
    return replace(whole, next_part="", receipts=tuple(receipts))


def _without_fragment(address: str) -> str:
    return address.partition("#")[0]


def _refuse_detour(address: str, answer: Fetched) -> None:
    """Raise ReadError where a redirect led away from the article, to the front page or a login."""
    there, here = urlsplit(answer.address).path, urlsplit(address).path
    to_front = there in ("", "/") and here not in ("", "/")
    to_login = LOGIN_ADDRESS.search(there) and not LOGIN_ADDRESS.search(here)
    if answer.address != address and (to_front or to_login):
        raise ReadError(f"led away, to {answer.address} ({address})", fault="gated")


async def _read(source: Source, entry: Entry, answer: Fetched, tools: WebTools) -> Entry:
    try:
        return await tools.workers.run(read_article, source, entry, answer)
    except ReadError as exc:
        raise ReadError(f"{exc} ({answer.address})", fault=exc.fault) from exc


def _joined(whole: Entry, part: Entry) -> Entry:
    """Put a further part behind what we have; it says nothing else that the first page did not say."""
    return replace(
        whole,
        content=f"{whole.content}\n{part.content}",
        attachments=tuple(dict.fromkeys([*whole.attachments, *part.attachments])),
        next_part=part.next_part,
        notes=tuple(dict.fromkeys([*whole.notes, *part.notes])),
    )


async def _as_file(source: Source, entry: Entry, answer: Fetched, media_type: str, tools: WebTools) -> Entry:
    """Make an article of a row that leads to a file: what is in it, else a link; the file is attached."""
    name = unquote(urlsplit(answer.address).path.rpartition("/")[2])
    title = entry.title or name
    file = Attachment(answer.address, title, media_type, len(answer.body))
    link = f'<p><a href="{html.escape(answer.address)}">{html.escape(title)}</a></p>'
    rule = f"its address leads to a file ({media_type})"
    files = {}
    if FileReader(source, tools).reads(file):
        files = {answer.address: await read_answer(answer, tools)}
    return replace(
        entry,
        title=title,
        address=entry.address or answer.address,
        content=beginning(files[answer.address].content, MAX_ARTICLE) or link if files else link,
        base=answer.address,
        attachments=(file, *entry.attachments),
        files=files,
        notes=(*entry.notes, *(note for text in files.values() for note in notes_on(text))),
        rules={**entry.rules, "content": rule, **({} if entry.title else {"title": rule})},
    )
