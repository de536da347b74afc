"""A labelled set for telling copies from notices of one form: texts, ways in which copies differ, forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from aggregator.model import Article
from tests.support.posts import START


@dataclass(frozen=True)
class Text:
    """A notice or report."""

    title: str
    lines: tuple[str, ...]

    def article(self, source: str, number: int = 1) -> Article:
        """The article that a source makes of it."""
        content = "".join(f"<p>{line}</p>" for line in self.lines)
        address = f"https://{source}.example/{number}"
        return Article(source, address, source, self.title, address, content, START, START, ())


ORIGINALS = (
    Text(
        "云港市市场监管局关于开展散装食品专项检查的通告",
        (
            "为规范散装食品经营秩序，云港市市场监管局决定自2026年3月10日起，在全市范围内开展为期45天的专项检查。",
            "检查范围包括农贸市场12家、大型超市38家以及校园周边食品店210余家，重点检查标签标识、贮存温度和进货查验记录。",
            "经营者应当在散装食品的容器上标明食品名称、生产日期、保质期以及生产经营者名称、地址和联系方式。",
            "对检查中发现的问题，执法人员将当场责令改正；拒不改正的，依法处以5000元以上5万元以下罚款。",
            "消费者发现违法线索的，可以拨打举报电话，也可以到就近的市场监管所反映。",
        ),
    ),
    Text(
        "海螺湾大桥检修期间实行交通管制",
        (
            "记者从海螺湾大桥管理处获悉，因主桥伸缩缝老化，大桥将于4月6日至4月28日每晚22时至次日5时封闭检修。",
            "封闭期间，小型客车可绕行北岸隧道，7座以上客车和货车须经环湾高速通行，预计增加里程19公里。",
            "管理处负责人介绍，此次更换的16道伸缩缝采用新型弹性材料，设计寿命由8年提高到15年。",
            "轮渡公司同期加开夜间班次6个，首班22时20分由南码头开出，票价维持3元不变。",
            "施工方承诺噪声不超过55分贝，沿线居民可向社区登记反映。",
        ),
    ),
    Text(
        "关于2026年第一季度渔船检验情况的通报",
        (
            "现将全省2026年第一季度渔业船舶检验情况通报如下。",
            "一季度共检验渔业船舶1846艘，其中海洋渔船1203艘，内陆渔船643艘，一次合格率为91.7%。",
            "发现的主要问题是：救生筏超过检验期限的57艘，信号灯损坏的33艘，船体锈蚀严重的21艘。",
            "各地渔港监督机构要督促船东在30日内完成整改，逾期未改的，不得签发出海许可。",
            "下一步，省检验中心将对12个渔港开展交叉互检，并公布复检结果。",
        ),
    ),
    Text(
        "老城区雨水管网改造工程通过验收",
        (
            "历时14个月的老城区雨水管网改造工程日前通过竣工验收，37处积水点全部消除。",
            "工程共敷设管道26.4公里，新建泵站3座，每小时排水能力由1.2万立方米提高到3.5万立方米。",
            "验收组认为，工程质量符合设计要求，资料齐全，同意交付使用。",
            "据介绍，改造采用非开挖修复技术，减少道路破除面积约8万平方米，施工期间公交线路未中断。",
            "今年汛期，排水部门将安排9支抢险队伍值守，遇强降雨提前2小时到岗。",
        ),
    ),
    Text(
        "Harbour board lowers berthing fees for sailing vessels",
        (
            "The harbour board of Saltmouth decided on Tuesday to lower berthing fees for sailing vessels by 18 percent.",
            "From 1 June a yacht of up to 12 metres will pay 27 crowns a night, six crowns less than today.",
            "The board said that 340 berths had stood empty last summer while neighbouring marinas were full.",
            "Fishing boats keep their yearly contracts, and the fee for cargo ships will be reviewed in October.",
            "Members of the sailing club welcomed the decision but asked for longer opening hours of the bridge.",
        ),
    ),
    Text(
        "Glacier survey finds record loss in dry year",
        (
            "Scientists who surveyed 46 glaciers in the Torrel range found that they lost 2.3 metres of ice on average.",
            "It is the largest loss since measurements began in 1961, the institute for snow and water said.",
            "Little snow fell between November and March, and the dark ice was exposed to the sun three weeks early.",
            "The village of Upper Moor, which takes its water from the Grey Glacier, will build a reservoir by 2029.",
            "Researchers will return in September with radar to measure what is left below the surface.",
        ),
    ),
)


def _edit(text: Text, lines: Callable[[tuple[str, ...]], tuple[str, ...]], title: str = "") -> Text:
    return replace(text, title=title or text.title, lines=lines(text.lines))


def _is_chinese(text: Text) -> bool:
    return text.title[0] > "⺀"


COPIES: dict[str, Callable[[Text], Text]] = {
    "the same": lambda text: text,
    "source above": lambda text: _edit(text, lambda some: ("来源：云港日报  编辑：王明", *some)),
    "editor below": lambda text: _edit(text, lambda some: (*some, "（责任编辑：林小雨）")),
    "agency before": lambda text: _edit(text, lambda some: ("【本报讯】" + some[0], *some[1:])),
    "blanks and widths": lambda text: _edit(
        text,
        lambda some: tuple(
            line.replace("，", ", ").replace("：", ": ").replace("、", " 、") for line in some
        ),
    ),
    "one block": lambda text: _edit(text, lambda some: (" ".join(some),)),
    "first half": lambda text: _edit(text, lambda some: some[:3]),
    "without the middle": lambda text: _edit(text, lambda some: some[:2] + some[3:]),
    "credits above and below": lambda text: _edit(
        text, lambda some: ("来源：云港日报", *some, "（责任编辑：林小雨）")
    ),
    "continued": lambda text: _edit(
        text,
        lambda some: (
            *some,
            "背景：有关部门此前曾就此公开征求意见，共收到各方建议若干条，采纳情况已在官方网站公布，供查阅。",
        ),
    ),
    "site in the title": lambda text: _edit(text, lambda some: some, f"{text.title} - 云港新闻网"),
    "marked as a copy": lambda text: _edit(text, lambda some: some, f"【转载】{text.title}"),
    "another headline": lambda text: _edit(
        text, lambda some: some, "今日关注" if _is_chinese(text) else "What happened on the coast"
    ),
    "a number corrected": lambda text: _edit(
        text,
        lambda some: (
            *some[:3],
            some[3].replace("5000", "3000").replace("30日", "20日").replace("8万", "7万"),
            *some[4:],
        ),
    ),
    "a word put in": lambda text: _edit(
        text, lambda some: (some[0].replace("，", "，经研究，", 1), *some[1:])
    ),
}
"""Ways in which a copy on another site differs, by name."""

_PENALTY = (
    "经查，当事人{name}在经营场所销售超过保质期的食品，货值金额{value}元，违法所得{profit}元。",
    "当事人的上述行为违反了《食品安全法》第三十四条第十项的规定，构成经营超过保质期食品的违法行为。",
    "依据《食品安全法》第一百二十四条第一款的规定，本局决定责令当事人改正违法行为，并处没收违法所得、罚款。",
    "当事人应当自收到本决定书之日起十五日内缴纳罚款；到期不缴纳的，每日按罚款数额的百分之三加处罚款。",
    "如不服本决定，可以在六十日内申请行政复议，也可以在六个月内依法向人民法院提起行政诉讼。",
)
_APPROVAL = (
    "{name}：",
    "你单位关于设立分支机构的请示收悉。经研究，同意你单位设立{place}分公司，经营范围以登记机关核准为准。",
    "请按照有关规定办理工商登记、税务登记等手续，并在开业后十个工作日内向我局报告。",
    "分支机构应当接受所在地监管部门的监督检查，建立健全内部控制制度，依法合规开展经营活动。",
    "此复。",
)
_WATER = (
    "The river office measured a level of {value} centimetres at the Old Bridge this morning at 7 o'clock.",
    "Readings are taken twice a day at all gauges along the river and published on this page without delay.",
    "Warnings are given from a level of 480 centimetres; ships must then keep to the middle of the channel.",
    "The next forecast will be published at noon. For questions call the office between 8 and 16 o'clock.",
)
_RECALL = (
    "{name} recalls its {thing} sold between {value} January and 30 March because a part may come loose.",
    "Owners should stop using the product at once and return it to the shop where they bought it.",
    "The price will be paid back in full, and no receipt is needed for this.",
    "No injuries have been reported so far, the office for product safety said in its notice.",
    "Questions are answered by the office on working days between nine and five o'clock.",
)
_SERIES = (
    "近期，省局组织抽检粮食加工品、食用油、肉制品等8类食品共320批次，其中合格样品317批次，不合格样品3批次。",
    "对抽检发现的不合格食品，所在地监管部门已责令经营者下架停售，并对生产者立案调查。",
    "消费者在市场上发现被通告的不合格食品时，可以拨打当地投诉举报电话。",
)
_FRAME = (
    "{name}今日公布最新安排。",
    "本网站所刊载的全部内容，包括文字、图片、音频、视频、图表、标识、版面设计等，均受著作权法和有关国际公约保护。",
    "未经书面授权，任何单位及个人不得转载、摘编或者以其他方式使用上述作品；已经授权的，应当在授权范围内使用并注明来源。",
    "本网站转载其他媒体的作品，目的在于传递更多信息，并不代表本网站赞同其观点，也不对其真实性负责，由原作者承担责任。",
    "如因作品内容、版权和其他问题需要与本网站联系的，请在作品刊登之日起三十日内进行，逾期视为放弃权利，本网站不再处理。",
)

FORMS: dict[str, tuple[str, tuple[str, ...], tuple[dict[str, str], ...]]] = {
    "penalties under one title": (
        "行政处罚决定书",
        _PENALTY,
        (
            {"name": "甲记食品店", "value": "126", "profit": "18"},
            {"name": "乙记食品店", "value": "126", "profit": "18"},
            {"name": "丙记食品店", "value": "340", "profit": "52"},
            {"name": "滨海路便利店", "value": "126", "profit": "18"},
        ),
    ),
    "approvals of others": (
        "关于同意{name}设立{place}分公司的批复",
        _APPROVAL,
        (
            {"name": "东岳保险", "place": "临山"},
            {"name": "东岳保险", "place": "临水"},
            {"name": "西岭保险", "place": "临山"},
            {"name": "南华财险", "place": "平川"},
        ),
    ),
    "approvals under one title": (
        "关于设立分公司的批复",
        _APPROVAL,
        (
            {"name": "东岳保险", "place": "临山"},
            {"name": "西岭保险", "place": "临山"},
            {"name": "东岳保险", "place": "平川"},
        ),
    ),
    "levels under one title": (
        "Water level at the Old Bridge",
        _WATER,
        ({"value": "212"}, {"value": "214"}, {"value": "305"}),
    ),
    "recalls": (
        "{name} recalls {thing}",
        _RECALL,
        (
            {"name": "Norlamp", "thing": "desk lamps", "value": "5"},
            {"name": "Norlamp", "thing": "ceiling lamps", "value": "5"},
            {"name": "Brightway", "thing": "desk lamps", "value": "5"},
            {"name": "Norlamp", "thing": "desk lamps", "value": "9"},
        ),
    ),
    "a frame longer than the text": (
        "{name}公布安排",
        _FRAME,
        ({"name": "市图书馆"}, {"name": "市博物馆"}, {"name": "市体育馆"}, {"name": "滨江公园"}),
    ),
    "a line before a frame": (
        "{title}",
        ("{name}", *_FRAME[1:]),
        (
            {"title": "市图书馆周一闭馆", "name": "因设备检修，市图书馆周一闭馆一天。"},
            {"title": "新展开幕", "name": "古船模型展今天上午在博物馆二楼开幕。"},
            {"title": "公告", "name": "滨江公园夜间照明改造完成。"},
            {"title": "公告", "name": "市体育馆羽毛球场恢复开放。"},
        ),
    ),
    "a name on a line of its own": (
        "关于2026年度行政许可事项办理结果的公示",
        ("{name}", *_FRAME[1:]),
        ({"name": "甲记食品店"}, {"name": "滨海路便利店（个体）"}, {"name": "李四"}),
    ),
    "issues that a title counts otherwise": (
        "食品抽检信息通告{value}",
        _SERIES,
        (
            {"value": "（2026年第1期）"},
            {"value": "（2026年第2期）"},
            {"value": "（第三期）"},
            {"value": "（第四期）"},
            {"value": "【一】"},
            {"value": "【二】"},
            {"value": " - 第三季度"},
            {"value": " - 第四季度"},
            {"value": "-12"},
            {"value": "-13"},
            {"value": "_上"},
            {"value": "_下"},
        ),
    ),
    "issues of a series": (
        "食品抽检信息通告（2026年第{value}期）",
        _SERIES,
        ({"value": "11"}, {"value": "12"}, {"value": "13"}),
    ),
}
"""Forms with what is filled in: title, lines, and the notices of each."""


def copies() -> Iterator[tuple[str, Article, Article]]:
    """Pairs that are one text, with the way in which they differ."""
    for original in ORIGINALS:
        for name, made in COPIES.items():
            yield f"{name}: {original.title}", original.article("first"), made(original).article("second")


def notices() -> Iterator[tuple[str, Article, Article]]:
    """Pairs that are two notices: of one form, at one source and at two, and of no form at all."""
    for name, (title, lines, filled) in FORMS.items():
        made = [Text(title.format(**one), tuple(line.format(**one) for line in lines)) for one in filled]
        for one, other in combinations(made, 2):
            yield name, one.article("first", 1), other.article("first", 2)
            yield name, one.article("first"), other.article("second")
    for one, other in combinations(ORIGINALS, 2):
        yield "nothing alike", one.article("first"), other.article("second")
