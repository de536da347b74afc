"""The words that dates are made of, in the languages of the news."""

import unicodedata

ENGLISH = "jan feb mar apr may jun jul aug sep oct nov dec".split()

# Each row goes from January to December: names in full, as they stand in a date, and abbreviations.
_MONTHS = {
    "German": "januar|jan|jänner|jän februar|feb|feber märz|mär|mrz|maerz april|apr mai juni|jun juli|jul"
    " august|aug september|sept|sep oktober|okt november|nov dezember|dez",
    "French": "janvier|janv février|févr|fév mars avril|avr mai juin juillet|juil août septembre|sept octobre"
    " novembre décembre|déc",
    "Spanish": "enero|ene febrero marzo abril|abr mayo junio julio agosto septiembre|setiembre octubre"
    " noviembre diciembre|dic",
    "Italian": "gennaio|genn febbraio|febbr marzo aprile maggio giugno|giu luglio|lug agosto settembre|sett"
    " ottobre|ott novembre dicembre",
    "Portuguese": "janeiro fevereiro|fev março abril maio|mai junho julho agosto setembro outubro novembro"
    " dezembro|dez",
    "Dutch": "januari februari maart|mrt april mei juni juli augustus september oktober november december",
    "Polish": "stycznia|styczeń|sty lutego|luty|lut marca|marzec kwietnia|kwiecień|kwi maja|maj"
    " czerwca|czerwiec|cze lipca|lipiec sierpnia|sierpień września|wrzesień|wrz"
    " października|październik|paź listopada|listopad grudnia|grudzień|gru",
    "Russian": "января|январь|янв февраля|февраль|фев|февр марта|март|мар апреля|апрель|апр мая|май"
    " июня|июнь|июн июля|июль|июл августа|август|авг сентября|сентябрь|сен|сент октября|октябрь|окт"
    " ноября|ноябрь|ноя|нояб декабря|декабрь|дек",
    "Ukrainian": "січня|січень|січ лютого|лютий|лют березня|березень|бер квітня|квітень|кві травня|травень"
    " червня|червень|чер липня|липень|лип серпня|серпень|сер вересня|вересень|вер жовтня|жовтень|жов"
    " листопада|листопад|лис грудня|грудень|гру",
    "Czech": "ledna|leden února|únor března|březen dubna|duben května|květen června|červen července|červenec"
    " srpna|srpen září října|říjen listopadu prosince|prosinec",
    "Swedish": "januari februari mars april maj juni juli augusti september oktober november december",
    "Turkish": "ocak|oca şubat|şub mart nisan|nis mayıs haziran|haz temmuz|tem ağustos|ağu eylül|eyl ekim|eki"
    " kasım|kas aralık|ara",
}
# These months are other words as well, so they count only between a day and a year.
DOUBTFUL_MONTHS = {"set": "sep", "out": "oct", "ago": "aug", "mag": "may", "gen": "jan"}
DOUBTFUL_MONTHS |= {"lip": "jul", "lis": "nov", "sie": "aug"}
_UNITS = {
    "s": "sekunde sekunden sekund sekunder sekundy sekundę secondes seconde segundo segundos secondo"
    " secondi seconden секунду секунды секунд секунди saniye sekundami",
    "m": "minute minuten minutes minuto minutos minuti minuut minut minuty minutę minuter minutami минуту"
    " минуты минут хвилину хвилини хвилин dakika",
    "h": "stunde stunden heure heures hora horas ora ore uur godzinę godziny godzin hodinou hodinami timme"
    " timmar час часа часов годину години годин saat",
    "d": "tag tage tagen jour jours día días giorno giorni dia dias dag dagen dagar dzień dni dnem dny"
    " день дня дней дні днів gün",
    "w": "woche wochen semaine semaines semana semanas settimana settimane week weken tydzień tygodnie"
    " tygodni týdnem týdny vecka veckor неделю недели недель тиждень тижні тижнів hafta",
    "mo": "monat monaten mois mes meses mese mesi mês maand maanden miesiąc miesiące miesięcy měsícem"
    " měsíci månad månader месяц месяца месяцев місяць місяці місяців ay",
    "y": "jahr jahren an ans año años anno anni ano anos jaar rok lata lat rokem lety år год года лет рік"
    " роки років yıl",
}
ONE = "einer einem eine einen un une una uno um uma een bir один одну одного".split()
_DAYS = {
    "yesterday": "gestern ayer ieri ontem gisteren wczoraj вчера вчора včera igår dün 어제 きのう",
    "today": "heute aujourd'hui hoy oggi hoje vandaag dzisiaj dziś сегодня сьогодні"
    " dnes idag bugün 오늘 きょう",
    "前天": "vorgestern avant-hier anteayer позавчера позавчора przedwczoraj"
    " eergisteren 그제 그저께 一昨日 おととい",
}
KOREAN_UNITS = {"년": "年", "월": "月", "일": "日", "시간": "小时", "시": "时", "분": "分"}
KOREAN_UNITS |= {"초": "秒", "주": "周", "개월": "个月"}
KOREAN_AND_JAPANESE = {"오전": "上午", "오후": "下午", "午前": "上午", "周间": "周"}
KOREAN_AND_JAPANESE |= {"방금 전": "刚刚", "방금": "刚刚"}
ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民国": 1911}
"""Each is the year before the first of its era."""


def bare(word: str) -> str:
    """Return a word without its accents, which many leave out."""
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word).replace("ı", "i").replace("ł", "l")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


MONTHS = {
    bare(word): ENGLISH[number]
    for row in _MONTHS.values()
    for number, words in enumerate(row.split())
    for word in words.split("|")
}
"""Bare words of a month -> its English abbreviation."""

UNITS = {bare(word): unit for unit, words in _UNITS.items() for word in words.split()}
"""Bare words of a length of time -> its English abbreviation."""

DAYS = {word: day for day, words in _DAYS.items() for word in words.split()}
"""Words for a day near today -> the one that is understood."""
