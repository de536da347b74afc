"""Jekyll sites whose posts are taken in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CONFIG = "title: Old\nurl: https://old.example.org\nbaseurl: /news\ntimezone: Asia/Shanghai\n"

POSTS = {
    "_posts/2021-12-08-evening.md": "---\ntitle: Evening\ndate: 2021-12-08 20:33:50\ncategories: Town Notices\n---\nThe *ferry* leaves.\n",
    "_posts/2021-12-08-offset.md": "---\ntitle: Offset\ndate: 2021-12-08 20:33:50 +0000\ncategories: [Big Town, 渔市]\n---\nx\n",
    "_posts/2021-12-08-none.md": "---\ntitle: None\n---\nA table:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "_posts/2021-12-09-Cased_Name.v2.md": "---\ntitle: Cased\npermalink: /p/:year/:title/\n---\nx\n",
    "_posts/2021-12-09-fixed-one.md": "---\ntitle: Fixed\npermalink: /fixed\n---\nx\n",
    "_posts/2021-12-09-渔市-消息.md": "---\ntitle: 渔市消息\ncategory: One Two\n---\nx\n",
    "_posts/2021-12-09-slugged.md": "---\ntitle: Slugged\nslug: Other Slug\n---\nx\n",
    "_posts/2021-12-07-quoted.md": '---\ntitle: Quoted\ndate: "2021-12-10 20:02:03"\n---\nx\n',
    "_posts/2021-12-07-shorter.md": "---\ntitle: Shorter\ndate: 2021-12-10 20:02\n---\nx\n",
    "_posts/2021-12-07-iso-form.md": "---\ntitle: Iso\ndate: 2021-12-10T20:02:03\n---\nx\n",
    "_posts/2021-12-07-iso-zone.md": "---\ntitle: Zone\ndate: 2021-12-10T20:02:03+02:00\n---\nx\n",
    "_posts/2021-12-01-parts.md": "---\ntitle: Parts\ncategories: [Sub Cat]\npermalink: /:categories/:short_year/:i_month/:y_day/:slug:output_ext\n---\nx\n",
    "_posts/2021-12-01-slugs.md": "---\ntitle: Slugs\ncategories: [Sub Cat]\npermalink: /c/:slugified_categories/:title\n---\nx\n",
    "sub/_posts/2021-12-01-below.md": "---\ntitle: Below\ncategories: x\n---\nx\n",
}


def lay(folder: Path, posts: Mapping[str, str] = POSTS, config: str = CONFIG) -> Path:
    """Write a site."""
    for name, text in {"_config.yml": config, **posts}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder
