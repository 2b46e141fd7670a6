import Foundation
import JOSE
import OpenSSL
import PowerEvents
import StrictJSON

/// Everything that somebody who reaches the broker could send, each with the reason it has to be refused for.
struct HostileCatalogue {
    struct Item {
        let name: String
        let reason: String
        let topic: String
        let bytes: [UInt8]
    }

    /// A trusted source with its key.
    struct Party {
        let source: EventSource
        let key: SigningKey

        var topic: String { Topic(.breachAlert, publisher: source, prefix: "").description }
    }

    let owner: Party
    /// Trusted as well, for breaches of its own.
    let other: Party
    let now: Timestamp
    /// A breach of the owner's that is open, one that is resolved, and the payload that opened the latter.
    let openBreach: UUIDText
    let resolvedBreach: UUIDText
    let hintLimit: Int

    private(set) var items: [Item] = []

    init(
        owner: Party, other: Party, now: Timestamp, openBreach: UUIDText, resolvedBreach: UUIDText, hintLimit: Int
    ) throws {
        self.owner = owner
        self.other = other
        self.now = now
        self.openBreach = openBreach
        self.resolvedBreach = resolvedBreach
        self.hintLimit = hintLimit
        try addEnvelopes()
        try addIdentities()
        try addTokens()
        try addPayloads()
        try addStates()
    }

    // MARK: Making

    private mutating func add(_ name: String, _ reason: String, _ bytes: [UInt8], topic: String? = nil) {
        items.append(Item(name: name, reason: reason, topic: topic ?? owner.topic, bytes: bytes))
    }

    /// An alert that would cap a node that nobody else touches.
    func payload(breach: UUIDText? = nil, status: String = "active", detectedAt: Timestamp? = nil) throws -> JSONObject
    {
        let breach = try breach ?? UUIDText(randomBytes: RandomBytes.draw(16))
        let watts: JSONValue = ["value": 1000, "unit": "watt"]
        var object = JSONObject()
        object["feed_tag"] = "main-a"
        object["status"] = .string(status)
        object["severity"] = "critical"
        object["breach"] = [
            "breach_id": .string(breach.text), "detected_at": .string((detectedAt ?? now).description),
        ]
        object["target"] = ["correlation_id": .string(breach.text), "load_constraint": watts]
        object["measured_load"] = watts
        object["shed_hints"] = [
            [
                "resource_id": "cpu-8", "resource_type": "node", "action": "power_cap", "priority": 1,
                "target_power": watts,
            ]
        ]
        object["infrastructure_actions"] = []
        return object
    }

    private func envelope(_ data: JSONValue, from party: Party? = nil) throws -> JSONObject {
        let event = CloudEvent(
            id: UUIDText(randomBytes: try RandomBytes.draw(16)), source: (party ?? owner).source, type: .breachAlert,
            time: now, trace: TraceContext(randomBytes: try RandomBytes.draw(24)), data: .signed(""))
        var object = event.json.object ?? JSONObject()
        object["data"] = data
        return object
    }

    private func signed(_ payload: [UInt8], by party: Party? = nil) throws -> JSONValue {
        .string(try JWS.sign(payload, with: (party ?? owner).key))
    }

    private func event(
        _ payload: JSONObject, by party: Party? = nil, _ change: (inout JSONObject) -> Void = { _ in }
    ) throws -> [UInt8] {
        var object = try envelope(signed(JSONValue.object(payload).bytes, by: party), from: party)
        change(&object)
        return JSONValue.object(object).bytes
    }

    private func token(header: String, _ payload: [UInt8], key: PrivateKey? = nil) throws -> String {
        let text = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(payload))"
        return "\(text).\(Base64URL.encode(try (key ?? owner.key.privateKey).sign(text.utf8)))"
    }

    private func changed(_ key: String, _ value: JSONValue?) -> (inout JSONObject) -> Void {
        { $0[key] = value }
    }

    // MARK: The envelope

    private mutating func addEnvelopes() throws {
        let good = try event(payload())
        add("empty", "bad_envelope", [])
        add("no JSON", "bad_envelope", Array("cap everything".utf8))
        add("binary", "bad_envelope", (0...255).map { UInt8($0) })
        add("invalid UTF-8", "bad_envelope", Array("{\"id\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8))
        add("truncated", "bad_envelope", Array(good.prefix(good.count - 20)))
        add("followed by more", "bad_envelope", good + Array("{}".utf8))
        add("an array", "bad_envelope", Array("[]".utf8))
        add("deep nesting", "bad_envelope", Array(String(repeating: "[", count: 100_000).utf8))
        add("NaN", "bad_envelope", Array("{\"specversion\": NaN}".utf8))
        add("a huge number", "bad_envelope", Array("{\"x\": 1\(String(repeating: "0", count: 5000))}".utf8))
        let text = String(decoding: good, as: UTF8.self)
        add("a member twice", "bad_envelope", Array("{\"specversion\":\"1.0\",\(text.dropFirst())".utf8))
        add("5 MB", "too_large", good + [UInt8](repeating: 0x20, count: 5 << 20))
        for member in [
            "specversion", "id", "source", "type", "time", "datacontenttype", "subject", "traceparent", "data",
        ] {
            add("without \(member)", "bad_envelope", try event(payload(), changed(member, nil)))
        }
        let wrong: [(String, JSONValue)] = [
            ("id", 7), ("id", "not-a-uuid"), ("source", 1), ("source", "dps"), ("type", "grid.unknown.v1"),
            ("time", "yesterday"), ("time", 1_800_000_000), ("specversion", "0.3"), ("datacontenttype", "text/plain"),
            ("traceparent", "00-zz"), ("data", 5), ("data", [:]), ("data", nil), ("data_base64", "e30="),
        ]
        for (member, value) in wrong where !(member == "data" && value.object != nil) {
            add("\(member) is \(value.text)", "bad_envelope", try event(payload(), changed(member, value)))
        }
    }

    // MARK: Who it says it is

    private mutating func addIdentities() throws {
        add(
            "another source's event on the owner's topic", "source_mismatch", try event(payload(), by: other),
            topic: owner.topic)
        add("the owner's event on another's topic", "source_mismatch", try event(payload()), topic: other.topic)
        add(
            "a source nobody trusts", "source_mismatch",
            try event(payload(), changed("source", "//grid/v1/poweragent/stranger")))
        add(
            "an enforcing agent as source", "source_mismatch",
            try event(payload(), changed("source", "//grid/v1/infra/dps-test")))
        for type in ["grid.powerbreach.enforcement.v1", "grid.loadtarget.set.v1", "grid.powerstate.status.v1"]
        where EventType(rawValue: type) != nil {
            add("type \(type)", "wrong_type", try event(payload(), changed("type", .string(type))))
        }
        add("unsigned", "unsigned", try event(payload(), changed("data", .object(payload()))))
        // The envelope is the owner's, the signature another trusted source's.
        let borrowed = try envelope(signed(JSONValue.object(payload()).bytes, by: other))
        add("another source's key", "bad_signature", JSONValue.object(borrowed).bytes)
    }

    // MARK: Tokens

    private mutating func addToken(_ name: String, _ token: String) throws {
        add(name, "bad_signature", JSONValue.object(try envelope(.string(token))).bytes)
    }

    private mutating func addTokens() throws {
        let body = JSONValue.object(try payload()).bytes
        let kid = owner.key.keyID
        let good = try JWS.sign(body, with: owner.key)
        let parts = good.split(separator: ".").map(String.init)
        func bytes(_ part: String) -> [UInt8] { Base64URL.decode(part) ?? [] }
        try addToken("no token", "")
        try addToken("a.b.c", "a.b.c")
        try addToken("two parts", parts[0] + "." + parts[1])
        try addToken("four parts", good + ".e30")
        try addToken("no signature", parts[0] + "." + parts[1] + ".")
        for name in ["none", "None", "NONE"] {
            let header = Base64URL.encode(Array(#"{"alg":"\#(name)","kid":"\#(kid)"}"#.utf8))
            try addToken("alg \(name)", "\(header).\(parts[1]).")
            try addToken("alg \(name) with a signature", "\(header).\(parts[1]).\(parts[2])")
        }
        // HS256 with the public key as its secret: the classic confusion.
        for name in ["HS256", "HS384", "ES384", "ES512", "PS256", "EdDSA", "RS256", "RS1"] {
            try addToken("alg \(name)", try token(header: #"{"alg":"\#(name)","kid":"\#(kid)"}"#, body))
        }
        try addToken("no alg", try token(header: #"{"kid":"\#(kid)"}"#, body))
        try addToken("no kid", try token(header: #"{"alg":"ES256"}"#, body))
        for name in ["nobody", "../../etc/passwd", "' OR 1=1 --", "", #"\nFORGED notice ima: thawed\u001b[2J"#] {
            try addToken("kid \(name)", try token(header: #"{"alg":"ES256","kid":"\#(name)"}"#, body))
        }
        let extras = [
            #""crit":["exp"]"#, #""b64":false,"crit":["b64"]"#, #""jku":"https://evil.example/keys""#,
            #""x5u":"https://evil.example/cert""#, #""x5c":["MII="]"#, #""jwk":{"kty":"EC"}"#,
        ]
        for extra in extras {
            try addToken("header with \(extra)", try token(header: #"{"alg":"ES256","kid":"\#(kid)",\#(extra)}"#, body))
        }
        try addToken("header twice", try token(header: #"{"alg":"ES256","kid":"x","kid":"\#(kid)"}"#, body))
        try addToken("header is an array", try token(header: "[]", body))
        let stranger = try PrivateKey.generate(.p256)
        try addToken("a stranger's key", try token(header: #"{"alg":"ES256","kid":"\#(kid)"}"#, body, key: stranger))
        let weak = try PrivateKey.generate(.rsa(bits: 1024))
        try addToken("RSA of 1024 bits", try token(header: #"{"alg":"RS256","kid":"\#(kid)"}"#, body, key: weak))
        let signature = bytes(parts[2])
        try addToken("a short signature", "\(parts[0]).\(parts[1]).\(Base64URL.encode(Array(signature.dropLast())))")
        try addToken("a long signature", "\(parts[0]).\(parts[1]).\(Base64URL.encode(signature + [0]))")
        try addToken("r and s are 0", "\(parts[0]).\(parts[1]).\(Base64URL.encode([UInt8](repeating: 0, count: 64)))")
        let der = [0x30, 0x44, 0x02, 0x20] + signature.prefix(32) + [0x02, 0x20] + signature.suffix(32)
        try addToken("a DER signature", "\(parts[0]).\(parts[1]).\(Base64URL.encode(der))")
        var tampered = body
        tampered[tampered.count / 2] ^= 1
        try addToken("a changed payload", "\(parts[0]).\(Base64URL.encode(tampered)).\(parts[2])")
        let otherHeader = Base64URL.encode(Array(#"{"kid":"\#(kid)","alg":"ES256"}"#.utf8))
        try addToken("a changed header", "\(otherHeader).\(parts[1]).\(parts[2])")
        try addToken("padding", "\(parts[0]).\(parts[1])==.\(parts[2])")
        try addToken("white space", "\(parts[0]).\(parts[1]) .\(parts[2])")
        try addToken("plain base64", good.replacing("_", with: "/").replacing("-", with: "+") + "+/")
    }

    // MARK: Payloads, well signed

    private mutating func addPayload(_ name: String, _ bytes: [UInt8], _ reason: String = "bad_payload") throws {
        add("signed: \(name)", reason, JSONValue.object(try envelope(signed(bytes))).bytes)
    }

    private mutating func addPayloads() throws {
        try addPayload("nothing", [])
        try addPayload("an array", Array("[]".utf8))
        try addPayload("no JSON", Array("cap".utf8))
        try addPayload("deep nesting", Array(String(repeating: "[", count: 1000).utf8))
        let enforcement = Enforcement(
            breachID: openBreach, feedTag: "main-a", action: .applied, code: .success, results: [], timestamp: now)
        try addPayload("an enforcement", enforcement.json.bytes)
        let good = try payload()
        let text = JSONValue.object(good).text
        try addPayload("a member twice", Array("{\"status\":\"active\",\(text.dropFirst())".utf8))
        for member in ["feed_tag", "status", "severity", "breach", "target", "measured_load", "infrastructure_actions"]
        {
            var object = good
            object[member] = nil
            try addPayload("without \(member)", JSONValue.object(object).bytes)
        }
        let id = JSONValue.string(openBreach.text)
        let time = JSONValue.string(now.description)
        let wrong: [(String, JSONValue)] = [
            ("feed_tag", ""), ("feed_tag", 5), ("status", "on"), ("status", true), ("severity", 3),
            ("breach", ["breach_id": id]), ("breach", ["detected_at": time]),
            ("breach", ["breach_id": "7", "detected_at": time]), ("breach", ["breach_id": id, "detected_at": 1]),
            ("target", ["correlation_id": id]), ("target", ["load_constraint": ["value": 1, "unit": "watt"]]),
            ("measured_load", "1 MW"), ("measured_load", ["value": -1, "unit": "watt"]),
            ("measured_load", ["value": 1, "unit": "horsepower"]), ("measured_load", ["value": "1", "unit": "watt"]),
            ("infrastructure_actions", ["EXPLODE"]), ("infrastructure_actions", [:]), ("shed_hints", [:]),
            ("shed_hints", ["cpu-8"]), ("shed_hints", [[:]]),
        ]
        for (member, value) in wrong {
            var object = good
            object[member] = value
            try addPayload("\(member) is \(value.text)", JSONValue.object(object).bytes)
        }
        let hints: [(String, JSONValue?)] = [
            ("resource_id", nil), ("resource_id", ""), ("resource_id", 8), ("resource_type", nil),
            ("resource_type", "rack"), ("action", nil), ("action", "explode"), ("priority", nil), ("priority", 0),
            ("priority", JSONNumber(1.5).map(JSONValue.number)), ("priority", "1"), ("target_power", "900"),
            ("target_power", ["value": 900]),
        ]
        for (member, value) in hints {
            var hint = good["shed_hints"]?.array?.first?.object ?? JSONObject()
            hint[member] = value
            var object = good
            object["shed_hints"] = [.object(hint)]
            try addPayload("a hint's \(member) is \(value?.text ?? "missing")", JSONValue.object(object).bytes)
        }
        var crowd = good
        crowd["shed_hints"] = .array(Array(repeating: good["shed_hints"]?.array?.first ?? .null, count: hintLimit + 1))
        try addPayload("a hint too many", JSONValue.object(crowd).bytes, "too_many_hints")
    }

    // MARK: Time and state

    private mutating func addStates() throws {
        add("4 h old", "stale", try event(payload(), changed("time", .string((now - .seconds(4 * 3600)).description))))
        add("10 min ahead", "future", try event(payload(), changed("time", .string((now + .seconds(600)).description))))
        add("detected 2 days ago", "stale_breach", try event(payload(detectedAt: now - .seconds(2 * 86_400))))
        add("detected in 10 min", "future_breach", try event(payload(detectedAt: now + .seconds(600))))
        // A captured payload in a new envelope: the signature does not cover the envelope.
        add("re-wrapped after its end", "breach_resolved", try event(payload(breach: resolvedBreach)))
        add(
            "escalated after its end", "breach_resolved",
            try event(payload(breach: resolvedBreach, status: "escalated")))
        add(
            "another source's breach", "foreign_breach", try event(payload(breach: openBreach), by: other),
            topic: other.topic)
        add(
            "another source's end of a breach", "foreign_breach",
            try event(payload(breach: openBreach, status: "resolved"), by: other), topic: other.topic)
    }
}
