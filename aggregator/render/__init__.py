"""Articles made into bytes: pages, posts and feeds. The same input gives the same bytes."""

from __future__ import annotations

from importlib import resources

from aggregator.model.digest import hexdigest


def digest() -> str:
    """Hash of all that shapes output here: code, templates, texts, style; it tells versions apart."""
    content = bytearray()
    folders = [resources.files("aggregator.render")]
    while folders:
        for item in sorted(folders.pop().iterdir(), key=lambda item: item.name):
            if item.is_dir() and item.name != "__pycache__":
                folders.append(item)
            elif item.is_file():
                content += item.name.encode() + item.read_bytes()
    return hexdigest(bytes(content))
