"""Makes releases of a small package in a clone, and holds `deploy/release` to what it refuses.

    release.py ROOT FOLDER     FOLDER is a temporary one
"""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

root, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
clone = folder / "clone"


def run(*command, cwd=clone, fails=None):
    result = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    if fails is None:
        assert result.returncode == 0, (command, result.stderr)
    else:
        assert result.returncode == 1 and fails in result.stderr and result.stderr.count("\n") >= 1, (
            command, result.returncode, result.stderr)
    return result.stdout


run("git", "clone", "--quiet", "--no-hardlinks", root, clone, cwd=folder)
shutil.copy(root / "deploy/release", clone / "deploy/release")
run("git", "add", "-f", "deploy/release")
run("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--allow-empty", "-m", "test")
commit = run("git", "rev-parse", "HEAD").strip()
release = clone / "deploy/release"


def package(commit, file, version="1.2.3"):
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: ima\nVersion: {version}\nArchitecture: amd64\nMaintainer: t <t@example.com>\nDescription: a test\n")
    (tree / "usr/share/ima").mkdir(parents=True)
    (tree / "usr/share/ima/sbom.spdx.json").write_text(json.dumps({"packages": [{
        "name": "ima", "sourceInfo": f"built from commit {commit}",
        "externalRefs": [{"referenceLocator": "pkg:deb/debian/libc6@2.36"}]}]}))
    run("dpkg-deb", "--root-owner-group", "-b", tree, file, cwd=folder)
    return file


def key(name, curve="prime256v1"):
    file = folder / name
    run("openssl", "ecparam", "-name", curve, "-genkey", "-noout", "-out", file, cwd=folder)
    file.chmod(0o600)
    public = folder / f"{name}.pub"
    run("openssl", "pkey", "-in", file, "-pubout", "-out", public, cwd=folder)
    return file, public


own, public = key("own.pem")
_, other = key("other.pem")
small = package(commit, folder / "small.deb")
out = folder / "out"


def make(name, *more, key=own, package=small, fails=None):
    return run(release, "--key", key, "--package", package, "--out", folder / name, *more, fails=fails)


def verify(place=out, public=public, fails=None):
    return run(release, "--verify", place, "--public-key", public, fails=fails)


# What is refused before anything is made.
own.chmod(0o640)
make("no", fails="others can read the key; chmod 600 it")
own.chmod(0o600)
make("no", key=folder / "absent.pem", fails="no such key file")
make("no", key=public, fails="others can read")
make("no", key=key("curve.pem", "secp256k1")[0], fails="P-256 or P-384")
make("no", package=package("0" * 40, folder / "foreign.deb"), fails="was not built of")
make("no", package=package(f"{commit}, and changes", folder / "dirty.deb"), fails="was not built of")
(clone / "README.md").write_text("changed")
make("no", fails="not committed")
run("git", "checkout", "--quiet", "README.md")
(clone / "untracked").write_text("new")
make("no", fails="not committed")
(clone / "untracked").unlink()
assert not (folder / "no").exists()

assert make("out").splitlines()[-1] == str(out)
assert commit in verify()
verify(make("large", key=key("large.pem", "secp384r1")[0]).strip(), folder / "large.pem.pub")
make("out", fails="is not empty")
verify(public=other, fails="the signature is not of this key")

# By other people's hands, as SECURITY.md says.
run("openssl", "dgst", "-sha256", "-verify", public, "-signature", "SHA256SUMS.sig", "SHA256SUMS", cwd=out)
run("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=out)

# The envelope, by its specification.
envelope = json.loads((out / "ima_1.2.3_amd64.intoto.jsonl").read_text())
payload = base64.b64decode(envelope["payload"])
statement = json.loads(payload)
assert statement["_type"] == "https://in-toto.io/Statement/v1"
assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
assert {subject["name"] for subject in statement["subject"]} == {"ima_1.2.3_amd64.deb", "ima_1.2.3_amd64.spdx.json"}
definition = statement["predicate"]["buildDefinition"]
assert {"buildType", "externalParameters", "resolvedDependencies"} <= set(definition)
assert definition["resolvedDependencies"][0]["digest"] == {"gitCommit": commit}
assert any("libc6" in entry.get("uri", "") for entry in definition["resolvedDependencies"])
assert statement["predicate"]["runDetails"]["builder"]["id"]
kind = envelope["payloadType"].encode()
(folder / "pae").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
(folder / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
run("openssl", "dgst", "-sha256", "-verify", public, "-signature", "sig", "pae", cwd=folder)

# Any byte: the small files whole, of the others the ends and what lies between.
count = 0
for file in sorted(out.iterdir()):
    good = file.read_bytes()
    step = 1 if len(good) < 100 else max(1, len(good) // 24)
    for place in sorted({*range(0, len(good), step), len(good) - 1}):
        bad = bytearray(good)
        bad[place] ^= 0x01
        file.write_bytes(bad)
        verify(fails="deploy/release: ")
        count += 1
    for bad in (good[:-1], good + b"\n", b""):
        file.write_bytes(bad)
        verify(fails="deploy/release: ")
    file.unlink()
    verify(fails="missing")
    file.write_bytes(good)
(out / "more").write_text("x")
verify(fails="no part of the release")
(out / "more").unlink()

# Signed sums over another provenance: each part is held to the others, and not to the sums alone.
def resign(change):
    place = folder / "resigned"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(out, place)
    change(place)
    sums = "".join(
        run("sha256sum", file.name, cwd=place) for file in sorted(place.iterdir()) if not file.name.startswith("SHA256"))
    (place / "SHA256SUMS").write_text(sums)
    run("openssl", "dgst", "-sha256", "-sign", own, "-out", "SHA256SUMS.sig", "SHA256SUMS", cwd=place)
    return place


verify(resign(lambda place: None))
verify(resign(lambda place: (place / "ima_1.2.3_amd64.spdx.json").write_text("{}")), fails="is of other files")
verify(resign(lambda place: (place / "ima_1.2.3_amd64.intoto.jsonl").unlink()), fails="has 0 files")


def unsigned(place):
    changed = {**envelope, "payload": base64.b64encode(payload.replace(b"by-hand", b"by-CI")).decode()}
    (place / "ima_1.2.3_amd64.intoto.jsonl").write_text(json.dumps(changed))


verify(resign(unsigned), fails="the signature is not of this key")
verify()
print(f"{count} altered bytes were noticed")
