import JOSE
import Journal
import Logging
import OpenSSL
import PowerEvents
import Shedding
import StrictJSON
import TestSupport
import Testing

@testable import Agent

struct AlertGateTests {
    let folder: TemporaryFolder
    let key: SigningKey
    let gate: AlertGate
    let now = Timestamp(milliseconds: 1_800_000_000_000)
    static let source = EventSource(role: .powerAgent, identifier: "dps")
    static let topic = "cpc/1/grid/v1/poweragent/dps/powerbreach"
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        folder = try TemporaryFolder()
        key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        try folder.write(JWKSet([key.jwk()]).json().text, to: "dps.json")
        try folder.write(JWKSet([key.jwk()]).json().text, to: "other.json")
        let trust = try TrustStore(
            [
                .init(source: Self.source.description, jwks: folder.path("dps.json"), allowUnsigned: false),
                .init(source: "//grid/v1/poweragent/lab", jwks: nil, allowUnsigned: true),
            ], logger: Self.quiet)
        var limits = AgentConfiguration.Limits()
        limits.messageBytes = 100_000
        gate = AlertGate(
            trust: trust, topicPrefix: "cpc/1/", maximumAge: .seconds(10_800), limits: limits, logger: Self.quiet
        )
    }

    private var payload: JSONValue {
        get throws {
            let id = try #require(UUIDText("7c5663bd-044b-4721-b837-1cba1c5e7128"))
            let power = PowerQuantity(watts: Watts(1000), unit: .watt)
            return BreachAlert(
                feedTag: "f", status: .active, severity: .warning, breachID: id, detectedAt: now,
                targetCorrelationID: id, loadConstraint: power, measuredLoad: power
            ).json
        }
    }

    private func event(_ change: (inout CloudEvent) throws -> Void = { _ in }) throws -> [UInt8] {
        var event = CloudEvent(
            id: UUIDText(randomBytes: [UInt8](repeating: 9, count: 16)), source: Self.source, type: .breachAlert,
            time: now, trace: TraceContext(randomBytes: Array(1...24)),
            data: .signed(try JWS.sign(payload.bytes, with: key)))
        try change(&event)
        return event.json.bytes
    }

    private func reason(_ bytes: [UInt8], topic: String = topic) -> RefusalReason? {
        do throws(Refusal) {
            _ = try gate.admit(topic: topic, payload: bytes, now: now)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func admitsAGoodAlert() throws {
        let alert = try gate.admit(topic: Self.topic, payload: event(), now: now)
        #expect(alert.breachID.text == "7c5663bd-044b-4721-b837-1cba1c5e7128")
        #expect(alert.source == Self.source.description)
        #expect(reason(try event(), topic: Self.topic.replacing("poweragent", with: "dsx-flex-agent")) == nil)
    }

    @Test func refusesByReason() throws {
        let stranger = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        let enforcement = Enforcement(
            breachID: UUIDText(randomBytes: [1]), feedTag: "f", action: .applied, code: .success, results: [],
            timestamp: now)
        let payload = try payload
        let cases: [(RefusalReason, [UInt8])] = [
            (.badEnvelope, Array("not json".utf8)), (.badEnvelope, []), (.badEnvelope, [0xFF, 0xFE]),
            (.badEnvelope, Array("{\"id\":1,\"id\":2}".utf8)), (.tooLarge, [UInt8](repeating: 0x20, count: 100_001)),
            (.wrongType, try event { $0.type = .enforcement }),
            (.sourceMismatch, try event { $0.source = EventSource(role: .powerAgent, identifier: "other") }),
            (.unsigned, try event { $0.data = .unsigned(payload) }),
            (.badSignature, try event { $0.data = .signed("a.b.c") }),
            (.badSignature, try event { $0.data = .signed(try JWS.sign(payload.bytes, with: stranger)) }),
            (.badPayload, try event { $0.data = .signed(try JWS.sign(enforcement.json.bytes, with: key)) }),
            (.badPayload, try event { $0.data = .signed(try JWS.sign("[]".utf8, with: key)) }),
            (.stale, try event { $0.time = now - .seconds(10_801) }),
            (.future, try event { $0.time = now + .seconds(301) }),
        ]
        for (expected, bytes) in cases { #expect(reason(bytes) == expected) }
        #expect(reason(try event(), topic: "grid/v1/poweragent/dps/powerbreach") == .wrongTopic)
        #expect(reason(try event(), topic: "cpc/1/grid/v1/infra/dps/powerbreach/enforcement") == .wrongTopic)
        let untrusted = EventSource(role: .powerAgent, identifier: "nobody")
        #expect(
            reason(try event { $0.source = untrusted }, topic: "cpc/1/grid/v1/poweragent/nobody/powerbreach")
                == .untrustedSource)
    }

    @Test func unsignedIsObeyedOnlyWhereWrittenOut() throws {
        let payload = try payload
        let lab = try event {
            $0.source = EventSource(role: .powerAgent, identifier: "lab")
            $0.data = .unsigned(payload)
        }
        #expect(reason(lab, topic: "cpc/1/grid/v1/poweragent/lab/powerbreach") == nil)
    }

    @Test func changedKeysAreReadAgainAndBrokenOnesLeaveTheOld() throws {
        let trust = try TrustStore(
            [.init(source: Self.source.description, jwks: folder.path("other.json"), allowUnsigned: false)],
            logger: Self.quiet)
        #expect(trust.keys(of: Self.source)?.keys.keyIDs == ["k"])
        try folder.write("{ broken", to: "other.json")
        #expect(trust.keys(of: Self.source)?.keys.keyIDs == ["k"])
        let next = try SigningKey(PrivateKey.generate(.p256), keyID: "next")
        try folder.write(JWKSet([key.jwk(), next.jwk()]).json().text, to: "other.json")
        #expect(trust.keys(of: Self.source)?.keys.keyIDs == ["k", "next"])
    }
}
