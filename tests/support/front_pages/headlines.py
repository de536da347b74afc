"""Invented headlines, names and small words of sites, in several languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """What a site of one language says."""

    site: str
    titles: tuple[str, ...]
    teasers: tuple[str, ...]
    users: tuple[str, ...]
    tags: tuple[str, ...]
    more: str
    comments: str
    points: str
    hours: str
    hide: str
    share: str


LANGUAGES = {
    "en": Words(
        "The Quay",
        (
            "Harbour council raises the fee for berths again",
            "Two goats found on the night ferry",
            "New lamp for the northern lighthouse",
            "Rope makers open their yard to visitors in May",
            "Why the tide tables were late this spring",
            "Fish market moves to the old salt house",
            "Pilot retires after forty winters at sea",
        ),
        (
            "The vote was close, and the owners of small boats say that they will pay for it twice.",
            "Nobody on board had noticed them before the ship was well past the outer breakwater.",
            "It is the third in a hundred years, and the first that needs no keeper at all.",
        ),
        ("saltwife", "old_keeper", "J. Marrow", "tern42", "The Purser"),
        ("Harbour", "Ferries", "Weather", "Town", "Fishing"),
        "Full story",
        "remarks",
        "points by",
        "hours ago",
        "hide",
        "pass on",
    ),
    "de": Words(
        "Der Kai",
        (
            "Hafenrat erhöht die Liegegebühren zum dritten Mal",
            "Zwei Ziegen auf der Nachtfähre entdeckt",
            "Neue Lampe für den Leuchtturm im Norden",
            "Seilerei öffnet im Mai ihre Werkstatt",
            "Warum die Gezeitentafeln so spät kamen",
            "Fischmarkt zieht in das alte Salzhaus um",
            "Lotse geht nach vierzig Wintern von Bord",
        ),
        (
            "Die Abstimmung fiel knapp aus, und wer ein kleines Boot hat, zahlt künftig doppelt.",
            "An Bord hatte sie niemand bemerkt, bis das Schiff die äußere Mole hinter sich gelassen hatte.",
            "Es ist die dritte in hundert Jahren und die erste, die keinen Wärter mehr braucht.",
        ),
        ("Strandläufer", "Möwe77", "Greta Ahlers", "hinnerk", "Die Kapitänin"),
        ("Hafen", "Fähren", "Wetter", "Stadt", "Fischerei"),
        "Zum Beitrag",
        "Wortmeldungen",
        "Punkte von",
        "Stunden her",
        "ausblenden",
        "weitersagen",
    ),
    "fr": Words(
        "Le Quai",
        (
            "Le conseil du port augmente encore les droits d’amarrage",
            "Deux chèvres découvertes à bord du bac de nuit",
            "Une lampe neuve pour le phare du nord",
            "Les cordiers ouvrent leur atelier au mois de mai",
            "Pourquoi les tables des marées ont tardé",
            "La criée s’installe dans l’ancien grenier à sel",
            "Le pilote débarque après quarante hivers",
        ),
        (
            "Le vote a été serré et les petits patrons disent déjà qu’ils paieront deux fois la note.",
            "Personne ne les avait remarquées avant que le navire ait dépassé la digue extérieure.",
            "C’est la troisième en cent ans, et la première qui se passe tout à fait de gardien.",
        ),
        ("marinette", "vieux_loup", "Élodie Carrec", "sterne12", "Le commissaire"),
        ("Port", "Bacs", "Météo", "Ville", "Pêche"),
        "Découvrir",
        "réactions",
        "voix pour",
        "heures",
        "masquer",
        "relayer",
    ),
    "pl": Words(
        "Nabrzeże",
        (
            "Rada portu znowu podnosi opłaty za cumowanie",
            "Dwie kozy znalezione na nocnym promie",
            "Nowa lampa dla północnej latarni morskiej",
            "Powroźnicy otwierają w maju swój warsztat",
            "Dlaczego tablice pływów przyszły tak późno",
            "Targ rybny przenosi się do starej warzelni",
            "Pilot schodzi na ląd po czterdziestu zimach",
        ),
        (
            "Głosowanie było wyrównane, a właściciele małych łodzi mówią, że zapłacą dwa razy.",
            "Nikt na pokładzie ich nie zauważył, dopóki statek nie minął zewnętrznego falochronu.",
            "To trzecia w ciągu stu lat i pierwsza, która zupełnie nie potrzebuje latarnika.",
        ),
        ("rybitwa", "stary_bosman", "Hanna Wrzos", "mewa9", "Kapitan"),
        ("Port", "Promy", "Pogoda", "Miasto", "Rybołówstwo"),
        "Czytaj dalej",
        "komentarzy",
        "punktów od",
        "godz. temu",
        "ukryj",
        "poleć",
    ),
    "ru": Words(
        "Причал",
        (
            "Совет порта снова поднял плату за стоянку",
            "На ночном пароме нашли двух коз",
            "Новая лампа для северного маяка",
            "Канатчики откроют мастерскую в мае",
            "Почему таблицы приливов вышли так поздно",
            "Рыбный рынок переезжает в старый соляной дом",
            "Лоцман сходит на берег после сорока зим",
        ),
        (
            "Голоса разделились почти поровну, и владельцы лодок говорят, что заплатят дважды.",
            "Никто на борту их не замечал, пока судно не вышло за внешний волнолом.",
            "Это третья за сто лет и первая, которой вовсе не нужен смотритель.",
        ),
        ("чайка", "старый_боцман", "Нина Ветрова", "крачка5", "Капитан"),
        ("Порт", "Паромы", "Погода", "Город", "Рыба"),
        "Открыть целиком",
        "отзывов",
        "баллов от",
        "часов назад",
        "скрыть",
        "передать",
    ),
    "zh": Words(
        "码头日报",
        (
            "港务会再次上调泊位收费标准",
            "夜班渡轮上发现两只山羊",
            "北灯塔将换上新灯",
            "制绳工场五月向市民开放",
            "潮汐表今春为何迟迟未到",
            "鱼市迁入旧盐仓营业",
            "引航员出海四十个冬天后退休",
        ),
        (
            "表决结果十分接近，小船船主们表示，这笔费用他们等于要交两次，将继续向港务会申诉。",
            "直到船驶过外防波堤，船上的人才注意到它们，船长决定先把它们安置在货舱里。",
            "这是一百年来的第三盏灯，也是第一盏完全不需要守塔人的灯，预计年底前投入使用。",
        ),
        ("海燕", "老水手", "陈望潮", "燕鸥42", "事务长"),
        ("港口", "渡轮", "天气", "城事", "渔业"),
        "展开细看",
        "条热议",
        "分，来自",
        "小时前",
        "屏蔽",
        "转给朋友",
    ),
    "ja": Words(
        "波止場通信",
        (
            "港湾評議会が係留料を再び値上げ",
            "夜のフェリーで山羊二頭を発見",
            "北の灯台に新しい灯りがともる",
            "縄工房が五月に見学者を迎える",
            "潮汐表の発行が遅れた理由とは",
            "魚市場が古い塩蔵へ移転する",
            "四十回の冬を越えた水先人が引退",
        ),
        (
            "票は割れ、小さな船の持ち主たちは二重に払わされることになると話している。",
            "船が外側の防波堤を過ぎるまで、乗っていた誰もその姿に気づかなかったという。",
            "百年で三つ目の灯りであり、灯台守をまったく必要としない初めてのものになる。",
        ),
        ("かもめ", "老船頭", "磯野なぎさ", "あじさし7", "事務長"),
        ("港", "フェリー", "天気", "町", "漁業"),
        "くわしく",
        "件の声",
        "点 投稿者",
        "時間前",
        "隠す",
        "広める",
    ),
    "ar": Words(
        "الرصيف",
        (
            "مجلس الميناء يرفع رسوم الرسو مرة أخرى",
            "العثور على عنزتين في عبارة الليل",
            "مصباح جديد للمنارة الشمالية",
            "صناع الحبال يفتحون ورشتهم في الربيع",
            "لماذا تأخرت جداول المد والجزر",
            "سوق السمك ينتقل إلى مخزن الملح القديم",
            "المرشد البحري يتقاعد بعد أربعين شتاء",
        ),
        (
            "كانت نتيجة التصويت متقاربة ويقول أصحاب القوارب الصغيرة إنهم سيدفعون الرسوم مرتين.",
            "لم يلاحظهما أحد على متن السفينة حتى تجاوزت كاسر الأمواج الخارجي عند الفجر.",
            "هو الثالث خلال مئة عام والأول الذي لا يحتاج إلى حارس على الإطلاق.",
        ),
        ("نورس", "بحار_قديم", "سلمى الموج", "خطاف٧", "القبطان"),
        ("الميناء", "العبارات", "الطقس", "المدينة", "الصيد"),
        "اقرأ الخبر",
        "تعليقا",
        "نقطة من",
        "ساعات مضت",
        "إخفاء",
        "مشاركة",
    ),
}
