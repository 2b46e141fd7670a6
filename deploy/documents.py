"""What deploy/docs does to the articles before DocC reads them, and with what DocC says of them.

    documents.py stage FOLDER   copies the catalogue, with CONTRIBUTING.md as an article, and links as DocC spells them
    documents.py judge FILE...  exit 1 where DocC found a mistake: a link that leads nowhere, a picture that is not there

The articles link to each other as files ([Promises](Promises.md)), so that they can be read where they lie.
"""

import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "Sources/Agent/Agent.docc"
LINK = re.compile(r"\]\((?:\.\./\.\./\.\./|Sources/Agent/Agent\.docc/)?(\w+)\.md(?:#([^)]+))?\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def slug(heading):
    """As web pages of repositories name a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def staged(text, headings):
    def link(match):
        name, anchor = match.group(1), match.group(2)
        if name == "CONTRIBUTING":
            name = "Contributing"
        if anchor is None:
            return f"](doc:{name})"
        heading = headings.get(name, {}).get(anchor, anchor)
        return f"](doc:{name}#{re.sub(r'[^A-Za-z0-9]+', '-', heading).strip('-')})"

    return LINK.sub(link, text)


def stage(folder):
    folder = pathlib.Path(folder)
    shutil.copytree(CATALOGUE, folder)
    shutil.copy(ROOT / "CONTRIBUTING.md", folder / "Contributing.md")
    articles = list(folder.glob("*.md"))
    headings = {}
    for article in articles:
        found = HEADING.findall(article.read_text())
        headings[article.stem] = {slug(heading): heading for heading in found}
    for article in articles:
        article.write_text(staged(article.read_text(), headings))


def judge(files):
    mistakes = 0
    for file in files:
        for found in json.loads(pathlib.Path(file).read_text())["diagnostics"]:
            # The house describes a parameter where its name does not.
            if found["severity"] not in ("error", "warning") or "is missing documentation" in found["summary"]:
                continue
            line = found.get("range", {}).get("start", {}).get("line", 0)
            print(f"{found.get('source', file)}:{line}: {found['summary']}", file=sys.stderr)
            mistakes += 1
    if mistakes:
        sys.exit(f"deploy/docs: {mistakes} mistakes in the documents")


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "stage":
        stage(*arguments)
    elif command == "judge":
        judge(arguments)
    else:
        sys.exit(__doc__)
