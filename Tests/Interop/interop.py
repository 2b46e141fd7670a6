"""The other side's libraries: signs alerts with jwcrypto or joserfc, and checks our events with them and jsonschema.

    interop.py keys   LIBRARY ALGORITHM FOLDER    a private key and its public JWK set, as alert.key.json, alert.jwks.json
    interop.py sign   LIBRARY ALGORITHM FOLDER    the payload on standard input as a compact JWS
    interop.py verify LIBRARY JWKS                the event on standard input; exits 0 where all of it is right
    interop.py capture LIBRARY JWKS EVENTS [YAML] every message of a capture (JSON lines with topic and payload), of all four
                                                  types; against the contract's own AsyncAPI file where it is given
"""

import json
import sys

import jsonschema

KID = "interop-1"

TEXT = {"type": "string", "minLength": 1}
UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
POWER = {
    "type": "object",
    "required": ["value", "unit"],
    "properties": {
        "value": {"type": "number", "minimum": 0},
        "unit": {"enum": ["watt", "kilowatt", "megawatt"]},
    },
}
# What the bus promises of an enforcement event: the envelope, and the payload once its signature is off.
ENVELOPE = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "datacontenttype", "subject", "traceparent", "data"],
    "properties": {
        "specversion": {"const": "1.0.2"},
        "id": UUID,
        "source": {"type": "string", "pattern": "^//grid/v1/infra/[^/]+$"},
        "type": {"const": "grid.powerbreach.enforcement.v1"},
        "time": TIME,
        "datacontenttype": {"const": "application/json"},
        "subject": TEXT,
        "correlationid": UUID,
        "traceparent": {"type": "string", "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
        "data": {"type": "string", "pattern": r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"},
    },
}
ENFORCEMENT = {
    "type": "object",
    "required": ["breach_id", "feed_tag", "action", "code", "results", "timestamp"],
    "additionalProperties": False,
    "properties": {
        "breach_id": UUID,
        "feed_tag": TEXT,
        "action": {"enum": ["applied", "reverted"]},
        "code": {"enum": ["success", "partial", "error"]},
        "diag_msg": TEXT,
        "timestamp": TIME,
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["resource_id", "resource_type", "requested_action", "code"],
                "additionalProperties": False,
                "properties": {
                    "resource_id": TEXT,
                    "resource_type": {"enum": ["node", "gpu", "chassis"]},
                    "requested_action": {"enum": ["power_cap", "throttle", "suspend"]},
                    "code": {"enum": ["applied", "failed", "skipped"]},
                    "message": TEXT,
                    "applied_power": POWER,
                },
            },
        },
    },
}


NAMES = {"type": "array", "items": TEXT}
INTERVAL = {"type": "object", "properties": {"start_time": TIME, "end_time": TIME}}
CONSTRAINT = POWER
STRATEGY = {"type": "object", "properties": {"best_effort": {"type": "boolean"}}}
TARGETS = {
    "type": "object",
    "required": ["targets"],
    "properties": {
        "targets": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["interval", "load_constraint"],
                "properties": {
                    "interval": INTERVAL,
                    "feed_tags": NAMES,
                    "load_constraint": {"oneOf": [CONSTRAINT, {"type": "null"}]},
                    "strategy": STRATEGY,
                },
            },
        }
    },
}
TRIGGER = {
    "enum": ["target_set", "start_ramp_down", "end_ramp_down", "start_ramp_up", "end_ramp_up", "periodic"]
}
FEED = {
    "type": "object",
    "required": ["metadata", "targets", "calculated_load", "in_flight", "compliant"],
    "properties": {
        "metadata": {
            "type": "object",
            "required": ["power_minimum", "power_maximum", "default_constraint"],
            "properties": {"power_minimum": POWER, "power_maximum": POWER, "default_constraint": POWER},
        },
        "targets": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["active", "load_constraint", "interval", "strategy", "correlation_id"],
                "properties": {
                    "active": {"type": "boolean"},
                    "load_constraint": CONSTRAINT,
                    "interval": INTERVAL,
                    "strategy": STRATEGY,
                    "correlation_id": UUID,
                },
            },
        },
        "calculated_load": POWER,
        "in_flight": {"type": "boolean"},
        "event": TRIGGER,
        "power_event_start_time": TIME,
        "compliant": {"type": "boolean"},
    },
}
STATUS = {
    "type": "object",
    "required": ["snapshot_time", "feeds"],
    "properties": {
        "snapshot_time": TIME,
        "event": TRIGGER,
        "feeds": {"type": "object", "additionalProperties": FEED},
    },
    "anyOf": [
        {"required": ["event"]},
        {"properties": {"feeds": {"additionalProperties": {"required": ["event"]}}}},
    ],
}
HINT = {
    "type": "object",
    "required": ["resource_id", "resource_type", "action", "priority"],
    "properties": {
        "resource_id": TEXT,
        "resource_type": {"enum": ["node", "gpu", "chassis"]},
        "action": {"enum": ["power_cap", "throttle", "suspend"]},
        "priority": {"type": "integer", "minimum": 1},
        "target_power": POWER,
    },
}
ALERT = {
    "type": "object",
    "required": [
        "feed_tag", "status", "severity", "breach", "target", "measured_load", "infrastructure_actions",
    ],
    "properties": {
        "feed_tag": TEXT,
        "status": {"enum": ["active", "escalated", "resolved"]},
        "severity": {"enum": ["warning", "critical"]},
        "breach": {
            "type": "object",
            "required": ["breach_id", "detected_at"],
            "properties": {"breach_id": UUID, "detected_at": TIME, "resolved_at": TIME},
        },
        "target": {
            "type": "object",
            "required": ["correlation_id", "load_constraint"],
            "properties": {"correlation_id": UUID, "load_constraint": CONSTRAINT},
        },
        "measured_load": POWER,
        "shed_hints": {"type": "array", "items": HINT},
        "infrastructure_actions": {
            "type": "array",
            "items": {"enum": ["SHUTDOWN_NODES", "SHUTDOWN_RACKS", "CUT_DATA_FEEDS", "TRIP_BREAKERS"]},
        },
    },
    "if": {"properties": {"status": {"const": "resolved"}}},
    "then": {"not": {"required": ["shed_hints"]}},
    "else": {"required": ["shed_hints"]},
}
# By type: the role, the end of the topic, the payload, and the name of the contract's own schema.
KINDS = {
    "grid.loadtarget.set.v1": ("isv", "loadtarget/set", TARGETS, "SetLoadTargetData"),
    "grid.powerstate.status.v1": ("poweragent", "powerstate/status", STATUS, "PowerStateStatusData"),
    "grid.powerbreach.alert.v1": ("poweragent", "powerbreach", ALERT, "PowerBreachAlertData"),
    "grid.powerbreach.enforcement.v1": (
        "infra", "powerbreach/enforcement", ENFORCEMENT, "PowerBreachEnforcementData",
    ),
}


def check_capture(library, keys, path, contract):
    validators = {}
    if contract:
        import yaml

        with open(contract) as file:
            document = yaml.safe_load(file)
        for kind, (_, _, _, name) in KINDS.items():
            event = {
                "grid.loadtarget.set.v1": "LoadTargetSetEvent",
                "grid.powerstate.status.v1": "PowerStateStatusEvent",
                "grid.powerbreach.alert.v1": "PowerBreachAlertEvent",
                "grid.powerbreach.enforcement.v1": "PowerBreachEnforcementEvent",
            }[kind]
            validators[kind] = [
                jsonschema.Draft202012Validator(
                    {"$ref": f"#/components/schemas/{schema}", "components": document["components"]},
                    format_checker=jsonschema.FormatChecker(),
                )
                for schema in (event, name)
            ]
    count = 0
    with open(path) as file:
        for line in file:
            message = json.loads(line)
            assert sorted(message) == ["payload", "time", "topic"], sorted(message)
            event = json.loads(message["payload"])
            role, end, schema, _ = KINDS[event["type"]]
            identifier = event["source"].split("/")[-1]
            assert message["topic"] == f"grid/v1/{role}/{identifier}/{end}", message["topic"]
            envelope = json.loads(json.dumps(ENVELOPE))
            envelope["properties"]["source"]["pattern"] = f"^//grid/v1/{role}/[^/]+$"
            envelope["properties"]["type"] = {"const": event["type"]}
            jsonschema.validate(event, envelope)
            payload = json.loads(library.verify(keys, event["data"]))
            jsonschema.validate(payload, schema)
            if validators:
                validators[event["type"]][0].validate(event)
                validators[event["type"]][1].validate(payload)
            count += 1
    print(f"{count} verified and valid")


class JWCrypto:
    @staticmethod
    def generate(algorithm):
        from jwcrypto import jwk

        kind = {"kty": "EC", "crv": "P-256"} if algorithm == "ES256" else {"kty": "RSA", "size": 2048}
        key = jwk.JWK.generate(kid=KID, use="sig", alg=algorithm, **kind)
        return key.export_private(as_dict=True), key.export_public(as_dict=True)

    @staticmethod
    def sign(key, algorithm, payload):
        from jwcrypto import jwk, jws

        token = jws.JWS(payload)
        token.add_signature(jwk.JWK(**key), protected={"alg": algorithm, "kid": KID})
        return token.serialize(compact=True)

    @staticmethod
    def verify(keys, token):
        from jwcrypto import jwk, jws

        checked = jws.JWS()
        checked.deserialize(token)
        checked.verify(jwk.JWKSet.from_json(json.dumps(keys)).get_key(checked.jose_header["kid"]))
        return checked.payload


class JoseRFC:
    @staticmethod
    def generate(algorithm):
        from joserfc.jwk import ECKey, RSAKey

        options = {"kid": KID, "use": "sig", "alg": algorithm}
        key = ECKey.generate_key("P-256", options) if algorithm == "ES256" else RSAKey.generate_key(2048, options)
        return key.as_dict(private=True), key.as_dict(private=False)

    @staticmethod
    def sign(key, algorithm, payload):
        from joserfc import jws
        from joserfc.jwk import ECKey, RSAKey

        loaded = (ECKey if algorithm == "ES256" else RSAKey).import_key(key)
        return jws.serialize_compact({"alg": algorithm, "kid": KID}, payload, loaded, algorithms=[algorithm])

    @staticmethod
    def verify(keys, token):
        from joserfc import jws
        from joserfc.jwk import KeySet

        return jws.deserialize_compact(token, KeySet.import_key_set(keys), algorithms=["ES256", "RS256"]).payload


LIBRARIES = {"jwcrypto": JWCrypto, "joserfc": JoseRFC}


def main(command, library, *rest):
    library = LIBRARIES[library]
    if command == "keys":
        algorithm, folder = rest
        private, public = library.generate(algorithm)
        with open(f"{folder}/alert.key.json", "w") as file:
            json.dump(private, file)
        with open(f"{folder}/alert.jwks.json", "w") as file:
            json.dump({"keys": [public]}, file)
    elif command == "capture":
        with open(rest[0]) as file:
            keys = json.load(file)
        check_capture(library, keys, rest[1], rest[2] if len(rest) > 2 else None)
    elif command == "sign":
        algorithm, folder = rest
        with open(f"{folder}/alert.key.json") as file:
            key = json.load(file)
        print(library.sign(key, algorithm, sys.stdin.buffer.read()), end="")
    else:
        with open(rest[0]) as file:
            keys = json.load(file)
        event = json.load(sys.stdin)
        jsonschema.validate(event, ENVELOPE)
        jsonschema.validate(json.loads(library.verify(keys, event["data"])), ENFORCEMENT)
        print("verified and valid")


main(*sys.argv[1:])
