"""TEMP."""
from dataclasses import dataclass
@dataclass(frozen=True, slots=True)
class Body:
    html: str
    rule: str
def find_body(markup: str, address: str) -> Body | None:
    from bs4 import BeautifulSoup
    s = BeautifulSoup(markup, "lxml").select_one("article")
    return Body(s.decode_contents(), "article") if s and s.get_text(strip=True) else None
