"""The files of an article: fetched, read in a process with limits, and read once for the same bytes."""

from dataclasses import replace

from aggregator.content.files.reading import read_file
from aggregator.content.files.renewal import with_text
from aggregator.content.metadata.fields import name_again
from aggregator.errors import FetchError, ReadError
from aggregator.model import Article, Attachment, Entry, Fetched, FileText, Receipt, Request
from aggregator.poll.list import open_whole, page_access
from aggregator.poll.tools import WebTools
from aggregator.settings import Source
from aggregator.text.filetypes import MEDIA_TYPES, READ, ending_of

MAX_FILES = 5
"""Files of one article that are read."""
MAX_FILE_SIZE = 20 * 1024**2

_READ_TYPES = frozenset(MEDIA_TYPES[ending] for ending in READ)


class FileReader:
    """Reads the files of a source's articles during one visit; each address is asked for once."""

    def __init__(self, source: Source, tools: WebTools) -> None:
        self._source = source
        self._tools = tools
        self._read: dict[str, FileText] = {}

    def unread(self, entry: Entry, article: Article) -> list[Attachment]:
        """Name the files of an article that are to be read, but were not read with its entry."""
        return [item for item in article.attachments if self.reads(item) and item.address not in entry.files]

    def reads(self, file: Attachment) -> bool:
        """Tell whether a file is one of those that are read, as far as its link says."""
        named = (ending_of(file.address), ending_of(file.title))
        readable = file.media_type in _READ_TYPES or any(ending in READ for ending in named)
        return self._source.read_files == "auto" and readable

    async def add(self, entry: Entry, wanted: list[Attachment], held: Article | None) -> Entry:
        """Give an entry with what is in its files; those that ``held``, its article, has are not asked for.

        A file that cannot be had costs nothing but its text.
        """
        before = {item.address: item.text for item in held.attachments} if held else {}
        files, receipts, notes = dict(entry.files), list(entry.receipts), list(entry.notes)
        for item in wanted[:MAX_FILES]:
            known = self._read.get(item.address)
            if known := known or await self._tools.file_text(before.get(item.address, "")):
                files[item.address] = known
                continue
            try:
                request = Request(item.address, largest=MAX_FILE_SIZE)
                answer = await open_whole(request, page_access(self._source), self._tools)
            except (FetchError, ReadError) as exc:
                notes.append(f"a file could not be fetched: {exc}")
                if exc.fault == "too-large":
                    files[item.address] = FileText("", fault="too-large")
                continue
            receipts.append(Receipt.of(answer, item.address, self._tools.clock()))
            read = files[item.address] = self._read[item.address] = await read_answer(answer, self._tools)
            notes += notes_on(read)
        return replace(entry, files=files, receipts=tuple(receipts), notes=tuple(notes))

    async def renew(self, article: Article, address: str, answer: Fetched) -> tuple[Article, FileText] | None:
        """Give an article with the new text of one of its files, and that; None where it says the same."""
        file = next(item for item in article.attachments if item.address == address)
        before = await self._tools.file_text(file.text) or FileText("")
        if not self.reads(file):
            return article, before
        after = await read_answer(answer, self._tools)
        if after.content and after.content == before.content:
            return None
        workers, now = self._tools.workers, self._tools.clock()
        article = await workers.run(with_text, article, address, before, after)
        return await workers.run(name_again, article, self._source, address, after, now), after


def notes_on(file: FileText) -> list[str]:
    """Say for the log why a file gave no text."""
    return [f"a file gave no text ({file.fault})"] if file.fault else []


async def read_answer(answer: Fetched, tools: WebTools) -> FileText:
    """Return what is in a file that was fetched."""
    if known := await tools.file_text(answer.digest):
        return known
    try:
        return await tools.workers.run_apart(read_file, answer.body, answer.address)
    except ReadError:
        # It cost the process: such a file is not tried again.
        return FileText(answer.digest, fault="too-large")
