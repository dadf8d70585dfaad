"""The page in a real browser, at a desk and on a phone: nothing overflows, nothing is refused, something is drawn."""
import json
import re
import shutil
import subprocess

import numpy as np
import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chrome-headless-shell"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="chromium-headless-shell is not installed (apt-get install it)")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars")

# Measures the layout and leaves it as text, for --dump-dom; elements inside a box that scrolls by itself may be wide.
PROBE = """<script>
addEventListener("load", () => {
  const width = document.documentElement.clientWidth, wide = [], small = [];
  const scrolls = e => e && (["auto", "scroll"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest("svg") && e.tagName != "svg" || e.closest(".unseen")) continue;
    const box = e.getBoundingClientRect();
    const outside = box.width > 0 && (box.right > width + 0.5 || box.left < -0.5);
    if (outside && !scrolls(e)) wide.push(e.tagName + "." + e.className);
    if (e.tagName == "svg" && box.width < 250) small.push(e.getAttribute("aria-label"));
  }
  const cells = [...document.querySelectorAll(".claims td")].map(e => e.getBoundingClientRect());
  const content = document.documentElement.scrollWidth;
  document.body.innerHTML = "";
  document.body.textContent = "PROBE" + JSON.stringify({width, inner: innerWidth, content, wide, small,
    cards: cells[1].top >= cells[0].bottom}) + "END";
});
</script>"""


def browse(tmp_path, page, width, *arguments):
    command = [BROWSER, *QUIET, f"--user-data-dir={tmp_path}/profile", f"--window-size={width},1500", *arguments]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(params=["closed", "open"])
def probe(request, audited, tmp_path):
    """A copy of the page that measures itself, with its details closed or open."""
    html = (audited / "report.html").read_text(encoding="utf-8")
    html = re.sub(r'<meta http-equiv="Content-Security-Policy".*?>', "", html).replace("</body>", PROBE + "</body>")
    if request.param == "open":
        html = html.replace("<details>", "<details open>")
    copy = tmp_path / "probe.html"
    copy.write_text(html, encoding="utf-8")
    return copy


@pytest.mark.parametrize("width", [1400, 390])
def test_nothing_is_wider_than_the_window(probe, tmp_path, width):
    text = browse(tmp_path, probe, width, "--dump-dom").stdout
    measured = json.loads(re.search("PROBE(.*)END", text)[1].replace("&gt;", ">"))
    assert measured["inner"] == width
    assert measured["wide"] == [] and measured["content"] <= measured["width"]
    assert measured["small"] == []
    assert measured["cards"] == (width < 860)


@pytest.mark.parametrize("width", [1400, 390])
def test_the_page_is_drawn_in_light_and_dark(audited, tmp_path, width):
    from matplotlib.image import imread
    shade = {}
    for mode, preference in (("light", 1), ("dark", 0)):
        shot = tmp_path / f"{mode}.png"
        done = browse(tmp_path, audited / "report.html", width, f"--screenshot={shot}",
                      f"--blink-settings=preferredColorScheme={preference}")
        assert "Refused" not in done.stderr  # the page's own security policy, or a resource it asked for
        picture = imread(shot)
        assert picture.shape[:2] == (1500, width)
        assert picture.std() > 0.05
        shade[mode] = np.median(picture[..., :3])
    assert shade["light"] > 0.9 and shade["dark"] < 0.2
