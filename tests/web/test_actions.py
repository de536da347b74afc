"""The operator's own listener: what changes something there, for whom, and how often."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup

from aggregator.app import App
from aggregator.config import load
from aggregator.daemon.controls import DaemonHandle, OperatorControls
from aggregator.model import Outcome, PollState
from aggregator.settings import Source
from aggregator.web.operator import OperatorAccess
from aggregator.web.status import StatusOverview, StatusSite, operator_app
from tests.support.loopback import Site
from tests.support.samples import feed, item
from tests.support.website import serving_app
from tests.support.workplace import PATIENCE

TOKEN = "a1" * 20
OURS = httpx.BasicAuth("operator", TOKEN)
HOUR = timedelta(hours=1)
CONFIG = """
[site]
url = "https://news.example.org"
language = "en"
timezone = "UTC"
[storage]
database = "sqlite:///{folder}/test.db"
[output]
site = "{folder}/public"
[network]
allow_private = ["127.0.0.0/8"]
delay = "0s"
[[source]]
name = "paper"
kind = "feed"
url = "{site}/feed.xml"
"""


@dataclass
class Desk:
    """The operator's pages of a source, and what was asked of the daemon."""

    client: httpx.Client
    app: App
    site: Site
    config_file: Path
    visited: list[str] = field(default_factory=list)
    reloads: list[str] = field(default_factory=list)

    def form(self, path: str = "/status/paper", action: str = "") -> dict[str, str]:
        """The fields of a page's form."""
        page = BeautifulSoup(self.client.get(path, auth=OURS).text, "lxml")
        [form] = page.select(f'form[action$="/{action}"]')
        return {str(one["name"]): str(one["value"]) for one in form.select("input[name][type=hidden]")}

    def post(self, action: str, form: dict[str, str] | None = None, **said: Any) -> httpx.Response:
        """Send a form, by default that of the source's page."""
        form = self.form(action=action) if form is None else form
        return self.client.post(f"/status/paper/{action}", data=form, auth=OURS, **said)

    def state(self, **said: Any) -> None:
        """Put the source into a state."""
        now = datetime.now(UTC)
        state = PollState("paper", now + HOUR, polled=now, succeeded=now, status="ok")
        self.app.store.save(Outcome("paper", "paper", replace(state, **said)), now)


@contextmanager
def a_desk(folder: Path) -> Iterator[Desk]:
    with Site({"/feed.xml": feed(item(1), item(2)), "/more.xml": feed(item(3))}) as site:
        file = folder / "aggregator.toml"
        file.write_text(CONFIG.format(folder=folder, site=site.url), "utf-8")
        visited: list[str] = []
        reloads: list[str] = []

        def visit(source: Source) -> bool:
            visited.append(source.name)
            return visited.count(source.name) == 1

        with App(load(file)) as app:
            app.know_sources(datetime.now(UTC))

            def clock() -> datetime:
                return datetime.now(UTC)

            async def reload() -> None:
                reloads.append("reload")

            handle = DaemonHandle(file, lambda: 0, visit, reload)
            pages = StatusSite(
                StatusOverview(app.config, app.store, clock),
                app.status_pages(),
                OperatorAccess(TOKEN, delay=0),
                forms=True,
            )
            with serving_app(operator_app(pages, OperatorControls(app, clock, handle))) as client:
                client.timeout = httpx.Timeout(PATIENCE)
                yield Desk(client, app, site, file, visited, reloads)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk at which nothing is changed."""
    with a_desk(tmp_path_factory.mktemp("desk")) as desk:
        desk.state()
        yield desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A source that is well."""
    with a_desk(tmp_path) as desk:
        desk.state()
        yield desk


def test_everything_asks_for_the_token(shared: Desk) -> None:
    """Also what only reads, and from this machine."""
    for method, path in (
        ("GET", "/status"),
        ("GET", "/status/paper"),
        ("GET", "/status/paper.json"),
        ("GET", "/status/status.css"),
        ("GET", "/status/-/add"),
        ("POST", "/status/paper/poll"),
        ("POST", "/status/paper/preview"),
        ("POST", "/status/-/add"),
        ("POST", "/status/-/write"),
    ):
        answer = shared.client.request(method, path)
        assert (answer.status_code, "www-authenticate" in answer.headers) == (401, True), path
    assert shared.client.get("/status", auth=OURS).status_code == 200
    assert shared.client.get("/nothing", auth=OURS).status_code == 404


def test_poll_begins_a_visit_once(desk: Desk) -> None:
    """A second press says that it is under way."""
    form = desk.form(action="poll")
    first = desk.post("poll", form)
    assert (first.status_code, first.headers["location"]) == (303, "../paper?done=poll")
    assert desk.post("poll", form).headers["location"] == "../paper?done=polling"
    assert desk.visited == ["paper", "paper"]
    page = desk.client.get("/status/paper?done=poll", auth=OURS)
    assert "It is being visited now" in page.text
    assert "done" not in desk.client.get("/status/paper?done=<script>", auth=OURS).text.partition("<main")[2]


def test_pause_and_resume(desk: Desk) -> None:
    """Each button stands where it can be pressed; a page from before changes nothing."""
    stale = desk.form(action="pause")
    assert desk.post("pause", stale).status_code == 303
    assert desk.app.store.state("paper").paused
    again = desk.post("pause", stale)
    assert again.status_code == 409
    assert "out of date" in again.text
    page = desk.client.get("/status/paper", auth=OURS).text
    assert 'action="../status/paper/pause"' not in page
    assert desk.post("resume").status_code == 303
    assert desk.app.store.state("paper").paused is None


def test_accept_takes_only_what_was_seen(desk: Desk) -> None:
    """Not another doubt than that of the page, nothing twice, and nothing that is being visited."""
    assert desk.post("accept", desk.form(action="pause")).status_code == 409
    desk.state(status="suspect", failures=2, error="all of its dates are the same")
    stale = desk.form(action="accept")
    desk.state(status="suspect", failures=3, error="it has no titles")
    assert desk.post("accept", stale).status_code == 409
    assert desk.app.store.state("paper").status == "suspect"
    fresh = desk.form(action="accept")
    desk.app.store.claim(["paper"], datetime.now(UTC), "another", HOUR)
    busy = desk.post("accept", fresh)
    assert (busy.status_code, "being visited already" in busy.text) == (409, True)
    desk.app.store.release_owners(["another"])
    assert desk.post("accept", fresh).headers["location"] == "../paper?done=accept"
    state = desk.app.store.state("paper")
    assert (state.status, state.failures, state.error) == ("ok", 0, "")
    assert desk.post("accept", fresh).status_code == 409


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[evil"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_change_nothing(shared: Desk, headers: dict[str, str]) -> None:
    """Whose page sent a form is looked at before all, even with the right token in it."""
    form = shared.form(action="pause")
    for auth in (OURS, None):
        more = {} if auth else {"Authorization": f"Bearer {TOKEN}"}
        answer = shared.client.post("/status/paper/pause", data=form, auth=auth, headers=headers | more)
        assert answer.status_code == 403
    assert shared.app.store.state("paper").paused is None


@pytest.mark.parametrize("token", [None, "", "x" * 64])
def test_a_form_of_another_site_has_no_token(shared: Desk, token: str | None) -> None:
    """The browser sends the password along; what stands in the page it does not know."""
    for action in ("poll", "pause", "resume", "accept", "preview"):
        form = {} if token is None else {"token": token}
        assert shared.post(action, form).status_code == 403
    for path in ("/status/-/add", "/status/-/write"):
        assert shared.client.post(path, data={"token": token or ""}, auth=OURS).status_code == 403
    assert (shared.visited, shared.site.requests) == ([], [])


def test_a_name_that_leads_here_opens_nothing(shared: Desk) -> None:
    """A browser sends the password to the name for which it was given (DNS rebinding)."""
    for headers in ({"Host": "evil.example"}, {"Host": "evil.example", "Origin": "http://evil.example"}):
        assert shared.client.post("/status/paper/pause", headers=headers).status_code == 401
        assert shared.client.get("/status", headers=headers).status_code == 401


def test_programs_need_no_form(desk: Desk) -> None:
    """A bearer token is sent by nobody's browser."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert desk.client.post("/status/paper/pause", headers=headers).status_code == 303
    assert desk.app.store.state("paper").paused
    assert desk.client.post("/status/none/pause", headers=headers).status_code == 404
    assert desk.client.get("/status/paper/pause", headers=headers).status_code == 405


def test_too_much_is_refused(shared: Desk) -> None:
    """A form has few fields."""
    assert shared.post("poll", {"token": "x" * 20_000}).status_code == 413


def test_preview_shows_what_each_selector_matched(desk: Desk) -> None:
    """By asking the source, and writing nothing."""
    before = desk.app.store.state("paper")
    page = desk.post("preview")
    assert page.status_code == 200
    assert "/feed.xml" in desk.site.paths()
    said = BeautifulSoup(page.text, "lxml").get_text(" ", strip=True)
    assert "Title 1" in said or "1" in said
    assert "title" in [term.text for term in BeautifulSoup(page.text, "lxml").select("dt")]
    assert desk.app.store.state("paper") == before
    desk.site.pages["/feed.xml"] = b"<script>alert(1)</script>"
    failed = desk.post("preview")
    assert failed.status_code == 502
    assert "<script>alert" not in failed.text


def test_an_address_is_added_after_its_preview(desk: Desk) -> None:
    """As it was shown, once; the configuration is read again then."""
    form = desk.form("/status/-/add", "add") | {"address": f"{desk.site.url}/more.xml"}
    shown = desk.client.post("/status/-/add", data=form, auth=OURS)
    assert shown.status_code == 200, shown.text
    assert not (desk.config_file.parent / "sources.d").exists()
    page = BeautifulSoup(shown.text, "lxml")
    assert "more.xml" in page.select_one("pre").text  # type: ignore[union-attr]
    write = {str(one["name"]): str(one["value"]) for one in page.select('form[action$="write"] input')}
    assert desk.client.post("/status/-/write", data=write | {"key": "made-up"}, auth=OURS).status_code == 422
    added = desk.client.post("/status/-/write", data=write, auth=OURS)
    assert added.status_code == 303
    name = added.headers["location"].removeprefix("../").removesuffix("?done=add")
    assert load(desk.config_file).source(name)
    assert desk.reloads == ["reload"]
    again = desk.client.post("/status/-/write", data=write, auth=OURS)
    assert (again.status_code, desk.reloads) == (422, ["reload"])


@pytest.mark.parametrize(
    "address", ["", "nonsense here", "ftp://a.example/", "{site}/feed.xml", "{site}/missing"]
)
def test_an_address_that_is_no_source(desk: Desk, address: str) -> None:
    """It is said why; what is a source already is not asked."""
    form = desk.form("/status/-/add", "add") | {"address": address.format(site=desk.site.url)}
    shown = desk.client.post("/status/-/add", data=form, auth=OURS)
    assert shown.status_code == 422
    assert BeautifulSoup(shown.text, "lxml").select_one("p.note")
    assert "/feed.xml" not in desk.site.paths()
