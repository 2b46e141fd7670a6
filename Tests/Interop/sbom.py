"""Makes the SBOM and the copyright file of a build, and has spdx-tools judge the SBOM.

    sbom.py ROOT SCRATCH     SCRATCH is the folder of a build, release or debug
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

root, scratch = Path(sys.argv[1]), sys.argv[2]


def make(*arguments):
    command = [root / "deploy/sbom", *arguments, "--scratch", scratch]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


arguments = ["spdx", "--version", "1.2.3", "--commit", "c" * 40, "--architecture", "amd64", "--libraries", "libc6 libssl3"]
text = make(*arguments)
assert text == make(*arguments), "the same build gives another text"
document = json.loads(text)
packages = {package["name"]: package for package in document["packages"]}
assert document["spdxVersion"] == "SPDX-2.3" and document["creationInfo"]["created"] == "2023-11-14T22:13:20Z"
assert document["documentDescribes"] == ["SPDXRef-Package-ima"] and packages["ima"]["versionInfo"] == "1.2.3"

resolved = json.loads((root / "Package.resolved").read_text())["pins"]
for pin in resolved:
    package = packages[pin["identity"]]
    assert package["versionInfo"] == pin["state"]["version"], package
    assert package["licenseDeclared"] != "NOASSERTION", package
linked = {
    relation["relatedSpdxElement"] for relation in document["relationships"] if relation["relationshipType"] == "STATIC_LINK"
}
for name in ["swift-nio", "yams", "grdb.swift", "swift-argument-parser", "swift-runtime", "swift-foundation-icu"]:
    assert packages[name]["SPDXID"] in linked, name
assert packages["async-http-client"]["SPDXID"] not in linked
for name in ["boringssl", "libyaml", "llhttp", "libc6", "libssl3"]:
    assert name in packages, name

with tempfile.NamedTemporaryFile("w", suffix=".spdx.json") as file:
    file.write(text)
    file.flush()
    messages = validate_full_spdx_document(parse_file(file.name))
assert not messages, "\n".join(message.validation_message for message in messages)

copyright = make("copyright")
stanzas = [dict(line.split(": ", 1) for line in stanza.splitlines() if line[:1].isalpha() and ": " in line)
           for stanza in copyright.split("\n\n")]
files = [stanza for stanza in stanzas if "Files" in stanza]
texts = {stanza["License"] for stanza in stanzas if "Files" not in stanza and "License" in stanza}
assert len(files) > 15 and all(stanza["License"] in texts and stanza["Copyright"] for stanza in files), files
print(f"{len(packages)} packages, {len(linked)} of them linked, {len(files)} stanzas")
