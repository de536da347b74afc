"""A market news service with a JSON list, whose items name the medium they come from. All made up.

Two media differ in case only and one has a blank in its name, as happens in real lists.
"""

from __future__ import annotations

from aggregator.demo.story import Story, local, moment, prose

NAME = "临江港市场快讯"


def _credited(origin: str, *paragraphs: str) -> str:
    """A body as such services send it: indented, with a hidden paragraph and the medium at its end."""
    return (
        prose(*("　　" + paragraph for paragraph in paragraphs))
        + '\n<p style="display:none">market-wire tracking line</p>'
        + f'\n<p class="media">（文章来源：{origin}）</p>'
    )


STORIES = (
    Story(
        id="LJ202603090001",
        title="干贝现货小幅回升 库存降至三周低点",
        published=local("2026-03-09 09:12"),
        origin="晚潮通讯",
        body=_credited(
            "晚潮通讯",
            "周一早盘，临江港干贝现货每公斤报一百八十六元，比上周五高三元。",
            "仓库方面说，库存降到四十一吨，是三周以来最低；本周有两船到货，价格或将回稳。",
        ),
    ),
    Story(
        id="LJ202603100004",
        title="Ice plant lowers its price for the spring season",
        published=local("2026-03-10 10:30"),
        origin="Quaylight",
        body=_credited(
            "Quaylight",
            "The ice plant on the east quay asks 92 a tonne from Wednesday, four less than in winter.",
            "It makes sixty tonnes a day and sold fifty-one a day in February.",
        ),
    ),
    Story(
        id="LJ202603110002",
        title="Rope works report a steady year",
        published=local("2026-03-11 11:45"),
        origin="QuayLight",
        body=_credited(
            "QuayLight",
            "The rope works sold 3,180 coils last year, nine more than the year before.",
            "Half went to boats, a third to climbers, and the rest to a theatre that would not say why.",
        ),
    ),
    Story(
        id="LJ202603120007",
        title="Berth fees: what changes on 1 April",
        published=local("2026-03-12 16:20"),
        origin="Harbour Notes",
        body=_credited(
            "Harbour Notes",
            "Boats under eight metres pay by the week instead of the day. A week costs what five days did.",
            "Larger boats pay as before. Visitors have the first night free, once a season.",
        ),
    ),
    Story(
        id="LJ202603130003",
        title="临江港二月货物吞吐量同比增长4.2%",
        published=local("2026-03-13 15:05"),
        origin="晚潮通讯",
        body=_credited(
            "晚潮通讯",
            "港务处数据显示，二月全港完成货物吞吐量三十八万六千吨，同比增长4.2%。",
            "其中木材增长最快，为11.7%；砂石下降2.3%。集装箱与去年同期持平。",
        ),
    ),
    Story(
        id="LJ202603160009",
        title="",
        published=None,
        step=3,
        origin="晚潮通讯",
        body="",
    ),
    Story(
        id="LJ202603160009",
        title="春茶上市首周均价公布 明前茶每斤二百六十元",
        published=moment(3),
        step=4,
        origin="晚潮通讯",
        body=_credited(
            "晚潮通讯",
            "春茶上市首周，明前茶均价每斤二百六十元，比去年同期低五元。",
            "茶农说，今年二月暖，采得早，量也多了一成。",
        ),
    ),
    Story(
        id="LJ202603160012",
        title="Second cold store to open in June",
        published=moment(6),
        step=6,
        origin="Quaylight",
        body=_credited(
            "Quaylight",
            "The second cold store opens in June with room for 1,900 tonnes, twice that of the first.",
            "Waste heat will warm the swimming bath next door, which is not to get colder in return.",
        ),
    ),
    Story(
        id="LJ202603160015",
        title="午盘：水产指数微跌0.3% 带鱼领跌",
        published=moment(9),
        step=9,
        origin="晚潮通讯",
        body=_credited(
            "晚潮通讯",
            "午盘，临江港水产指数报一百零四点六，跌0.3%。带鱼跌1.8%，黄鱼涨0.9%。",
            "交易员说，上午有三条船同时靠岸，到货集中，下午料将平稳。",
        ),
    ),
    Story(
        id="LJ202603160018",
        title="Auction clock moves to 05:30 for the summer",
        published=moment(12),
        step=12,
        origin="Harbour Notes",
        body=_credited(
            "Harbour Notes",
            "From 1 May the fish auction starts at 05:30, half an hour earlier than now.",
            "The coffee stall starts at five. It was asked first.",
        ),
    ),
)
