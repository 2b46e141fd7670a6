"""Asks the HTTP side of a running agent, and judges it by its own description.

    api.py check  URL               every route: schema, gzip, ETag, HEAD, refusals, pages of lists, the stream
    api.py stream URL AFTER COUNT   prints the names, ids and data of the first events, a JSON object a line
    api.py weigh  URL               bytes and milliseconds of each route, a JSON object a line
"""

import gzip
import http.client
import json
import sys
import time
import urllib.parse

import jsonschema


class Client:
    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc

    def ask(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def json(self, path):
        status, _, body = self.ask(path)
        assert status == 200, (path, status, body[:300])
        return json.loads(body)

    def events(self, path, last=None):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request("GET", path, headers={"Last-Event-ID": last} if last else {})
        answer = connection.getresponse()
        assert answer.status == 200, (answer.status, answer.read())
        assert answer.headers["Content-Type"] == "text/event-stream"
        event = {}
        try:
            for line in answer:
                line = line.decode().rstrip("\n")
                if line.startswith(":"):
                    continue
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                elif event:
                    yield event
                    event = {}
        finally:
            connection.close()


def validator(document, schema):
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})


def check(url):
    client = Client(url)
    document = client.json("/api/v1/openapi.json")
    breaches = client.json("/api/v1/breaches")
    status = client.json("/api/v1/status")
    resources = client.json("/api/v1/resources")
    ids = {"/api/v1/breaches/{id}": breaches[0]["id"] if breaches else None, "/api/v1/resources/{id}": resources[0]["id"]}
    for path, operations in document["paths"].items():
        operation = operations["get"]
        content = operation["responses"]["200"]["content"]
        if "application/json" not in content:
            continue
        if "{id}" in path:
            if not ids[path]:
                continue
            path = path.replace("{id}", ids[path])
        code, headers, plain = client.ask(path)
        assert code == 200, (path, code, plain)
        problems = list(validator(document, content["application/json"]["schema"]).iter_errors(json.loads(plain)))
        assert not problems, (path, [(list(one.absolute_path), one.message) for one in problems[:5]])
        assert headers["x-content-type-options"] == "nosniff" and "default-src 'none'" in headers["content-security-policy"]
        # Compressed it is the same, and is not sent again where it is known.
        if len(plain) > 4000:
            _, zipped, body = client.ask(path, Accept_Encoding="gzip")
            assert zipped["content-encoding"] == "gzip" and zipped["vary"] == "Accept-Encoding", (path, zipped)
            assert json.loads(gzip.decompress(body)).keys() == json.loads(plain).keys() if plain[:1] == b"{" else True
            assert len(body) * 2 < len(plain), (path, len(body), len(plain))
        code, again, body = client.ask(path, If_None_Match=headers["etag"])
        if code == 200:
            # Something may just have happened.
            code, again, body = client.ask(path, If_None_Match=again["etag"])
        assert code == 304 and body == b"", (path, code, again)
        code, head, body = client.ask(path, "HEAD")
        assert code == 200 and body == b"" and int(head["content-length"]) > 0, (path, head)
        for method in ["POST", "PUT", "DELETE", "PATCH"]:
            code, refused, body = client.ask(path, method)
            assert code == 405 and refused["allow"] == "GET, HEAD" and b"error" in body, (path, method, code)
    for bad in [
        "/api/v1/resources?limit=0",
        "/api/v1/resources?limit=1001",
        "/api/v1/resources?limit=x",
        "/api/v1/resources?state=well",
        "/api/v1/breaches?limit=-1",
        "/api/v1/breaches?state=lost",
        "/api/v1/history?limit=100000",
        "/api/v1/history?since=yesterday",
        "/api/v1/history?after=-1",
        "/api/v1/stream?view=other",
    ]:
        code, _, body = client.ask(bad)
        assert code == 400 and json.loads(body)["error"], (bad, code, body)
    for unknown in ["/api/v1/breaches/nope", "/api/v1/resources/nope", "/api/v1/nothing", "/api/v1/history?breach=ffff"]:
        code, _, body = client.ask(unknown)
        assert code == 404 and json.loads(body)["error"], (unknown, code, body)
    # All pages of a list together are the list, each resource once.
    seen, path = [], "/api/v1/resources?limit=3"
    while path:
        code, headers, body = client.ask(path)
        assert code == 200 and len(json.loads(body)) <= 3
        seen += [one["id"] for one in json.loads(body)]
        path = headers["link"].split(">")[0][1:] if "link" in headers else None
    assert len(seen) == len(set(seen)) == status["resources"], (len(seen), status["resources"])
    for path in ["/", "/?q=" + urllib.parse.quote("<script>"), "/resources/" + seen[0], "/find?q=a"]:
        code, headers, body = client.ask(path, Accept_Encoding="gzip")
        text = (gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body).decode()
        assert code == 200 and "<script>" not in text, path
        assert "script-src 'self'" in headers["content-security-policy"] and "unsafe" not in headers["content-security-policy"]
    code, headers, _ = client.ask("/")
    assert client.ask("/", If_None_Match=headers["etag"])[0] in (200, 304)


def stream(url, after, count):
    for number, event in enumerate(Client(url).events("/api/v1/stream", after or None)):
        print(json.dumps(event), flush=True)
        if number + 1 >= int(count):
            return


def weigh(url):
    client = Client(url)
    for path in ["/", "/api/v1/status", "/api/v1/resources?limit=1000", "/api/v1/breaches", "/find?q=a"]:
        client.ask(path)
        time.sleep(3)
        began = time.monotonic()
        _, _, zipped = client.ask(path, Accept_Encoding="gzip")
        first = time.monotonic() - began
        began = time.monotonic()
        _, _, plain = client.ask(path)
        again = time.monotonic() - began
        print(
            json.dumps(
                {
                    "path": path,
                    "bytes": len(plain),
                    "gzip": len(zipped),
                    "ms": round(first * 1000),
                    "ms_again": round(again * 1000),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    commands = {"check": check, "stream": stream, "weigh": weigh}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
