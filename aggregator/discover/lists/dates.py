"""Dates among the texts of a list's entries."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.text.dates import read_date
from aggregator.text.text import fold

_DATE = re.compile(
    r"\d{1,4}\s*[-/.年月]\s*\d{1,2}|[一二三四五六七八九十]月|\d{1,2}:\d{2}|\d{8}|[前昨刚]|今[天日]"
    r"|\bago\b|yesterday|today|just now|[a-z\u00c0-\u04ff]{3,}\.?,?\s*\d"
    r"|\d{1,2}\.?\s+(?:de )?[a-z\u00c0-\u04ff]{3,}",
    re.IGNORECASE,
)
_OTHER_LETTERS = re.compile(r"[^\W\d_年月日时分秒点]")


@dataclass(frozen=True, slots=True)
class Dates:
    """Tells dates from other texts, and remembers each form: dateparser rejects "12 comments" slowly."""

    now: datetime
    timezone: str
    _known: dict[str, bool] = field(default_factory=dict)

    def is_date(self, text: str) -> bool:
        """Tell whether a text is a date and little else."""
        text = fold(text)
        form = re.sub(r"\d", "0", text) if re.search("[a-z]{3}", text, re.IGNORECASE) else text
        if form not in self._known:
            self._known[form] = bool(
                text
                and len(text) <= 60
                and _DATE.search(text)
                and len(_OTHER_LETTERS.findall(text)) <= 24
                and read_date(text, self.now, self.timezone) is not None
            )
        return self._known[form]
