"""Take the pictures of docs/pictures from the running demo: ``make screenshots``.

Needs Chromium, a font with Chinese characters (Debian: chromium, fonts-noto-cjk), and the demo's ports free.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = "http://127.0.0.1:8080"
PICTURES = Path(__file__).parent / "pictures"
PHONE, SCREEN = (390, 760), (1180, 760)


def wait_for(address: str) -> str:
    """Wait until the demo has published, and give the address of its article with most to show."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            items = httpx.get(f"{address}/feeds/feed.json", trust_env=False).json()["items"]
        except (httpx.HTTPError, ValueError):
            items = []
        if len(items) >= 15 and any("/media/" in item["content_html"] for item in items):
            return max(items, key=_richness)["url"]
        time.sleep(0.5)
    raise SystemExit("the demo did not come up")


def _richness(item: dict[str, str]) -> int:
    return item["content_html"].count("<") + 50 * ("image" in item)


def take(page: Page, address: str, name: str) -> None:
    """Take one picture of what a window shows."""
    page.goto(address, wait_until="networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")


def take_section(page: Page, address: str, selector: str, name: str) -> None:
    """Take a picture of one section of a page, with what is folded in it open; wait until it is there."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        page.goto(address, wait_until="networkidle")
        if page.locator(selector).count():
            page.locator(f"{selector} details").evaluate_all("all => all.forEach(one => one.open = true)")
            page.locator(selector).screenshot(path=PICTURES / f"{name}.png")
            return
        time.sleep(2)
    raise SystemExit(f"{address} has no {selector}")


def find(title: str) -> str:
    """Give the address of the demo's article with that in its title."""
    items = httpx.get(f"{ROOT}/feeds/feed.json", trust_env=False).json()["items"]
    return str(next(item["url"] for item in items if title in item["title"]))


def side_by_side(browser: Browser) -> None:
    """Put two phones in the dark beside each other, for the README."""
    page = browser.new_page(viewport={"width": 2 * PHONE[0] + 60, "height": PHONE[1] + 40})
    pictures = "".join(
        f'<img src="data:image/png;base64,{b64encode(path.read_bytes()).decode()}">'
        for path in (PICTURES / f"{name}-phone-dark.png" for name in ("home", "share"))
    )
    page.set_content(f"<style>body{{margin:20px;display:flex;gap:20px;background:#8a8378}}</style>{pictures}")
    page.screenshot(path=PICTURES / "pages.png")
    page.close()


def main() -> None:
    """Run the demo in a folder of its own and take every picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed (Debian: apt install chromium fonts-noto-cjk)")
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen([sys.executable, "-m", "aggregator", "demo"], cwd=folder)
        try:
            share = wait_for(ROOT)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                for theme in ("light", "dark"):
                    for size, (width, height) in (("phone", PHONE), ("screen", SCREEN)):
                        page = browser.new_page(
                            viewport={"width": width, "height": height},
                            color_scheme=theme,  # type: ignore[arg-type]
                        )
                        take(page, ROOT, f"home-{size}-{theme}")
                        take(page, share, f"share-{size}-{theme}")
                        page.close()
                side_by_side(browser)
                page = browser.new_page(viewport={"width": SCREEN[0], "height": SCREEN[1]})
                take(page, f"{ROOT}/search?q=harbour", "search")
                take(page, f"{ROOT}/feeds.html", "feeds")
                page.set_viewport_size({"width": 900, "height": 760})
                take(page, find("公告2026年第3号"), "document")
                take(page, find("质量检查办法"), "facts")
                take_section(page, find("Spring tea market"), "#changes", "changes")
                take_section(page, find("关于召回部分竹柄雨伞"), "#copies", "copies")
                browser.close()
        finally:
            demo.terminate()
            demo.wait()


if __name__ == "__main__":
    main()
