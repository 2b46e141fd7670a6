"""Holds the schemas of both file formats against files that are right, and against mistakes.

    schemas.py ROOT
"""

import copy
import json
import re
import sys
from pathlib import Path

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors and the agent read it: no dates, no yes and no, no 1:30 in base sixty."""


Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":int", ":float", ":bool"))]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^-?[0-9]+$"), list("-0123456789"))

root = Path(sys.argv[1])


def validator(path):
    schema = json.loads((root / path).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def read(path):
    return yaml.load((root / path).read_text(), Loader)


def put(document, path, value):
    """A copy with another value under a path; `...` takes the key away."""
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        if isinstance(place, dict):
            place = place.setdefault(key, {})
        else:
            place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


ima, site = validator("deploy/ima.schema.json"), validator("inventory/site.schema.json")
right = [(ima, name) for name in ["deploy/ima.yaml", "deploy/sample/ima.yaml"]]
right += [(site, str(path.relative_to(root))) for path in sorted((root / "inventory").glob("*/*.yaml"))]
right += [(site, "deploy/sample/site.yaml")]
for schema, name in right:
    errors = [f"{name}: {error.json_path}: {error.message}" for error in schema.iter_errors(read(name))]
    assert not errors, "\n".join(errors)

# What the agent takes, beyond the samples.
configuration = read("deploy/ima.yaml")
for path, value in [
    (("enforcement", "hold_down"), 0), (("enforcement", "hold_down"), "1.5 min"), (("mode",), "${MODE}"),
    (("control",), {"path": "/run/ima/control.sock", "group": "ima-operators"}), (("inventory",), "site.yaml"),
    (("enforcement", "max_rate"), "500kW/min"), (("limits", "message"), 8192), (("enforcement", "step"), "12.5%"),
    (("broker", "url"), "mqtt://${BROKER}:1883"), (("trust", 0), {"source": "//grid/v1/poweragent/a", "allow_unsigned": True}),
]:
    jsonschema.validate(put(configuration, path, value), ima.schema)

wrong = [
    (("agent",), ...), (("agent", "id"), "ima.prod"), (("agent", "name"), "x"), (("broker", "url"), "http://a"),
    (("broker", "qos"), 3), (("broker", "tls", "key"), ...), (("broker", "tls", "ca"), ...),
    (("broker", "topic_prefix"), "cpc"), (("trust", 0, "jwks"), ...), (("trust", 0, "allow_unsinged"), True),
    (("signing", "kid"), ...), (("inventory",), []), (("journal",), ...), (("mode",), "enforced"),
    (("enforcement", "hold_down"), "30"), (("enforcement", "hold_down"), 30), (("enforcement", "holddown"), "30s"),
    (("enforcement", "step"), "110%"), (("enforcement", "step"), 10), (("enforcement", "pace"), "fast"),
    (("enforcement", "on_drift"), "ignore"), (("enforcement", "suspend"), ["PowerCycle"]),
    (("enforcement", "max_rate"), "500kW"), (("enforcement", "throttle", "cpu"), "60%"),
    (("enforcement", "reassert_limit"), -1), (("redfish", "connections_per_bmc"), 0), (("redfish", "retries"), 21),
    (("limits", "message"), "4 megabytes"), (("http",), "127.0.0.1"), (("control",), {"group": "ops"}),
    (("log", "format"), "xml"), (("listen",), "127.0.0.1:9660"), (("broker", "token_file"), None),
]
for path, value in wrong:
    assert not ima.is_valid(put(configuration, path, value)), f"deploy/ima.schema.json lets {path} = {value} pass"
both = put(put(configuration, ("broker", "token_file"), "t"), ("broker", "oauth2"),
           {"token_url": "https://a", "client_id": "c", "client_secret_file": "s"})
assert not ima.is_valid(both), "token_file and oauth2 together"

inventory = read("inventory/demo/site.yaml")
node = ("nodes", 0)
wrong = [
    (("credentials", "bmc", "password"), "secret"), (("credentials", "bmc", "password_file"), ...),
    (("credentials", "bmc", "user"), "x"), (("defaults", "bmc", "tls"), {"ca": "a", "verify": False}),
    (("defaults", "bmc", "tls"), {}), (("defaults", "node"), {}), (("racks",), []), (node + ("id",), ...),
    (node + ("bmc",), ...), (node + ("floor",), 3200), (node + ("floor",), "3.2 kilowatt"), (node + ("protected",), "no"),
    (node + ("allow",), ["power_off"]), (node + ("shed_order",), -1), (node + ("gpus", "count"), 8),
    (node + ("redfish",), {"power_limit": "Chassis/1"}), (node + ("hostname",), "x"),
    (("groups",), [{"id": "row-a", "members": []}]), (("groups",), [{"members": ["rack-a07"]}]),
    (("defaults", "bmc", "tls"), {"pin": "sha256//short"}),
]
for path, value in wrong:
    assert not site.is_valid(put(inventory, path, value)), f"inventory/site.schema.json lets {path} = {value} pass"

print(f"{len(right)} files are right by their schemas")
