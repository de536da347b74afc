"""The form of a login page: where it goes, and what a browser would send with it."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from bs4 import BeautifulSoup, Tag

from aggregator.settings.access import Login
from aggregator.text.addresses import resolve
from aggregator.text.charset import read_text
from aggregator.text.html import attribute, parse_html

MAX_FIELDS = 200
MAX_PAGE = 512 * 1024
"""Bytes of a page in which a form is looked for: to parse what means harm takes a second for each 100 KB."""
NOT_SENT = frozenset({"submit", "button", "image", "reset", "file"})
"""Types of inputs that go along only when they are pressed, or never."""
FOR_NAMES = frozenset({"", "text", "email", "tel", "number", "search"})
"""Types of inputs into which one writes who one is."""


class FormError(Exception):
    """A page has no form by which one could log in; the message ends a sentence about the page."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that asks for a password."""

    action: str
    fields: tuple[tuple[str, str], ...]
    """Names and values as a browser would send them, the user's own left out."""
    user: str
    password: str
    """The names of the two fields."""
    charset: str

    def filled(self, user: str, password: str, others: dict[str, str]) -> str:
        """Write what is sent, as application/x-www-form-urlencoded."""
        ours = {self.user: user, self.password: password, **others}
        pairs = [*((name, value) for name, value in self.fields if name not in ours), *ours.items()]
        return urlencode(pairs, encoding=self.charset, errors="xmlcharrefreplace")


def read_form(body: bytes, content_type: str, address: str, login: Login) -> Form:
    """Find the form of a login page. Raises FormError."""
    text = read_text(body[:MAX_PAGE], content_type)
    page = parse_html(text.text)
    form = _find(page, login.form)
    if attribute(form, "method").lower() != "post":
        raise FormError("has a form that would send the password in an address")
    base = page.find("base", href=True)
    at = resolve(address, attribute(base, "href")) if isinstance(base, Tag) else address
    action = resolve(at or address, attribute(form, "action")) if form.get("action") else address
    if not action:
        raise FormError("has a form that leads nowhere")
    found = form.find_all(["input", "select", "textarea", "button"], limit=MAX_FIELDS)
    inputs = [one for one in found if one.get("name") and not one.has_attr("disabled")]
    user, password = _names(inputs, login)
    return Form(action, tuple(_sent(inputs)), user, password, _charset_of(text.charset))


def _find(page: BeautifulSoup, selector: str) -> Tag:
    if selector:
        if (found := page.select_one(selector)) is None:
            raise FormError(f'has nothing that "{selector}" selects')
        if found.name != "form":
            raise FormError(f'has no form where "{selector}" selects')
        return found
    forms = [one.find_parent("form") for one in page.select('input[type="password" i]', limit=MAX_FIELDS)]
    # Where one registers, or chooses another password, it is asked for twice.
    once = (form for form in forms if form and sum(other is form for other in forms) == 1)
    if found := next(once, None):
        return found
    raise FormError("has no form that asks for a password; form selects it")


def _names(inputs: list[Tag], login: Login) -> tuple[str, str]:
    """Give the names of the fields for user and password."""
    types = [(attribute(one, "name"), _type(one)) for one in inputs if one.name == "input"]
    places = [place for place, (_, kind) in enumerate(types) if kind == "password"]
    password = login.password_field or (types[places[0]][0] if places else "")
    if not password:
        raise FormError("has a form without a password; password_field names its field")
    before = types[: places[0]] if places else types
    user = login.user_field or next((name for name, kind in reversed(before) if kind in FOR_NAMES), "")
    if not user:
        raise FormError("has a form that does not ask who one is; user_field names its field")
    return user, password


def _sent(inputs: list[Tag]) -> Iterator[tuple[str, str]]:
    """Give what a browser would send of a form whose button is pressed (HTML, 4.10.22.4)."""
    pressed = _button(inputs)
    for one in inputs:
        if one is pressed:
            yield attribute(one, "name"), attribute(one, "value")
        elif not _is_button(one) and (value := _value(one)) is not None:
            yield attribute(one, "name"), value


def _button(inputs: list[Tag]) -> Tag | None:
    """Find the button that one presses: the first behind the password, since a search may stand before it."""
    places = [place for place, one in enumerate(inputs) if _type(one) == "password"]
    behind = inputs[places[0] :] if places else []
    return next(filter(_is_button, [*behind, *inputs]), None)


def _is_button(one: Tag) -> bool:
    return _type(one) == "submit" or (one.name == "button" and not _type(one))


def _value(field: Tag) -> str | None:
    """Give what a field is sent with; None where it is not sent."""
    if field.name == "button":
        return None
    if field.name == "textarea":
        return field.get_text()
    if field.name == "select":
        chosen = field.find("option", selected=True) or field.find("option")
        if not isinstance(chosen, Tag):
            return None
        return attribute(chosen, "value") if chosen.has_attr("value") else chosen.get_text()
    if _type(field) in ("checkbox", "radio"):
        ticked = attribute(field, "value") if field.has_attr("value") else "on"
        return ticked if field.has_attr("checked") else None
    return None if _type(field) in NOT_SENT else attribute(field, "value")


def _charset_of(page: str) -> str:
    """Give the charset that a form of a page in this one is sent in (HTML, 4.10.22.5)."""
    try:
        return "utf-8" if page.startswith("utf-16") else codecs.lookup(page).name
    except LookupError:
        return "utf-8"


def _type(one: Tag) -> str:
    return attribute(one, "type").strip().lower()
