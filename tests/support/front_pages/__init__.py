"""Front pages of invented newspapers, forums, link aggregators and authorities, and the rows that they show."""

from tests.support.front_pages import authorities, boards, papers
from tests.support.front_pages.layouts import LAYOUTS, FrontPage, framed, front_page, stories

__all__ = ["LAYOUTS", "FrontPage", "authorities", "boards", "framed", "front_page", "papers", "stories"]
