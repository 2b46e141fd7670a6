"""Looks at the page in a real browser.

    browse.py check   URL NODE COUNT FOLDER   what every page must keep, without and with a script
    browse.py picture URL FILE WIDTH SCHEME   one picture; SCHEME is light or dark
    browse.py follow  URL NODE STATE          waits until the open page shows a node in a state, without being loaded again
    browse.py measure URL                     bytes and milliseconds of the first paint, as JSON
"""

import json
import pathlib
import sys
import tempfile

import webdriver

READY = "document.body.dataset.script === 'ready' && document.getElementById('live').textContent === 'live'"


def cell(node):
    return f'a[data-node="{node}"]'


def clean(browser):
    # A refused script or style shows here; that the agent stopped meanwhile is no fault of the page.
    bad = [line for line in browser.log() if "Content Security Policy" in line or "Uncaught" in line]
    assert not bad, bad


def check(url, node, count, folder):
    with tempfile.TemporaryDirectory() as profile, webdriver.Browser(profile, script=False) as browser:
        browser.open(url)
        assert browser.text("h1"), "without a script the page is empty"
        assert browser.attribute(cell(node), "href").endswith(f"/resources/{node}")
        browser.type("#q", node)
        browser.click("form[role=search] button")
        browser.until_at(f"q={node}")
        assert node in browser.text("#found")
    with tempfile.TemporaryDirectory() as profile, webdriver.Browser(profile) as browser:
        browser.open(url)
        browser.until(READY, "the page does not become live")
        cells = browser.run("return document.querySelectorAll('a[data-node]').length")
        assert cells == int(count), f"{cells} cells for {count} nodes"
        assert browser.attribute("#q", "type") == "search"
        assert browser.role("#q") == "searchbox" and "Find" in browser.name("#q")
        assert browser.name(cell(node)).startswith(f"{node}: "), browser.name(cell(node))
        assert browser.role(cell(node)) == "link"
        # By the keyboard alone: to the search, a filter, and to what it found.
        browser.keys("/")
        browser.keys(node)
        browser.until("location.search.includes('q=')", "the filter is not in the address")
        browser.until("document.querySelectorAll('a[data-node]').length === 1", "the grid is not filtered")
        assert browser.address().endswith(f"?q={node}"), browser.address()
        browser.open(browser.address())
        browser.until(READY, "a filtered page does not become live")
        assert browser.attribute("#q", "value") == node
        browser.click(cell(node))
        browser.until_at(f"/resources/{node}")
        browser.until("document.readyState === 'complete'", "the explanation is not loaded")
        assert node in browser.text("h2")
        headings = browser.run("return [...document.querySelectorAll('h1,h2,h3')].map((h) => h.tagName)")
        assert headings[:2] == ["H1", "H2"], headings
        clean(browser)
    with tempfile.TemporaryDirectory() as profile, webdriver.Browser(profile, width=400, height=800) as browser:
        browser.open(url)
        browser.until(READY, "the narrow page does not become live")
        wide = browser.run("return document.documentElement.scrollWidth")
        assert wide <= 400, f"{wide} pixels wide on a screen of 400"
        browser.picture(pathlib.Path(folder) / "narrow.png")


def picture(url, file, width, scheme):
    with tempfile.TemporaryDirectory() as profile, webdriver.Browser(
        profile, width=int(width), height=900, dark=scheme == "dark"
    ) as browser:
        browser.open(url)
        browser.until("document.body.dataset.script === 'ready'", "the script does not run")
        browser.run("return new Promise((done) => setTimeout(done, 700))")
        browser.picture(file)
        clean(browser)


def follow(url, node, state):
    with tempfile.TemporaryDirectory() as profile, webdriver.Browser(profile) as browser:
        browser.open(url)
        browser.until(READY, "the page does not become live")
        browser.run("document.body.dataset.same = 'yes'")
        print("following", flush=True)
        browser.until(
            f"""document.querySelector('{cell(node)}').classList.contains('s-{state}')
                && document.querySelector('{cell(node)}').getAttribute('aria-label').startsWith('{node}: ')""",
            f"the page never shows {node} as {state}",
            60,
        )
        assert browser.run("return document.body.dataset.same") == "yes", "the page was loaded again"
        clean(browser)


def measure(url):
    with tempfile.TemporaryDirectory() as profile, webdriver.Browser(profile) as browser:
        browser.open(url)
        browser.until("document.body.dataset.script === 'ready'", "the script does not run", 60)
        browser.run("return new Promise((done) => setTimeout(done, 500))")
        print(
            json.dumps(
                browser.run(
                    """const page = performance.getEntriesByType('navigation')[0];
                    const paint = performance.getEntriesByName('first-contentful-paint')[0];
                    return {transferred: page.transferSize, decoded: page.decodedBodySize,
                        first_byte_ms: Math.round(page.responseStart), paint_ms: paint && Math.round(paint.startTime),
                        ready_ms: Math.round(page.domContentLoadedEventEnd),
                        cells: document.querySelectorAll('a[data-node]').length}"""
                )
            )
        )


if __name__ == "__main__":
    commands = {"check": check, "picture": picture, "follow": follow, "measure": measure}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    if not webdriver.is_there():
        sys.exit("chromium and chromedriver are missing: `deploy/packages --tests` installs them")
    commands[sys.argv[1]](*sys.argv[2:])
