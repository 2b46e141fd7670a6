"""The other side's libraries: signs alerts with jwcrypto or joserfc, and checks our events with them and jsonschema.

    interop.py keys   LIBRARY ALGORITHM FOLDER    a private key and its public JWK set, as alert.key.json, alert.jwks.json
    interop.py sign   LIBRARY ALGORITHM FOLDER    the payload on standard input as a compact JWS
    interop.py verify LIBRARY JWKS                the event on standard input; exits 0 where all of it is right
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
