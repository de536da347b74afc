"""Our own labels for some Chinese news pages: fragments that are in the article, and fragments beside it.

Picked by eye from the pages as they are shown: of the beginning, the middle and the end of each text,
and of what stands around it (lists, comments, share bars, footers). Fragments are short on purpose.
"""

from __future__ import annotations

Labels = tuple[tuple[str, ...], tuple[str, ...]]

LABELS: dict[str, Labels] = {
    "163-4": (("抢占市场的过渡", "同样条件下5G", "大多采用的是最新"), ("12285跟贴", "分享至好友和朋友圈", "用微信扫码二维码")),
    "baijiahao-1": (("贝辛斯托克", "实在太过沉重", "飞往埃及参加"), ("作者最新文章", "韩庚将在", "京公网安备")),
    "cmse-1": (("2012年6月24日", "航天员医学实验", "回答大家的提问"), ("责任编辑：系统", "中国探月与深空", "选择其他平台")),
    "gzggw-1": (("全县固定资产", "三产业完成投资", "德清县发改局"), ("经济运行和社会", "安全隐私", "技术支持")),
    "guancha-3": (("据中新网9月9日", "补偿", "采取纠正措施"), ("查看回复", "巴西为什么不", "全部评论")),
    "huanqiu-1": (("会咬人的狗", "亚洲事务主管", "延长签证权利"), ("客户端", "欺诈或恶意营销", "请填写原因")),
    "qq-qq": (("马莉表示，改成", "我在马路边", "等网络歌曲"), ("视频信息复制", "男篮险胜", "关于腾讯")),
    "thepaper-2": (("本文原标题", "国内第一家实现", "目前南沙"), ("我要跟帖", "报料", "女排")),
    "sina-sina": (("最强“中国芯”", "大马拉小车", "0亿美元"), ("欢迎扫描左方", "产品答疑", "谢霆锋")),
    "shanxi-1": (("图为山西品牌丝路", "会会长陈河才", "阿根廷举行"), ("山西省人大", "省自然资源厅", "国家移民管理局")),
    "xinhuanet-1": (("新华社巴黎12月", "公交车发车频", "总体架构"), ("纠错", "印度交警跳舞", "公司官网")),
    "toutiao-2": (("绞尽脑", "中国与俄罗斯", "第二大内陆国"), ("老照片", "跟帖评论", "小威廉姆斯")),
}  # fmt: skip
