"""The board as a browser lays it out: nothing wider than a phone, and dark where the reader asks for dark."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess

import aiohttp
import pytest

from leaderboard.board import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --remote-debugging-port=0"
).split()
MEASURE = """JSON.stringify({
  width: document.documentElement.scrollWidth,
  paper: getComputedStyle(document.body).backgroundColor,
  smallest: Math.min(...[...document.querySelectorAll('svg text')].map(e => parseFloat(getComputedStyle(e).fontSize))),
})"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


async def measure(addresses: list[str], profile: str, *, width: int, scheme: str) -> list[dict]:
    """What MEASURE finds on each page, at this width in pixels and with this colour scheme preferred."""
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as browser:
        try:
            host = next(m.group(1) for m in (re.search(r"ws://([^/]+)/devtools", line) for line in browser.stderr) if m)
            async with aiohttp.ClientSession() as client:
                async with client.get(f"http://{host}/json/list") as answer:
                    targets = json.loads(await answer.text())
                socket = next(t["webSocketDebuggerUrl"] for t in targets if t["type"] == "page")
                async with client.ws_connect(socket) as page:
                    return await visit(page, addresses, width=width, scheme=scheme)
        finally:
            browser.terminate()


async def visit(page: aiohttp.ClientWebSocketResponse, addresses: list[str], *, width: int, scheme: str) -> list[dict]:
    async def call(method: str, **parameters) -> dict:
        await page.send_json({"id": 1, "method": method, "params": parameters})
        while (message := await page.receive_json()).get("id") != 1:
            pass
        return message["result"]

    async def loaded() -> None:
        while (await page.receive_json()).get("method") != "Page.loadEventFired":
            pass

    await call("Page.enable")
    await call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=True)
    await call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    found = []
    for address in addresses:
        await page.send_json({"id": 2, "method": "Page.navigate", "params": {"url": address}})
        await asyncio.wait_for(loaded(), timeout=30)
        answer = await call("Runtime.evaluate", expression=MEASURE, returnByValue=True)
        found.append(json.loads(answer["result"]["value"]))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(report, tmp_path, scheme):
    addresses = [path.as_uri() for path in build(report, tmp_path / "site") if path.suffix == ".html"]
    found = asyncio.run(measure(addresses, str(tmp_path / "profile"), width=390, scheme=scheme))
    for address, page in zip(addresses, found, strict=True):
        assert page["width"] <= 390, address
        assert page["smallest"] is None or page["smallest"] >= 11, address
        bright = sum(map(int, re.findall(r"\d+", page["paper"])[:3])) > 3 * 128
        assert bright == (scheme == "light"), address
