"""The market office of 临江港, a Chinese authority with a list of news and no feed. All of it is made up."""

from __future__ import annotations

from aggregator.demo.story import Story, local, moment, prose

NAME = "临江港市场监管所"

STORIES = (
    Story(
        id="t20260112_1003",
        title="临江港市场监管所发布2026年度工作要点",
        published=local("2026-01-12 09:00"),
        origin="综合科",
        body=prose(
            "　　临江港市场监管所近日印发2026年度工作要点，安排六个方面二十三项任务，重点放在集贸市场计量、"
            "网络餐饮和老旧电梯三件事上。",
            "　　要点提出，全年对码头早市的计量器具检查不少于四轮，检查结果逐次公开，"
            "市民可在所内和本站查阅。",
        ),
    ),
    Story(
        id="t20260205_1011",
        title="节前点心抽检：“囍来”等十二家铺子全部合格",
        published=local("2026-02-05 15:30"),
        origin="食品科",
        body=prose(
            "　　春节将至，执法人员对老街十二家点心铺开展节前抽检。“囍来”“潮生”等铺子送检的枣泥糕、"
            "花生酥、芝麻糖共三十六批次，全部合格。",
            "　　食品科提醒市民：散装点心请留意生产日期，开封后放在阴凉处，三日内食用。",
        ),
    ),
    Story(
        id="t20260226_1016",
        title="码头早市电子秤检查情况的通报",
        published=local("2026-02-26 10:20"),
        origin="计量科",
        body=prose("　　二月第四周，计量科对码头早市三个区的电子秤作了检查，情况通报如下：")
        + """
<table>
<thead><tr><th>区域</th><th>检查（台）</th><th>合格（台）</th><th>合格率</th></tr></thead>
<tbody>
<tr><td>水产区</td><td>64</td><td>61</td><td>95.3%</td></tr>
<tr><td>蔬果区</td><td>48</td><td>48</td><td>100%</td></tr>
<tr><td>干货区</td><td>25</td><td>24</td><td>96.0%</td></tr>
</tbody>
</table>
"""
        + prose("　　四台不合格的秤已当场停用，三日内送检；逾期未送检的，依法处理。"),
    ),
    Story(
        id="t20260303_1019",
        title="一图看懂：二月鲜鱼均价走势",
        published=local("2026-03-03 16:45"),
        origin="价格科",
        body=prose(
            "　　二月鲜鱼均价先升后降。节前一周升到每公斤四十二元，节后两周回到三十一元，与去年同期持平。",
            '<img src="/scjg/images/fish-prices.png" alt="二月鲜鱼均价走势图" width="240" height="120">',
            "　　价格科表示，近海开捕以后供应充足，三月价格预计平稳。",
        ),
    ),
    Story(
        id="t20260310_1022",
        title="关于召回部分竹柄雨伞的公告",
        published=local("2026-03-10 11:00"),
        origin="质量科",
        body=prose(
            "　　因伞柄接头可能松脱，临江港一家作坊自三月十日起召回2025年九月至十二月"
            "生产的竹柄雨伞，共计320把。",
            "　　消费者可凭伞到原购买处免费更换伞柄，无须出示票据。批次清单见附件。",
            '　　附件：<a href="/scjg/files/recall-2026-03.pdf">召回批次清单（PDF）</a>',
        ),
    ),
    Story(
        id="t20260313_1024",
        title="计量科普走进第二小学",
        published=local("2026-03-13 14:10"),
        origin="计量科",
        body=prose(
            "　　一斤棉花和一斤铁，哪个重？三月十三日，计量科的三位同志带着砝码和天平走进第二小学，"
            "和四年级的孩子们一起称了铅笔、课本和一只名叫“米粒”的仓鼠。",
            "　　“米粒”重一百一十八克。孩子们说，下次要称校长。",
        ),
    ),
    Story(
        id="t20260316_1027",
        title="关于开展春季电梯安全检查的通知",
        published=moment(2),
        step=2,
        origin="特种设备科",
        body=prose(
            "　　自三月十八日起，对使用满十五年的电梯开展春季安全检查，涉及九个小区五十七台。",
            "　　检查当日上午停梯两小时，具体时间由物业提前三日张贴。有急事的居民请提前告知物业，"
            "检查人员会先开一部。",
        ),
    ),
    Story(
        id="t20260316_1028",
        title="“3·15”期间投诉办理情况",
        published=moment(5),
        step=5,
        origin="消保科",
        body=prose(
            "　　三月九日至十五日，共收到投诉一百零六件，已办结九十八件，为消费者挽回损失二万三千余元。",
            "　　投诉最多的是预付卡，共三十一件。提醒市民：办卡前先看合同，能按次付的按次付。",
        ),
    ),
    Story(
        id="t20260316_1030",
        title="轮渡票价公示牌统一更换",
        published=moment(8),
        step=8,
        origin="价格科",
        body=prose(
            "　　夜航恢复以后，南北两个码头的票价公示牌统一更换，中英文对照，字号加大一倍。",
            "　　票价不变：成人二元，学生一元，自行车夜间免费。",
        ),
    ),
    Story(
        id="t20260316_1031",
        title="网络餐饮“看得见的后厨”新增十五家",
        published=moment(11),
        step=11,
        origin="食品科",
        body=prose(
            "　　又有十五家餐馆接入“看得见的后厨”，市民点餐时可以看到灶台和洗碗池。至此全港共有七十二家。",
            "　　食品科说，接入自愿，不收费用；镜头只对灶台，不对人脸。",
        ),
    ),
)
