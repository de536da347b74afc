"""Pictures, players and formulas that a script would show: readers of cleaned texts see them."""

from __future__ import annotations

import re

import pytest

from aggregator.content.body import find_body
from aggregator.content.clean import clean

BASE = "http://x.example/a/b.html"
STAND_IN = "src='data:image/gif;base64,R0lGOD'"


@pytest.mark.parametrize(
    ("markup", "address"),
    [
        (f"<img {STAND_IN} data-srcset='/s.jpg 320w, /l.jpg 960w'>", "l.jpg"),
        ("<img srcset='/w_9,h_9/s.jpg 300w,/w_9,h_9/l.jpg 400w'>", "w_9,h_9/l.jpg"),
        ("<img srcset='/one.jpg, /two.jpg 2x'>", "one.jpg"),
        (f"<picture><source srcset='/p.webp'><img {STAND_IN}></picture>", "p.webp"),
        ("<picture><source data-srcset='/p.webp 1x'></picture>", "p.webp"),
        (f"<img {STAND_IN} data-original-src='/o.jpg'>", "o.jpg"),
        ("<img src='/loading.gif' data-echo='/e.jpg'>", "e.jpg"),
        (f"<img {STAND_IN}><noscript><img src='/n.jpg'></noscript>", "n.jpg"),
        (f"<noscript><img src='/n.jpg'></noscript><img {STAND_IN} data-src='/n.jpg'>", "n.jpg"),
        (f"<span><img {STAND_IN}></span> <noscript><img src='/n.jpg'></noscript>", "n.jpg"),
        (
            "<amp-img src='/amp.jpg' width=3 height=2><noscript><img src='/x.jpg'></noscript></amp-img>",
            "amp.jpg",
        ),
        ("<img src='/good.jpg' data-src='true'>", "good.jpg"),
        ("<img src='/good.jpg' data-src='{{ picture.url }}'>", "good.jpg"),
        ("<img src='/good.jpg' data-original='/placeholder.png'>", "good.jpg"),
        ("<img src='/good.jpg' data-orig-file='/print.tiff' srcset='/other.jpg 2x'>", "good.jpg"),
        ("<img src='/good.jpg'><noscript><img src='/count?u=1' width=1 height=1></noscript>", "good.jpg"),
    ],
)
def test_the_picture_that_a_browser_shows(markup: str, address: str) -> None:
    """There is one picture, with the address that a script or a browser would choose."""
    content = clean(f"<p>before</p>{markup}<p>after</p>", BASE)
    assert re.findall('src="([^"]*)"', content) == [f"http://x.example/{address}"]
    assert "<p>before</p>" in content
    assert "<p>after</p>" in content


def test_two_pictures_are_two() -> None:
    """A picture of its own behind a noscript stays."""
    content = clean(f"<img {STAND_IN}><noscript><img src='/1.jpg'></noscript><img src='/2.jpg'>", BASE)
    assert re.findall('src="([^"]*)"', content) == ["http://x.example/1.jpg", "http://x.example/2.jpg"]


@pytest.mark.parametrize(
    "markup",
    [
        "<iframe data-src='/v/1'></iframe>",
        "<iframe src='about:blank' data-lazy-src='/v/1'></iframe><noscript><iframe src='/v/1'></iframe></noscript>",
        "<video preload=none><source data-src='/v/1'></video>",
        "<amp-iframe src='/v/1'><p placeholder>wait</p></amp-iframe>",
    ],
)
def test_lazy_players(markup: str) -> None:
    """A player that waits for a script becomes one link as well."""
    assert re.findall('href="([^"]*)"', clean(markup, BASE)) == ["http://x.example/v/1"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<math alttext='a^2'><mi>a</mi><mn>2</mn></math>", "a^2"),
        ("<math><mi>a</mi><annotation encoding='application/x-tex'>a_2</annotation></math>", "a_2"),
        ("<math><mi>a</mi><mo>=</mo><mn>2</mn></math>", "a=2"),
        ("<script type='math/tex; mode=display'>a &lt; 2</script>", "a &lt; 2"),
        (
            "<span><span><math alttext='a^2'><mi>a</mi></math></span><span aria-hidden=true>a2</span></span>",
            "a^2",
        ),
        ("<object data='/f.bin'><b>a squared</b></object>", "a squared"),
        ("<object><param name=movie value='/f.swf'></object>", "f.swf"),
        ("<svg><title>icon</title><text>a</text><text>2</text></svg>", "a 2"),
        ("<svg class=icon><title>icon</title><path d='M0'/></svg>", ""),
    ],
)
def test_sentences_have_no_holes(markup: str, text: str) -> None:
    """Formulas are their TeX or their symbols; objects and drawings leave their words."""
    content = clean(f"<p>It is {markup}, as known.</p>", BASE)
    assert re.sub("<[^>]*>", "", content) == f"It is {text}, as known."


def test_pictures_and_documents_of_objects() -> None:
    """A picture shown by an object is a picture, a document a link, both with what stands in for them."""
    picture = clean("<object data='/m.svg'><p>A map of the quay</p></object>", BASE)
    assert 'src="http://x.example/m.svg"' in picture
    assert "A map of the quay" in picture
    assert 'href="http://x.example/n.pdf"' in clean("<object data='/n.pdf'>No viewer</object>", BASE)


def test_bodies_that_are_found_keep_them() -> None:
    """Pruning leaves to the sanitiser what it can show, between the paragraphs of a body found."""
    text = f"<p>{'The lock keeper wrote down every barge that came by. ' * 6}</p>"
    inside = (
        f"{text}<p>The sum is <script type='math/tex'>x^2</script> and <object><b>no more</b></object>.</p>"
        f"<div><img {STAND_IN} data-srcset='/d.jpg 1x'></div>{text}<noscript><img src='/n.jpg'></noscript>{text}"
    )
    body = find_body(f"<html><body><article><h1>The lock</h1>{inside}</article></body></html>", BASE)
    assert body is not None
    content = clean(body.html, BASE)
    for kept in ("x^2", "no more", "/d.jpg", "/n.jpg"):
        assert kept in content
