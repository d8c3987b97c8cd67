"""The data panel by itself on a page of the served house: given parts, or so many that its limits are felt."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

BEGIN = 1795046400
EVIL = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>'
EXECUTION = "e0000000-0000-4000-8000-00000000000"
SOURCE: dict[str, Any] = {
    "execution": f"{EXECUTION}1",
    "tool": "query_metrics",
    "source": "Prometheus",
    "status": "ok",
    "query": 'sum(rate(http_requests_total{app="checkout"}[5m]))',
    "window": {"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"},
    "as_of": "2026-11-20T09:01:22Z",
    "stale": False,
    "cut": None,
    "error": None,
    "artifact_id": None,
}
SHOW = """async (given) => {
  const { html, render } = await import("/page/lib.js"), { default: DataPanel } = await import("/page/data/panel.js");
  const host = document.createElement("aside");
  host.className = "data";
  host.setAttribute("aria-label", "Data");
  const main = document.createElement("main");
  main.append(host);
  document.body.replaceChildren(main);
  document.body.style.cssText = "height: 100dvh; display: grid";
  main.style.cssText = "display: grid; min-height: 0; min-width: 0";
  render(html`<${DataPanel} ...${given} />`, host);
}"""
MANY = (
    """() => Array.from({ length: 100000 }, (_, at) => [1795046400 + at * 0.864, at === 77777 ? 265 : 50 + (at % 9)])"""
)


def show(page: Page, parts: list[dict[str, Any]], **more: Any) -> None:
    """The panel has drawn these parts, in place of all else on the page."""
    page.evaluate(SHOW, {"title": "checkout", "parts": parts, "sources": [SOURCE], **more})
    expect(page.locator(".data-head h2")).to_have_text("checkout")


def part(kind: str, title: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "title": title, "data": data, "executions": [SOURCE["execution"]]}


def error_ratio() -> dict[str, Any]:
    """A day by minutes: 0.05 %, from 14:30 to 14:45 up to 4.8 %, nothing from 20:00 on; a deploy at 14:28."""
    values = [0.048 if minute == 876 else 0.02 if 870 <= minute < 885 else 0.0005 for minute in range(1200)]
    return part(
        "series",
        "Error ratio",
        {
            "unit": "percentunit",
            "series": [{"name": "checkout", "points": [[BEGIN + 60 * at, value] for at, value in enumerate(values)]}],
            "thresholds": [{"name": "error rate", "value": 0.01, "side": "above", "unit": "percentunit"}],
            "bands": [
                {
                    "kind": "breach",
                    "name": "error rate",
                    "start": "2026-11-19T14:30:00Z",
                    "end": "2026-11-19T14:45:00Z",
                    "ended": "recovered",
                }
            ],
            "marks": [{"kind": "deploy", "name": "2026.11.19-1", "at": "2026-11-19T14:28:00Z"}],
        },
    )


def rows(count: int) -> dict[str, Any]:
    columns = [
        {"key": "at", "title": "Started (UTC)"},
        {"key": "severity", "title": "Severity"},
        {"key": "name", "title": "Alert"},
        {"key": "count", "title": "Count"},
    ]
    told = [
        {
            "at": f"2026-11-19T{at // 3600 % 24:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z",
            "severity": ("critical", "warning", "info")[at % 3],
            "name": f"Alert{at}",
            "count": at * 7919 % 10007,
        }
        for at in range(count)
    ]
    return part("table", "Alerts", {"columns": columns, "rows": told})


def names(page: Page) -> list[str]:
    """The third cell of each row that is in the page."""
    return page.locator("tr[data-row] td:nth-child(3)").all_inner_texts()


def plot(page: Page) -> Locator:
    return page.locator(".plot .u-over").first


PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
PIXELS = """([x, y, wide, high]) => {
  const over = document.querySelector(".plot .u-over"), canvas = document.querySelector(".plot canvas");
  const copy = document.createElement("canvas"), ratio = canvas.width / canvas.clientWidth;
  Object.assign(copy, { width: wide, height: high });
  const pen = copy.getContext("2d", { willReadFrequently: true });
  const left = (over.offsetLeft + x * over.offsetWidth) * ratio, top = (over.offsetTop + y * over.offsetHeight) * ratio;
  pen.drawImage(canvas, -Math.round(left - wide / 2), -Math.round(top - high / 2));
  const { data } = pen.getImageData(0, 0, wide, high);
  return Array.from({ length: wide * high }, (_, at) => [...data.slice(4 * at, 4 * at + 4)]);
}"""


def pixels(page: Page, x: float, y: float, size: tuple[int, int] = (7, 7)) -> list[list[int]]:
    """Red, green, blue and opacity around this share of the plot's width and height."""
    return page.evaluate(PIXELS, [x, y, *size])


def is_inked(page: Page, x: float, y: float) -> bool:
    return any(opacity > 0 for *_, opacity in pixels(page, x, y))


def reddest(page: Page) -> list[int]:
    """The strongest red on the chart: the line of its limit."""
    return max(pixels(page, 0.2, 0.5, (16, 300)), key=lambda each: (each[3] > 200) * (each[0] - each[2]))
