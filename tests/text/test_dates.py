"""Dates: every spelling that feeds and sites use, read exactly, and nothing read into what is no date."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.charset import decode
from aggregator.text.dates import combine, read_date, read_day

SHANGHAI = "Asia/Shanghai"
NOW = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)  # 10:00 on Friday 6 March in Shanghai


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(text: str, now: datetime = NOW, zone: str = SHANGHAI) -> datetime | None:
    return read_date(text, now, zone)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        # RFC 822 and 2822, and what is made of them
        ("Thu, 05 Mar 2026 10:20:30 GMT", "2026-03-05 10:20:30"),
        ("Thu, 05 Mar 2026 10:20:30 +0800", "2026-03-05 02:20:30"),
        ("Thu, 5 Mar 2026 10:20 +0800", "2026-03-05 02:20"),
        ("Thu,05 Mar 2026 10:20:30+08:00", "2026-03-05 02:20:30"),
        ("05 Mar 26 10:20 UT", "2026-03-05 10:20"),
        ("05 mar 2026 10:20:30 z", "2026-03-05 10:20:30"),
        ("05 Mar 99 10:20 GMT", "1999-03-05 10:20"),
        ("05 Mar 102 10:20 GMT", "2002-03-05 10:20"),
        ("Thu, 05 March 2026 10:20:30 EST", "2026-03-05 15:20:30"),
        ("Thu, 05 Mar 2026 10:20:30 PDT", "2026-03-05 17:20:30"),
        ("Thu, 05 Mar 2026 10:20:30 CST", "2026-03-05 16:20:30"),
        ("Thu, 05 Mar 2026 10:20:30 CEST", "2026-03-05 08:20:30"),
        ("Thu 05 Mar 2026 10:20:30", "2026-03-05 02:20:30"),
        ("Thu, 05 Mar 2026 10:20:30 XYZ", "2026-03-05 02:20:30"),
        ("Thu, 05 Mar 2026 8:56 pm PST", "2026-03-06 04:56"),
        ("03 Apr 02 1500 GMT", "2002-04-03 15:00"),
        ("Thursday, 05-Mar-26 10:20:30 GMT", "2026-03-05 10:20:30"),
        ("Thu, 05 Mar 2026 10:20:30 GMT (Coordinated Universal Time)", "2026-03-05 10:20:30"),
        ("Thu, 05 Mar 2026 10:20:30 GMT\\r\\n", "2026-03-05 10:20:30"),
        ("Thu, 05 Mar 2026 24:00:00 GMT", "2026-03-06 00:00"),
        ("Wed, 31 Dec 2008 23:59:60 GMT", "2009-01-01 00:00"),
        ("05 Mar 1969 10:20 GMT", "1969-03-05 10:20"),
        ("05 Mar 2150 10:20 GMT", "2150-03-05 10:20"),
        # C, Java and JavaScript
        ("Thu Mar  5 10:20:30 2026", "2026-03-05 02:20:30"),
        ("Thu Mar 05 10:20:30 CST 2026", "2026-03-05 02:20:30"),
        ("Thu Mar 05 10:20:30 PST 2026", "2026-03-05 18:20:30"),
        ("Thu Mar 05 2026 10:20:30 GMT+0800 (中国标准时间)", "2026-03-05 02:20:30"),
        ("05/Mar/2026:10:20:30 +0800", "2026-03-05 02:20:30"),
        # RFC 3339 and ISO 8601
        ("2026-03-05T10:20:30Z", "2026-03-05 10:20:30"),
        ("2026-03-05t10:20:30z", "2026-03-05 10:20:30"),
        ("2026-03-05T10:20:30.123456789Z", "2026-03-05 10:20:30.123456"),
        ("2026-03-05T10:20:30,5Z", "2026-03-05 10:20:30.500000"),
        ("2026-03-05T10:20:30+0800", "2026-03-05 02:20:30"),
        ("2026-03-05T10:20:30+08:00", "2026-03-05 02:20:30"),
        ("2026-03-05T10:20:30+08", "2026-03-05 02:20:30"),
        ("2026-03-05T10:20:30−05:00", "2026-03-05 15:20:30"),
        ("2026-03-05T10:20-05:00", "2026-03-05 15:20"),
        ("2026-03-05 10:20:30 -0800", "2026-03-05 18:20:30"),
        ("2026-03-05 10:20:30 UTC", "2026-03-05 10:20:30"),
        ("2026-03-05 10:20:30 UTC+8", "2026-03-05 02:20:30"),
        ("2026-03-05 10:20:30 CST", "2026-03-05 02:20:30"),
        ("2026-03-05T12:35:9+01:00", "2026-03-05 11:35:09"),
        ("2026-03-05T24:00:00Z", "2026-03-06 00:00"),
        ("2026-03-05", "2026-03-04 16:00"),
        ("2026-03-05Z", "2026-03-05 00:00"),
        ("2026-03-05+01:00", "2026-03-04 23:00"),
        ("20260305", "2026-03-04 16:00"),
        ("20260305T102030", "2026-03-05 02:20:30"),
        ("20260305T102030Z", "2026-03-05 10:20:30"),
        ("20260305 10:20", "2026-03-05 02:20"),
        ("202603051020", "2026-03-05 02:20"),
        ("20260305102030", "2026-03-05 02:20:30"),
        # Unix time
        ("1772677230", "2026-03-05 02:20:30"),
        ("1772677230500", "2026-03-05 02:20:30.500000"),
        (" 1772677230.0 ", "2026-03-05 02:20:30"),
        # Chinese
        ("2026年3月5日 10:20", "2026-03-05 02:20"),
        ("2026年03月05日10时20分", "2026-03-05 02:20"),
        ("2026年03月05日10时20分30秒", "2026-03-05 02:20:30"),
        ("2026 年 3 月 5 日 10 : 20", "2026-03-05 02:20"),
        ("2026年3月5日", "2026-03-04 16:00"),
        ("2026年3月5-6日", "2026-03-04 16:00"),
        ("2026年3月5日 星期四 10:20", "2026-03-05 02:20"),
        ("2026年3月5日（周四）上午10点", "2026-03-05 02:00"),
        ("2026年3月5日下午3点半", "2026-03-05 07:30"),
        ("2026年3月5日 下午3:20", "2026-03-05 07:20"),
        ("2026-03-05 晚上 8:20", "2026-03-05 12:20"),
        ("2026-03-05 晚上12:00", "2026-03-05 16:00"),
        ("2026-03-05 中午12:20", "2026-03-05 04:20"),
        ("2026-03-05 凌晨12:20", "2026-03-04 16:20"),
        ("2026-3-5 10:20:33", "2026-03-05 02:20:33"),
        ("2026/03/05 10:20", "2026-03-05 02:20"),
        ("2026.03.05", "2026-03-04 16:00"),
        ("2026. 3. 5.", "2026-03-04 16:00"),
        ("2026-03-0510:20", "2026-03-05 02:20"),
        ("2022-04-24-10:50:37", "2022-04-24 02:50:37"),
        ("2026-03-05 24:00", "2026-03-05 16:00"),
        ("二〇二六年三月五日", "2026-03-04 16:00"),
        ("二○二五年十二月二十五日", "2025-12-24 16:00"),
        ("二零二六年三月十日上午十时二十分", "2026-03-10 02:20"),
        ("二〇二五年十月三十一日", "2025-10-30 16:00"),
        ("[2026-03-05]", "2026-03-04 16:00"),
        ("（2026-03-05）", "2026-03-04 16:00"),
        ("发布时间：2026-03-05 10:20", "2026-03-05 02:20"),
        ("发布时间：2026-03-05 10:20　浏览次数：1234", "2026-03-05 02:20"),
        ("2026-03-05 点赞 12 点评 3", "2026-03-04 16:00"),
        ("时间：2026年3月5日 来源：新华网", "2026-03-04 16:00"),
        ("来源：新华网 10:20 2026年3月5日", "2026-03-05 02:20"),
        ("２０２６－０３－０５　１０：２０", "2026-03-05 02:20"),
        ("２０２６年３月５日", "2026-03-04 16:00"),
        ("北京时间2026年3月5日10:20", "2026-03-05 02:20"),
        ("2026年3月5日 10時20分", "2026-03-05 02:20"),
        # no year
        ("03-05 10:20", "2026-03-05 02:20"),
        ("03-07", "2026-03-06 16:00"),
        ("03-08", "2025-03-07 16:00"),
        ("07-20", "2025-07-19 16:00"),
        ("[07-20]", "2025-07-19 16:00"),
        ("发布时间：07/20 10:20", "2025-07-20 02:20"),
        ("02-29", "2024-02-28 16:00"),
        ("03-05 10:20 来源：新华网", "2026-03-05 02:20"),
        ("09:20", "2026-03-06 01:20"),
        ("晚上9:20", "2026-03-05 13:20"),
        ("3月5日", "2026-03-04 16:00"),
        ("12月31日 10:20", "2025-12-31 02:20"),
        ("Mar 5", "2026-03-04 16:00"),
        ("5 Mar 10:20", "2026-03-05 02:20"),
        # relative
        ("昨天 23:01", "2026-03-05 15:01"),
        ("昨日23:01", "2026-03-05 15:01"),
        ("前天 08:00", "2026-03-04 00:00"),
        ("大前天 08:00", "2026-03-03 00:00"),
        ("今天 10:20", "2026-03-06 02:20"),
        ("今天", "2026-03-05 16:00"),
        ("发布于昨天 23:01", "2026-03-05 15:01"),
        ("昨晚 8:20", "2026-03-05 12:20"),
        ("3分钟前", "2026-03-06 01:57"),
        ("30秒前", "2026-03-06 01:59:30"),
        ("2小时前", "2026-03-06 00:00"),
        ("2 個小時前", "2026-03-06 00:00"),
        ("两小时前", "2026-03-06 00:00"),
        ("半小时前", "2026-03-06 01:30"),
        ("1个半小时前", "2026-03-06 00:30"),
        ("1小时30分钟前", "2026-03-06 00:30"),
        ("3天前", "2026-03-03 02:00"),
        ("三天前", "2026-03-03 02:00"),
        ("2周前", "2026-02-20 02:00"),
        ("3个月前", "2025-12-06 02:00"),
        ("发布于 3 小时前", "2026-03-05 23:00"),
        ("刚刚", "2026-03-06 02:00"),
        ("周三 10:20", "2026-03-04 02:20"),
        ("星期五 09:20", "2026-03-06 01:20"),
        ("更新于：星期六", "2026-02-27 16:00"),
        ("上周三 10:20", "2026-02-25 02:20"),
        ("03-04 周四 10:20", "2026-03-04 02:20"),
        ("Wednesday 10:20", "2026-03-04 02:20"),
        ("last Friday at 10:20", "2026-02-27 02:20"),
        ("Tues, 10:20 AM", "2026-03-03 02:20"),
        ("更新于：刚刚", "2026-03-06 02:00"),
        ("yesterday at 5pm", "2026-03-05 09:00"),
        ("Yesterday, 10:20 a.m.", "2026-03-05 02:20"),
        ("Yesterday", "2026-03-04 16:00"),
        ("3 hours ago", "2026-03-05 23:00"),
        ("1 day, 2 hours and 5 minutes ago", "2026-03-04 23:55"),
        ("an hour ago", "2026-03-06 01:00"),
        ("5 mins ago", "2026-03-06 01:55"),
        ("2d ago", "2026-03-04 02:00"),
        ("2 months ago", "2026-01-06 02:00"),
        ("just now", "2026-03-06 02:00"),
        # English and others
        ("Mar 5, 2026 10:20 AM", "2026-03-05 02:20"),
        ("Mar. 5, 2026 12:20 am", "2026-03-04 16:20"),
        ("March 5th, 2026 at 12:20 p.m.", "2026-03-05 04:20"),
        ("Published: Thursday, March 5, 2026", "2026-03-04 16:00"),
        ("5 March 2026", "2026-03-04 16:00"),
        ("5th of March, 2026", "2026-03-04 16:00"),
        ("10:20, 5 March 2026", "2026-03-05 02:20"),
        ("2026-Mar-05", "2026-03-04 16:00"),
        ("March 5, 2026, 10:20 AM EST", "2026-03-05 15:20"),
        ("03/05/2026", "2026-03-04 16:00"),
        ("3/5/26 10:20 PM", "2026-03-05 14:20"),
        ("25/03/2025 10:20", "2025-03-25 02:20"),
        ("05.03.2026 10:20", "2026-03-05 02:20"),
        ("5. März 2026", "2026-03-04 16:00"),
        ("5 mars 2026", "2026-03-04 16:00"),
        ("jeudi 5 mars 2026 à 10h20", "2026-03-05 02:20"),
        ("Seg, 24 Set 2018 19:42:40 -0300", "2018-09-24 22:42:40"),
        ("5 марта 2026, 10:20", "2026-03-05 02:20"),
        ("vor 3 Stunden", "2026-03-05 23:00"),
        ("5 helmikuuta 2026", "2026-02-04 16:00"),  # dateparser's
        # what stands around
        ("发布时间：2026-03-05 10:20 来源：灯塔网 阅读 123", "2026-03-05 02:20"),
        ("来源：灯塔社 | 2026年03月05日 10:20:30 | 作者：李四", "2026-03-05 02:20:30"),
        ("阅读 123 2026-03-05", "2026-03-04 16:00"),
        ("灯塔社 ⋅ 9评论 ⋅ 刚刚", "2026-03-06 02:00"),
        ("灯塔社 5 分钟前", "2026-03-06 01:55"),
        ("Published on March 5, 2026 at 10:20 AM by Ann", "2026-03-05 02:20"),
        ("von Ann am 5. Mai 2025", "2025-05-04 16:00"),
        ("11.12.2025 Boote von 2900 bis 3200 Euro", "2025-12-10 16:00"),
        # years of two digits, dashes, dots
        ("26年3月5日", "2026-03-04 16:00"),
        ("发布时间：26-03-05 10:20", "2026-03-05 02:20"),
        ("日期：26/03/05", "2026-03-04 16:00"),
        ("发布：2026—03—05 灯塔网", "2026-03-04 16:00"),
        ("2026–03–05 10:20", "2026-03-05 02:20"),
        ("08.17.25", "2025-08-16 16:00"),
        ("5. 3. 2026 10:20", "2026-03-05 02:20"),
        # zones
        ("2026-03-05 10:20 MEZ", "2026-03-05 09:20"),
        ("2026-03-05 10:20 (UTC+08:00)", "2026-03-05 02:20"),
        ("March 5, 2026: 1:20 PM ET", "2026-03-05 18:20"),
        ("July 5, 2025 1:20 PM ET", "2025-07-05 17:20"),
        ("2026-03-05 10:20 Beijing time", "2026-03-05 02:20"),
        # German and French
        ("Donnerstag, 5. März 2026, 10.20 Uhr", "2026-03-05 02:20"),
        ("05. Mrz. 2026, 10 Uhr", "2026-03-05 02:00"),
        ("Jänner 5, 2026", "2026-01-04 16:00"),
        ("Donnerstag, 05.03. 10:20 Uhr", "2026-03-05 02:20"),
        ("Gestern um 10:20 Uhr", "2026-03-05 02:20"),
        ("vorgestern 10:20", "2026-03-04 02:20"),
        ("vor einer Stunde", "2026-03-06 01:00"),
        ("vor 2 Monaten", "2026-01-06 02:00"),
        ("1er janvier 2026", "2025-12-31 16:00"),
        ("Publié le 5 févr. 2026 à 10 h 20", "2026-02-05 02:20"),
        ("le 5 aout 2025 à 10h", "2025-08-05 02:00"),
        ("hier à 10h20", "2026-03-05 02:20"),
        ("il y a une heure", "2026-03-06 01:00"),
        # Spanish, Italian, Portuguese
        ("Jueves 5 de Marzo de 2026 a las 10:20 h", "2026-03-05 02:20"),
        ("Publicado el 5 de marzo de 2026 a las 10:20 por Ann", "2026-03-05 02:20"),
        ("5 ago. 2025", "2025-08-04 16:00"),
        ("hace 2 días", "2026-03-04 02:00"),
        ("ayer a las 10:20", "2026-03-05 02:20"),
        ("giovedì 5 marzo 2026 ore 10.20", "2026-03-05 02:20"),
        ("05 Gen 2026 10:20", "2026-01-05 02:20"),
        ("3 ore fa", "2026-03-05 23:00"),
        ("ieri 10:20", "2026-03-05 02:20"),
        ("5 de março de 2026 às 10h20", "2026-03-05 02:20"),
        ("15 out 2025", "2025-10-14 16:00"),
        ("há 3 horas", "2026-03-05 23:00"),
        ("ontem às 10h20", "2026-03-05 02:20"),
        # Dutch, Swedish, Turkish
        ("do 5 mrt 2026 om 10:20", "2026-03-05 02:20"),
        ("3 uur geleden", "2026-03-05 23:00"),
        ("gisteren 10:20", "2026-03-05 02:20"),
        ("den 5 maj 2025 kl. 10.20", "2025-05-05 02:20"),
        ("för 3 timmar sedan", "2026-03-05 23:00"),
        ("i går kl. 10.20", "2026-03-05 02:20"),
        ("5 Ağustos 2025 Salı 10:20", "2025-08-05 02:20"),
        ("5 MAYIS 2025", "2025-05-04 16:00"),
        ("3 saat önce", "2026-03-05 23:00"),
        ("dün 10:20", "2026-03-05 02:20"),
        # Polish, Czech, Russian, Ukrainian
        ("czwartek, 5 marca 2026 r., godz. 10:20", "2026-03-05 02:20"),
        ("5 maja 2025 10:20 / przez", "2025-05-05 02:20"),
        ("godzinę temu", "2026-03-06 01:00"),
        ("wczoraj 10:20", "2026-03-05 02:20"),
        ("5. března 2026 v 10:20", "2026-03-05 02:20"),
        ("před 3 hodinami", "2026-03-05 23:00"),
        ("5 МАЯ 2025 г. в 10:20", "2025-05-05 02:20"),
        ("Чт, 5 мар 2026", "2026-03-04 16:00"),
        ("час назад", "2026-03-06 01:00"),
        ("вчера в 10:20", "2026-03-05 02:20"),
        ("5 березня 2026, 10:20", "2026-03-05 02:20"),
        ("3 години тому", "2026-03-05 23:00"),
        # Japanese, Korean, Taiwan's years
        ("2026年3月5日(木) 午後3時20分", "2026-03-05 07:20"),
        ("令和8年3月5日", "2026-03-04 16:00"),
        ("令和八年三月五日 10時20分", "2026-03-05 02:20"),
        ("令和元年5月1日", "2019-04-30 16:00"),
        ("平成31年4月30日", "2019-04-29 16:00"),
        ("灯台通信 3/5(木) 10:20配信", "2026-03-05 02:20"),
        ("3時間前", "2026-03-05 23:00"),
        ("2ヶ月前", "2026-01-06 02:00"),
        ("一昨日 10:20", "2026-03-04 02:20"),
        ("2026년 3월 5일 오후 3시 20분", "2026-03-05 07:20"),
        ("입력 2026.03.05. 오전 10:20", "2026-03-05 02:20"),
        ("어제 10:20", "2026-03-05 02:20"),
        ("3시간 전", "2026-03-05 23:00"),
        ("방금 전", "2026-03-06 02:00"),
        ("中華民國115年3月5日 10:20", "2026-03-05 02:20"),
        # months and years ago
        ("半个月前", "2026-02-19 02:00"),
        ("1年前", "2025-03-06 02:00"),
        ("a month ago", "2026-02-06 02:00"),
        ("6 years ago", "2020-03-06 02:00"),
    ],
)
def test_spellings(text: str, moment: str) -> None:
    """Each spelling names exactly this moment, at ten in the morning of 6 March 2026 in Shanghai."""
    assert read(text) == utc(moment)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "   ",
            "-",
            "无",
            "暂无",
            "date",
            "n/a",
            "来源：新华网",
            "热点新闻",
            "may",
            "a",
            "\x00",
            "\ud800",
        ],
        *[
            "12",
            "5",
            "1.5",
            "1.2.3",
            "v1.2.3",
            "123456789",
            "chapter 5",
            "page 3 of 5",
            "第3-5页",
            "3-5岁儿童",
        ],
        *["今天的新闻很多", "昨天发布的公告", "yesterday once more", "浏览次数：1234", "阅读 10"],
        *["28 minutes", "2005NA", "Win16", "ir 2018", "SE/30", "Table 6-1", "MyOOS 2.4.10", "Heute &#8230;"],
        *["2026-13-45", "2026-02-30", "2026年13月5日", "32 Mar 2026", "13/13/2026", "02-30", "20261345"],
        *["2026-03-05 25:00", "2026-03-05 10:61", "2026-03-05T10:20:30+99:00"],
        *["0000-00-00 00:00:00", "0000-00-00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+08:00"],
        *[
            "Sat.1",
            "~ 10 Minuten",
            "4 Std. 10 Min.",
            "12h",
            "16 Kommentare",
            "3 de 5",
            "hier",
            "set 5",
            "3 set",
        ],
        *[
            "15 out of 20",
            "he is 5 years old",
            "2026年前三季度",
            "2026年3月",
            "Mai 2026",
            "Q3 2026",
            "比分 3:2",
        ],
        *["5年规划", "90年代", "十年磨一剑", "18-03-08", "50/50", "24/7", "5G时代", "Lantern12 10:20"],
        *["9999-12-31T23:59:59-08:00", "999999天前", "2026年", "not a date at all 2026"],
    ],
)
def test_what_is_no_date(text: str) -> None:
    """What names no day, or one that cannot be, is None, never a guess."""
    assert read(text) is None


def test_a_date_without_zone_is_in_the_zone_given() -> None:
    """The same words are other moments in other zones; words that name a zone are not."""
    assert read("2026-03-05 10:20", zone="America/New_York") == utc("2026-03-05 15:20")
    assert read("2026-07-05 10:20", zone="America/New_York") == utc("2026-07-05 14:20")
    assert read("2026-03-05 10:20+08:00", zone="America/New_York") == utc("2026-03-05 02:20")
    assert read("北京时间 2026-03-05 10:20", zone="America/New_York") == utc("2026-03-05 02:20")
    assert read("2026-03-05 10:20 CST", zone="UTC") == utc("2026-03-05 16:20")
    assert read("5. März 2026", zone="America/New_York") == utc("2026-03-05 05:00")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-05 10:20 Eastern Time", "2026-03-05 15:20"),
        ("March 5, 2026 10:20 a.m. Pacific", "2026-03-05 18:20"),
        ("2026-07-05 10:20 U.S. Eastern Daylight Time", "2026-07-05 14:20"),
        ("2026-03-05 10:20 America/Argentina/Buenos_Aires", "2026-03-05 13:20"),
        ("2026-07-05 10:20 [Europe/Berlin]", "2026-07-05 08:20"),
        ("2026-03-05 10:20 India Standard Time", "2026-03-05 04:50"),
        ("2026-07-05 10:20 (Central European Summer Time)", "2026-07-05 08:20"),
        ("2026-07-05 10:20 London time", "2026-07-05 09:20"),
        ("5 mars 2026 à 10h20 (heure de Paris)", "2026-03-05 09:20"),
        ("5. März 2026, 10.20 Uhr MEZ", "2026-03-05 09:20"),
        ("2026年7月5日 10:20（美东时间）", "2026-07-05 14:20"),
        ("香港时间2026年3月5日10:20", "2026-03-05 02:20"),
        ("2026-07-05 10:20 格林尼治标准时间", "2026-07-05 10:20"),
        ("2026年3月5日 10時20分 日本時間", "2026-03-05 01:20"),
        ("Thu, 05 Mar 2026 10:20:00 CLT", "2026-03-05 14:20"),
        ("Thu Mar 05 10:20:00 ART 2026", "2026-03-05 13:20"),
        ("5 Mar 2026 10:20 WAT", "2026-03-05 09:20"),
        ("2026-03-05 10:20 art and culture", "2026-03-05 10:20"),
        ("First time: 2026-03-05 10:20", "2026-03-05 10:20"),
        ("发布时间：2026-03-05 10:20", "2026-03-05 10:20"),
    ],
)
def test_zones_by_their_names(text: str, moment: str) -> None:
    """Names of zones count wherever they stand, those of a season as the clock of their place."""
    assert read(text, zone="UTC") == utc(moment)


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("Thu, 05 Mar 2026 10:20:00 IST", "Asia/Jerusalem", "2026-03-05 08:20"),
        ("2026-07-05 10:20 IST", "Asia/Jerusalem", "2026-07-05 08:20"),
        ("2026-07-05 10:20 IST", "Europe/Dublin", "2026-07-05 09:20"),
        ("2026-07-05 10:20 IST", "UTC", "2026-07-05 04:50"),
        ("2026-07-05 10:20 CST", "America/Chicago", "2026-07-05 16:20"),
        ("2026-03-05 10:20 EST", "Australia/Brisbane", "2026-03-05 00:20"),
        ("2026-03-05 10:20 AST", "Asia/Riyadh", "2026-03-05 07:20"),
        ("2026-03-05 10:20 BST", "Asia/Dhaka", "2026-03-05 04:20"),
    ],
)
def test_a_name_of_several_zones_means_that_of_the_source(text: str, zone: str, moment: str) -> None:
    """Two lands may call their times by the same letters."""
    assert read(text, zone=zone) == utc(moment)


def test_the_zone_tells_which_number_is_the_day() -> None:
    """03/05 is the third of May in Europe, the fifth of March elsewhere; 25/03 is one thing everywhere."""
    assert read("03/05/2025 10:20", zone="Europe/Paris") == utc("2025-05-03 08:20")
    assert read("03/05/2025 10:20", zone="America/New_York") == utc("2025-03-05 15:20")
    assert read("25/03/2025", zone="Europe/Paris") == read("03/25/2025", zone="Europe/Paris")


@pytest.mark.parametrize(
    ("listed", "said", "moment"),
    [
        # the article has a time of day only
        ("2026-03-05", "10:20", "2026-03-05 02:20"),
        ("2026年3月5日", "上午10:20", "2026-03-05 02:20"),
        ("2026-03-05", "下午3点", "2026-03-05 07:00"),
        ("2026-03-05", "发布时间：10:20 来源：灯塔网", "2026-03-05 02:20"),
        ("2026-03-05", "10:20 阅读 123", "2026-03-05 02:20"),
        ("2026-03-05 00:00:00", "10:20:30", "2026-03-05 02:20:30"),
        ("2026-03-05", "10:20 GMT+9", "2026-03-05 01:20"),
        ("昨天", "10:20", "2026-03-05 02:20"),
        ("[03-05]", "下午 3:20", "2026-03-05 07:20"),
        ("March 5", "10:20 PM", "2026-03-05 14:20"),
        ("5 mars 2026", "10h20", "2026-03-05 02:20"),
        ("", "09:20", "2026-03-06 01:20"),
        # the article has a whole date
        ("2026-03-05", "2026-03-05 10:20", "2026-03-05 02:20"),
        ("2026-03-05 09:00", "2026-03-05 10:20", "2026-03-05 02:20"),
        ("2026-03-05 09:00", "2026-03-04", "2026-03-03 16:00"),
        ("2026-03-05", "3小时前", "2026-03-05 23:00"),
        ("2026-03-05", "1772677230", "2026-03-05 02:20:30"),
        ("2024-03-05", "03-06 10:20", "2026-03-06 02:20"),
        # the list knows more
        ("2026-03-05 10:20", "2026年3月5日", "2026-03-05 02:20"),
        ("2026-03-05 10:20", "2026-03-05 00:00", "2026-03-05 02:20"),
        ("2026-03-05 10:20", "3小时前", "2026-03-05 02:20"),
        ("Wed, 04 Mar 2026 18:20:00 GMT", "2026-03-05", "2026-03-04 18:20"),
        ("1772677230", "2026-03-05", "2026-03-05 02:20:30"),
        ("03-05 10:20", "2024-03-05", "2024-03-05 02:20"),
        ("2024-03-05", "03-05 10:20", "2024-03-05 02:20"),
        ("2026-03-05 09:00", "10:20", "2026-03-05 01:00"),
        # the article has none
        ("2026-03-05", "", "2026-03-04 16:00"),
        ("2026-03-05", "来源：灯塔网", "2026-03-04 16:00"),
        ("2026-03-05", "00:00 / 01:16", "2026-03-04 16:00"),
        ("2026-03-05", "25:00", "2026-03-04 16:00"),
        ("2026-03-05", "比分 3:2", "2026-03-04 16:00"),
        ("2026-03-05", "2026-13-45", "2026-03-04 16:00"),
    ],
)
def test_a_list_and_an_article_make_one_date(listed: str, said: str, moment: str) -> None:
    """A list's day and an article's time are read as one; otherwise the one that knows more counts."""
    assert read(combine(listed, said)) == utc(moment)


def test_a_whole_date_is_handed_on_as_it_is() -> None:
    """What needs no joining keeps the source's own words."""
    assert combine("2026-03-05", "Thu, 5 Mar 2026 10:20 +0800") == "Thu, 5 Mar 2026 10:20 +0800"
    assert combine("昨天 23:01", "") == "昨天 23:01"
    assert combine("", "") == ""


@given(
    *[st.text(alphabet=st.sampled_from("0123456789年月日-:/ 前天tz+."), max_size=30)] * 2,
)
@settings(deadline=None)
def test_joining_raises_nothing(listed: str, said: str) -> None:
    """Whatever a list and a page say, one text comes of it, without a clock."""
    assert isinstance(combine(listed, said), str)


def test_hours_that_a_clock_skips_or_repeats() -> None:
    """An hour lost to summer time is read as the clock would have gone on; a repeated one is its first."""
    assert read("2026-03-29 02:30", zone="Europe/Berlin") == utc("2026-03-29 01:30")
    assert read("2026-10-25 02:30", zone="Europe/Berlin") == utc("2026-10-25 00:30")


def test_relative_days_are_those_of_the_zone() -> None:
    """Yesterday is the day before the one that the zone's calendar shows at the time of the fetch."""
    late = utc("2026-03-05 17:00")  # past midnight in Shanghai already
    assert read("昨天 10:20", late) == utc("2026-03-05 02:20")
    assert read("昨天 10:20", late, "UTC") == utc("2026-03-04 10:20")


def test_a_missing_year_across_new_year() -> None:
    """At the turn of the year a date without one may be tomorrow's, or last year's."""
    assert read("01-01 00:05", utc("2026-12-31 15:59")) == utc("2026-12-31 16:05")
    assert read("12-31", utc("2026-01-01 00:00")) == utc("2025-12-30 16:00")
    assert read("02-29", utc("2103-01-01 00:00")) == utc("2096-02-28 16:00")


def test_long_text_is_cut() -> None:
    """Whole articles given by mistake are looked at only in their first 200 characters."""
    assert read("2026-03-05 10:20 " + "x" * 100_000) == utc("2026-03-05 02:20")
    assert read("x" * 300 + " 2026-03-05") is None
    for piece in ("1", " ", "年", "3月", "(", "mar ", "10:20", "前", "十", "1-", "1秒  ", "1 m, "):
        read(piece * 50_000)


@given(
    st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from("0123456789年月日-:/ 前天tzTZ+.")), max_size=40
    )
)
@settings(deadline=None)
def test_nothing_is_ever_raised(text: str) -> None:
    """Any text gives an aware moment in UTC or None."""
    moment = read(text)
    assert moment is None or moment.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2099, 12, 30)))  # noqa: DTZ001
def test_what_programs_write_is_read_back(moment: datetime) -> None:
    """Every moment survives the usual formats of programs, in UTC and in a zone's own time."""
    moment = moment.replace(tzinfo=UTC)
    second = moment.replace(microsecond=0)
    local = second.astimezone(ZoneInfo(SHANGHAI))
    assert read(moment.isoformat()) == moment
    assert read(local.isoformat(" ")) == second
    assert read(f"{second:%a, %d %b %Y %H:%M:%S GMT}") == second
    assert read(f"{local:%a, %d %b %Y %H:%M:%S %z}") == second
    for form in ("%Y-%m-%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "%Y%m%d%H%M%S"):
        spelled = local.strftime(form)
        assert read(spelled) == local.replace(tzinfo=None).replace(tzinfo=ZoneInfo(SHANGHAI)), spelled


DATES = re.compile(
    rb"<(?:\w+:)?(?:pubDate|updated|published|date|modified|issued|created|lastBuildDate)\b[^>]*>"
    rb"\s*(?:<!\[CDATA\[)?([^<>]{1,300}?)(?:\]\]>)?\s*</"
    rb'|"(?:date_published|date_modified|published|updated|pubDate|created)"\s*:\s*"([^"\\]{1,200})"',
    re.IGNORECASE,
)


SHOWN = re.compile(
    r"<(?:time|meta)\b[^>]{0,300}?(?:datetime|(?:date|time|publish)[^>]{0,200}?content)\s*=\s*\"([^\"]{8,60})\"",
    re.IGNORECASE,
)


@given(
    st.datetimes(),
    st.sampled_from(["Z", "+00:00", "-00:00", "+08:00", "-05:30", "+14:59", "+15:00", "+23:59"]),
    st.sampled_from(["", ".5", ".123456"]),
)
def test_the_quick_way_reads_what_the_other_reads(moment: datetime, offset: str, fraction: str) -> None:
    """The strict forms have a parser of their own; a blank behind them is enough for the general one."""
    offset822 = "GMT" if offset == "Z" else offset.replace(":", "")
    for text in (
        f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{offset}",
        f"{moment:%Y-%m-%dT00:00:00}{offset}",
        f"{moment:%a, %d %b %Y %H:%M:%S} {offset822}",
        f"{moment.day} {moment:%b %Y} 00:00:00 {offset822}",
        f"{moment:%d} Feb {moment:%Y %H:%M:%S} {offset822}",
    ):
        assert read(text) == read(f"{text} "), text
        assert read_day(text, NOW, SHANGHAI) == read_day(f"{text} ", NOW, SHANGHAI), text


def test_the_dates_of_real_pages_are_read(corpora: Path) -> None:
    """Nearly all of what 300 pages give for a date in their markup is read, and none lies in the future."""
    said = {
        match[1].strip()
        for path in (corpora / "extraction").rglob("*.html")
        for match in SHOWN.finditer(decode(path.read_bytes()))
        if re.search(r"(?:19|20)\d\d", match[1]) and not re.search(r"//|[A-F\d]{16}|[{=]", match[1])
    }
    assert len(said) > 350
    moments = {text: read(text) for text in said}
    unread = [text for text, moment in moments.items() if moment is None and re.match(r"\d{4}-\d\d-\d", text)]
    assert unread == []
    assert sum(moment is None for moment in moments.values()) < len(said) / 20
    assert all(moment is None or moment < NOW for moment in moments.values())


def dates_in(folder: Path) -> Iterator[str]:
    """Yield every date in the corpus's feeds, as it stands there."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            for match in DATES.finditer(path.read_bytes()):
                yield (match[1] or match[2]).decode("utf-8", "replace").strip()


# feedparser takes the "am" or "pm" before the zone for a zone it does not know, and reads UTC.
FEEDPARSER_IS_WRONG = {
    "Mon, 21 Jan 2008 8:56 am PST": "2008-01-21 16:56",
    "Sun, 20 Apr 2014 8:19 pm CEST": "2014-04-20 18:19",
}


def test_the_dates_of_real_feeds_agree_with_feedparser(corpora: Path) -> None:
    """Every date in 800 feeds is read, and as feedparser reads it but for two where that one is wrong."""
    said = sorted(set(dates_in(corpora / "feeds")))
    assert len(said) > 1500
    unread, disagreements = [], {}
    for text in said:
        theirs = feedparser.datetimes._parse_date(text)
        ours = read(text, zone="UTC")
        if ours is None:
            unread.append(text)
        elif theirs and ours.replace(microsecond=0) != datetime(*theirs[:6], tzinfo=UTC):
            disagreements[text] = ours
    assert unread == []
    assert disagreements == {text: utc(moment) for text, moment in FEEDPARSER_IS_WRONG.items()}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-05", date(2026, 3, 5)),
        ("2026-03-05 00:00:00", date(2026, 3, 5)),
        ("Thu, 05 Mar 2026 00:00:00 GMT", date(2026, 3, 5)),
        ("2026-03-05T00:00:00+08:00", date(2026, 3, 5)),
        ("2026年3月5日", date(2026, 3, 5)),
        ("Mar 5, 2026", date(2026, 3, 5)),
        ("5. maaliskuuta 2026", date(2026, 3, 5)),
        ("2026-03-05 10:20", None),
        ("2026-03-05T16:00:00Z", None),
        ("2 hours ago", None),
        ("no date", None),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Auckland"])
def test_a_day_without_a_time(text: str, day: date | None, zone: str) -> None:
    """A date alone, or with a midnight that stands for no time, is the day as it is written, in every zone."""
    assert read_day(text, datetime(2026, 3, 7, 8, 3, tzinfo=UTC), zone) == day
