import Foundation
import JOSE
import Logging
import OpenSSL
import PowerEvents
import Settings
import StrictJSON
import TestSupport
import Testing

@testable import Agent

/// What `ima plan` says of an alert that the agent would refuse.
struct AlertPlanTests {
    private let folder: TemporaryFolder
    private let key: SigningKey
    private static let source = EventSource(role: .powerAgent, identifier: "dps-prod")
    private static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    init() throws {
        folder = try ConfigurationTests().folder
        key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        try folder.write(JWKSet([key.jwk()]).json().text, to: "dps.json")
    }

    private func alert(hints: Int = 1, detectedAt: Timestamp = now) throws -> BreachAlert {
        let id = try #require(UUIDText("7c5663bd-044b-4721-b837-1cba1c5e7128"))
        let power = PowerQuantity(watts: Watts(1000), unit: .watt)
        return BreachAlert(
            feedTag: "f", status: .active, severity: .warning, breachID: id, detectedAt: detectedAt,
            targetCorrelationID: id, loadConstraint: power, measuredLoad: power,
            shedHints: (0..<hints).map {
                ShedHint(
                    resourceID: "n\($0 + 1)", resourceType: .node, action: .powerCap, priority: 1, targetPower: power)
            })
    }

    private func event(_ payload: JSONValue) throws -> JSONValue {
        CloudEvent(
            id: UUIDText(randomBytes: [UInt8](repeating: 9, count: 16)), source: Self.source, type: .breachAlert,
            time: Self.now, trace: TraceContext(randomBytes: Array(1...24)),
            data: .signed(try JWS.sign(payload.bytes, with: key))
        ).json
    }

    private func plan(_ input: JSONValue, limits: String = "") throws -> AlertPlan {
        let configuration = try ConfigurationReader.load(
            folder.write(ConfigurationTests.good + limits, to: "ima.yaml"), environment: [:])
        return try AlertPlan(input.bytes, configuration: configuration, logger: TrustStoreTests.quiet)
    }

    @Test func aWholeEventIsJudgedByTheConfiguredLimits() throws {
        let whole = try event(alert().json)
        #expect(try plan(whole).objection == nil)
        #expect(try plan(whole, limits: "limits: { message: 64KiB }").objection == nil)
        var long = try #require(try alert().json.object)
        long["note"] = .string(String(repeating: "x", count: 70_000))
        let large = try event(.object(long))
        #expect(try plan(large).objection == nil)
        #expect(try plan(large, limits: "limits: { message: 64KiB }").objection?.hasPrefix("too_large: ") == true)
    }

    /// The gate knows no breaches; the core refuses as well.
    @Test func whatTheCoreWouldRefuseIsToldAsRefused() throws {
        let limits = "limits: { hints: 2 }"
        let many = try alert(hints: 3)
        #expect(try plan(event(many.json)).objection == nil)
        #expect(try plan(event(many.json), limits: limits).objection?.hasPrefix("too_many_hints: ") == true)
        #expect(try plan(many.json, limits: limits).objection?.hasPrefix("too_many_hints: ") == true, "a payload too")
        #expect(
            try plan(event(many.json), limits: limits + "\nenforcement: { answer_foreign: false }").objection == nil,
            "only n1 is ours")
        let old = try alert(detectedAt: Self.now - .seconds(2 * 86_400))
        #expect(try plan(event(old.json)).objection?.hasPrefix("stale_breach: ") == true)
        #expect(try plan(old.json).objection == nil, "an example's time is not judged")
    }

    @Test func anInventoryAloneJudgesNoSignature() throws {
        let configuration = try PlanningConfiguration.load(inventories: [folder.path("site.yaml")], environment: [:])
        let input = try event(alert().json).bytes
        let plan = try AlertPlan(input, configuration: configuration, logger: TrustStoreTests.quiet)
        #expect(plan.objection == nil && plan.lines.first?.contains("n1") == true)
    }
}
