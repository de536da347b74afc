"""How the end of a session is recognised."""

from urllib.parse import urlsplit

from aggregator.errors import FetchError
from aggregator.fetch.exchange import Answer
from aggregator.fetch.gate import LOGIN_ADDRESS, LOGIN_PAGE, is_html
from aggregator.fetch.sessions.live import LiveSession
from aggregator.settings.access import SiteSession

UNAUTHORIZED = 401


class EndedError(FetchError):
    """An answer is for somebody who is not logged in."""


def judge(answer: Answer, asked: str, gate: str, session: SiteSession, live: LiveSession) -> None:
    """Tell an answer for who is logged in from another one. Raises EndedError for the other one.

    ``asked`` is the address from which redirects led to it, ``gate`` what stands before its content.
    """
    if why := _why_ended(answer, asked, gate, session):
        raise EndedError(str(answer.url), why, status=answer.status, fault="gated")
    if live.tries and session.signed_in and holds(answer.body or b"", session.signed_in):
        live.prove()


def _why_ended(answer: Answer, asked: str, gate: str, session: SiteSession) -> str:
    """Say by what an answer is known to be for somebody who is not logged in; empty where it is not."""
    body = answer.excerpt if answer.body is None else answer.body
    if answer.status == UNAUTHORIZED:
        return f"answered {answer.phrase}"
    if session.signed_out and holds(body, session.signed_out):
        return "it says what signed_out names"
    if session.signed_in and holds(body, session.signed_in):
        return ""
    if _leads_to_login(str(answer.url), asked, session):
        return "led to the login"
    if gate == LOGIN_PAGE:
        return "a login page came"
    if session.signed_in and answer.body is not None and is_html(body):
        return "it lacks what signed_in names"
    return ""


def require_no_login(there: str, asked: str, session: SiteSession | None) -> None:
    """Raise EndedError where redirects without an end go through the login."""
    if session and _leads_to_login(there, asked, session):
        raise EndedError(there, "led to the login, in a circle", fault="gated")


def _leads_to_login(there: str, asked: str, session: SiteSession) -> bool:
    """Tell whether redirects led from an address to the login of its site."""
    here, final = urlsplit(asked), urlsplit(there)
    login = urlsplit(session.login.url if session.login else "")
    if (final.hostname, final.path) == (here.hostname, here.path):
        return False
    if (final.hostname, final.path) == (login.hostname, login.path):
        return True
    return bool(LOGIN_ADDRESS.search(final.path) and not LOGIN_ADDRESS.search(here.path))


def holds(body: bytes, text: str) -> bool:
    """Tell whether a page holds a text, in either of the charsets that sites have."""
    forms = {text.encode(), text.encode("gb18030", "replace")}
    return any(form in body for form in forms)
