"""Forums and link aggregators: users, votes, tags and counts stand beside the headlines."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.front_pages.headlines import Words
from tests.support.front_pages.layouts import Story, each, layout


@layout(dated=False)
def two_rows_an_entry(rows: Sequence[Story], words: Words) -> str:
    """A link aggregator: rank, vote and headline in one row; points, user, age and comments in the next."""
    row = (
        "<tr id='{n}7'><td align='right'><span>{n}.</span></td><td><center><a id='up_{n}' href='vote?id={n}7&amp;how=up'>"
        "<div title='up'></div></a></center></td><td><span><a href='{link}'>{title}</a>"
        "<span> (<a href='from?site=s{n}.example'><span>s{n}.example</span></a>)</span></span></td></tr>"
        "<tr><td colspan='2'></td><td><span>{count} {w.points} <a href='user?id=u{n}'>{user}</a> "
        "<span title='{day}T08:00:00'><a href='item?id={n}7'>{n} {w.hours}</a></span> | "
        "<a href='hide?id={n}7&amp;goto=news'>{w.hide}</a> | <a href='item?id={n}7'>{count} {w.comments}</a></span></td></tr>"
        "<tr style='height:5px'></tr>"
    )
    return f"<center><table><tr><td><table>{each(row, rows, words)}</table></td></tr></table></center>"


@layout(dated=True)
def vote_arrows(rows: Sequence[Story], words: Words) -> str:
    """A link aggregator of divs: arrows, a picture, the headline, its site, and a line of buttons."""
    row = (
        "<div class='thing link' id='thing_{n}'><div class='midcol'><a class='arrow up' href='/login?next={link}'>▲</a>"
        "<b>{count}</b><a class='arrow down' href='/login?next={link}'>▼</a></div>"
        "<a class='thumbnail' href='{link}'><img src='{n}.jpg'></a><div class='entry'><p><a href='{link}'>{title}</a> "
        "<span>(<a href='/domain/s{n}.example/'>s{n}.example</a>)</span></p><p class='tagline'><time datetime='{day}'>{n} {w.hours}</time> "
        "<a href='/user/u{n}'>{user}</a> <a href='/r/harbour/'>r/harbour</a></p><ul><li><a href='{link}comments/'>{count} {w.comments}</a></li>"
        "<li><a href='{link}?share=1'>{w.share}</a></li><li><a href='/hide?id={n}'>{w.hide}</a></li></ul></div></div>"
    )
    return f"<div class='content'>{each(row, rows, words)}</div>"


@layout(dated=True)
def stories_with_tags(rows: Sequence[Story], words: Words) -> str:
    """A link aggregator of list items: the vote, the headline, tags, an avatar and the user."""
    row = (
        "<li id='s{n}'><div><div><a href='/login'>{count}</a></div><div><span role='heading'><a href='{link}'>{title}</a></span> "
        "<span><a href='/t/{n}'>{tag}</a> <a href='/t/sea'>{w.tags[0]}</a></span> <a href='/domains/s{n}.example'>s{n}.example</a>"
        "<div><a href='/~u{n}'><img src='u.png'></a> <a href='/~u{n}'>{user}</a> <time datetime='{day} 08:00:00'>{n} {w.hours}</time> | "
        "<a href='/s/{n}/flag'>{w.hide}</a> | <a href='/s/{n}/c'>{count} {w.comments}</a></div></div></div></li>"
    )
    return f"<div><ol>{each(row, rows, words)}</ol></div>"


@layout(dated=True)
def forum_rows(rows: Sequence[Story], words: Words) -> str:
    """A forum's table: an icon, tag and headline with its pages, the starter, numbers, and who was last."""
    row = (
        "<tbody id='normalthread_{n}'><tr><td class='icn'><a href='forum.php?mod=viewthread&amp;tid={n}&amp;extra='><img src='f.gif'></a></td>"
        "<th><em>[<a href='forum.php?mod=forumdisplay&amp;typeid={n}'>{tag}</a>]</em> <a class='s xst' href='{link}'>{title}</a>"
        "<span class='tps'>...<a href='{link}?page=2'>2</a><a href='{link}?page=3'>3</a></span></th>"
        "<td class='by'><cite><a href='space.php?uid={n}'>{user}</a></cite><em><span>{day}</span></em></td>"
        "<td class='num'><a href='{link}'>{count}</a><em>{count}4</em></td>"
        "<td class='by'><cite><a href='space.php?uid=9{n}'>{user}</a></cite><em><a href='{link}?goto=lastpost'>2026-03-0{n}</a></em></td></tr></tbody>"
    )
    head = f"<tbody><tr><th colspan='2'><a href='?order=1'>{words.tags[0]}</a></th><td>{words.comments}</td></tr></tbody>"
    return f"<div id='threadlist'><table>{head}{each(row, rows, words)}</table></div>"


@layout(dated=True)
def forum_of_divs(rows: Sequence[Story], words: Words) -> str:
    """A forum without names: the user's link first, then the headline, then node, time and the last reply."""
    row = (
        "<div><table><tr><td><a href='/member/u{n}'><img alt='{user}' src='u.png'></a></td><td><span><a href='{link}'>{title}</a></span>"
        "<div><a href='/go/{n}'>{tag}</a> • <strong><a href='/member/u{n}'>{user}</a></strong> • <span>{day} 10:00:00</span> • "
        "<strong><a href='/member/v{n}'>{user}</a></strong></div></td><td><a href='{link}#reply{count}'>{count}</a></td></tr></table></div>"
    )
    return f"<div><div>{each(row, rows, words)}</div></div>"


@layout(dated=True)
def questions(rows: Sequence[Story], words: Words) -> str:
    """Questions: votes and answers as links, the headline, an excerpt, tags, and who asked."""
    row = (
        "<div class='q-summary' id='q{n}'><div class='stats'><a href='{link}?tab=votes'>{count} {w.points}</a> <a href='{link}?tab=answers'>{n} {w.comments}</a></div>"
        "<div class='body'><h3><a href='{link}'>{title}</a></h3><div class='excerpt'>{teaser}</div><div class='tags'>"
        "<a href='/questions/tagged/{n}' rel='tag'>{tag}</a></div><div class='user'><a href='/users/{n}/x'>{user}</a> <time datetime='{day}'>{day}</time></div></div></div>"
    )
    return f"<div id='questions'>{each(row, rows, words)}</div>"


@layout(dated=True)
def script_first(rows: Sequence[Story], words: Words) -> str:
    """Rows that begin with a script's link and end with a mail address."""
    row = "<li><a href='javascript:void(0)' onclick='up({n})'>+{count}</a> <a href='{link}'>{title}</a> <a href='mailto:{n}@x.example'>{user}</a> <i>{day}</i></li>"
    return f"<ul>{each(row, rows, words)}</ul>"


@layout(dated=True)
def some_tags(rows: Sequence[Story], words: Words) -> str:
    """Rows of which every second one begins with tags."""
    out = ""
    for i, r in enumerate(rows):
        tag = f"<a href='/tag/{i}/'>{r.tag}</a> <a href='/tag/x{i}/'>{words.tags[0]}</a> " if i % 2 else ""
        out += each(
            "<div><div>"
            + tag
            + "<a href='{link}'>{title}</a></div><div><a href='/u/{n}/'>{user}</a> <span>{day}</span></div></div>",
            [r],
            words,
        )
    return f"<div>{out}</div>"


@layout(dated=True)
def number_behind(rows: Sequence[Story], words: Words) -> str:
    """A board's table: the headline and its number of comments, user, day and views."""
    row = "<tr><td>{n}</td><td><a href='{link}'>{title}</a><a href='{link}#c'>[{count}]</a></td><td><a href='/blog/{n}'>{user}</a></td><td>{day}</td><td>{count}5</td></tr>"
    return f"<table>{each(row, rows, words)}</table>"


@layout(dated=True)
def users_first(rows: Sequence[Story], words: Words) -> str:
    """A forum's table: the user's cell first, headline and excerpt, and a user with a day."""
    row = "<tr><td><a href='memberlist.php?mode=viewprofile&amp;u={n}'>{user}</a></td><td><a href='{link}'>{title}</a><br>{teaser}</td><td>{count}</td><td><a href='memberlist.php?u={n}'>{user}</a><br>{day} 10:00</td></tr>"
    return f"<table>{each(row, rows, words)}</table>"


@layout(dated=True)
def links_that_act(rows: Sequence[Story], words: Words) -> str:
    """A link aggregator: votes up and down, the headline, and links that reply and delete."""
    row = "<li><a href='/post/{n}/upvote'>{count}</a><a href='/post/{n}/downvote'>-</a><a href='{link}'>{title}</a><a href='{link}?action=reply'>{w.comments}</a><a href='/post/{n}/delete'>x</a> <span>{day}</span></li>"
    return f"<ol>{each(row, rows, words)}</ol>"


@layout(dated=True)
def mailing_list(rows: Sequence[Story], words: Words) -> str:
    """A mailing list's archive: subject, sender and day."""
    row = "<li><a name='{n}' href='{link}'>{title}</a> <i>{user}</i> <tt>{day}</tt></li>"
    return f"<pre></pre><ul>{each(row, rows, words)}</ul>"


@layout(dated=True)
def anchors_first(rows: Sequence[Story], words: Words) -> str:
    """Rows that begin with an anchor and a link to themselves."""
    row = "<div><a id='p{n}'></a><a href='#p{n}'>#{n}</a><div><a href='{link}'>{title}</a></div><div>{day}</div></div>"
    return f"<section>{each(row, rows, words)}</section>"


@layout(dated=True)
def long_users(rows: Sequence[Story], words: Words) -> str:
    """Rows that begin with a user whose name is as wide as a headline."""
    row = "<div><div><a href='/profile/{n}/'>{user} {user} ({w.site})</a></div><div><a href='{link}'>{title}</a></div><div>{day}</div></div>"
    return f"<div>{each(row, rows, words)}</div>"
