"""Buckets in ``[output]`` and ``[evidence]``, and who is told of what changes there."""

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError

HEAD = '[site]\nurl = "https://news.example.org"\n'
SITE = '[output]\nsite = "s3://news/site"\n'


def test_a_place_is_a_folder_or_a_bucket(tmp_path: Path) -> None:
    """Each kind of document goes where its key says; others are folders as ever."""
    path = tmp_path / "aggregator.toml"
    path.write_text(HEAD + SITE + 'posts = "s3://news/posts/"\n[evidence]\nbucket = "s3://raw"\n', "utf-8")
    output = load(path).output
    assert output.places == {"site": "s3://news/site", "posts": "s3://news/posts/", "private": "var/private"}
    assert output.folders == {"private": Path("var/private")}


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ('[output]\nsite = "s3:/news"', "[output] site: 's3:/news': the address of a bucket looks like"),
        ('[output]\nsite = "s3://key:secret@news"', "the address of a bucket looks like"),
        ('[output]\nsite = "gs://news"', "the address of a bucket looks like"),
        ('[output]\nsite = "s3://news/a//b"', "the address of a bucket looks like"),
        ('[output]\nsite = "s3://news/../b"', "the address of a bucket looks like"),
        (
            SITE + 'posts = "s3://news"',
            '[output] posts: "s3://news" and site = "s3://news/site" must lie side by side',
        ),
        (SITE + 'posts = "s3://news/site/"', "must lie side by side"),
        (
            SITE + 'private = "s3://news/private"',
            '[output] private: "s3://news/private" must be a bucket of its own',
        ),
        (
            SITE + '[evidence]\nbucket = "s3://news/warc"',
            '[evidence] bucket: "s3://news/warc" must be a bucket of its',
        ),
        ('[evidence]\nbucket = "copies"', '[evidence] bucket: "copies" is no bucket'),
        (SITE + 'purge = "cdn"', '[output] purge: there is no receiver "cdn"'),
        (
            SITE + 'purge = "desk"\n[mail]\nhost = "mail.example"\nsender = "a@news.example"\n'
            '[[receiver]]\nname = "desk"\nurl = "mailto:desk@news.example"',
            '[output] purge: receiver "desk" is no webhook',
        ),
    ],
)
def test_what_is_wrong_is_named_by_file_and_key(tmp_path: Path, tables: str, said: str) -> None:
    path = tmp_path / "aggregator.toml"
    path.write_text(HEAD + tables, "utf-8")
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert str(path) in str(raised.value)
    assert said in str(raised.value)
