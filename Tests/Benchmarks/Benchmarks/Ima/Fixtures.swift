import Agent
import Foundation
import Inventory
import JOSE
import Journal
import Logging
import OpenSSL
import PowerEvents
import Settings
import Shedding
import Site
import StrictJSON

/// What the benchmarks work on.
enum Fixtures {
    static let now = Timestamp(milliseconds: 1_800_000_000_000)
    private static let source = EventSource(role: .powerAgent, identifier: "bench")
    private static let breach = UUIDText(randomBytes: [UInt8](repeating: 7, count: 16))

    static func hints(_ count: Int) -> [ShedHint] {
        (0..<count).map { number in
            ShedHint(
                resourceID: "n\(number / 200)-\(number % 200 + 1)", resourceType: .node, action: .powerCap,
                priority: 1 + number * 5 / count, targetPower: PowerQuantity(watts: Watts(5000), unit: .kilowatt))
        }
    }

    /// For the same nodes, a hint for each group of two hundred.
    static func groupHints(over count: Int) -> [ShedHint] {
        (0..<count / 200).map { number in
            ShedHint(
                resourceID: "row\(number)", resourceType: .chassis, action: .powerCap, priority: 1 + number % 5,
                targetPower: PowerQuantity(watts: Watts(900_000), unit: .kilowatt))
        }
    }

    static func alert(hints count: Int) -> BreachAlert {
        let power = PowerQuantity(watts: Watts(1_000_000), unit: .megawatt)
        return BreachAlert(
            feedTag: "main-a", status: .active, severity: .critical, breachID: breach, detectedAt: now,
            targetCorrelationID: breach, loadConstraint: power, measuredLoad: power, shedHints: hints(count))
    }

    static func signedAlert(hints count: Int) throws -> (gate: AlertGate, topic: String, bytes: [UInt8]) {
        let key = try SigningKey(PrivateKey.generate(.p256), keyID: "bench")
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ima-benchmark-\(getpid()).jwks.json")
        try Data(JWKSet([key.jwk()]).json().text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let quiet = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        let trust = try TrustStore(
            [.init(source: source.description, jwks: file.path, allowUnsigned: false)], logger: quiet)
        let alert = alert(hints: count)
        let event = CloudEvent(
            id: breach, source: source, type: .breachAlert, time: now, trace: TraceContext(randomBytes: Array(1...24)),
            data: .signed(try JWS.sign(alert.json.bytes, with: key)))
        let gate = AlertGate(trust: trust, topicPrefix: "", maximumAge: .seconds(3600), logger: quiet)
        return (gate, Topic(.breachAlert, publisher: source, prefix: "").description, event.json.bytes)
    }

    static func site(_ count: Int) throws -> Site {
        var lines = [
            "credentials: { bmc: { username: ima, password_file: p } }",
            "defaults: { bmc: { credentials: bmc, tls: { ca: ca.pem } } }", "chassis: [{ id: room, feeds: [main-a] }]",
            "nodes:",
        ]
        for rack in 0..<(count / 200) {
            lines.append("  - { id: \"n\(rack)-[1-200]\", bmc: \"https://10.0.\(rack).[1-200]\", chassis: room }")
        }
        lines.append("groups:")
        for rack in 0..<(count / 200) { lines.append("  - { id: row\(rack), members: [\"n\(rack)-[1-200]\"] }") }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ima-benchmark-\(getpid()).yaml")
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let problems = ProblemCollector()
        let site = SiteReader.load([file.path], environment: [:], problems: problems, checksFiles: false)
        try problems.throwIfAny()
        return site
    }

    static func enforcement(results count: Int) throws -> (SigningKey, Enforcement) {
        let results = hints(count).map { hint in
            EnforcementResult(
                resourceID: hint.resourceID, resourceType: hint.resourceType, requestedAction: hint.action,
                code: .applied,
                appliedPower: hint.targetPower)
        }
        return (
            try SigningKey(PrivateKey.generate(.p256), keyID: "bench"),
            Enforcement(
                breachID: breach, feedTag: "main-a", action: .applied, code: .success, results: results,
                timestamp: now)
        )
    }

    static func sign(_ enforcement: Enforcement, _ key: SigningKey) throws -> [UInt8] {
        CloudEvent(
            id: breach, source: source, type: .enforcement, time: now, trace: TraceContext(randomBytes: Array(1...24)),
            data: .signed(try JWS.sign(enforcement.json.bytes, with: key))
        ).json.bytes
    }

    static func intents(_ count: Int) throws -> [JournalBatch] {
        let site = try site(count)
        return site.order.compactMap { site.resources[$0] }.filter { $0.type == .node }.compactMap { node in
            guard let bmc = node.bmc else { return nil }
            var entry = ControlEntry(
                key: ControlKey(resource: node.id, facet: .powerLimit), type: .node, bmc: bmc, pins: node.pins)
            entry.prior = .init(value: .limit(Watts(10_200)), fragment: ["SetPoint": 10_200], takenAt: now)
            entry.intent = .limit(Watts(5000))
            var batch = JournalBatch()
            batch.changes.controls = [(entry, nil)]
            return batch
        }
    }

    static let answer = Array(
        """
        {"@odata.id":"/redfish/v1/Chassis/1/EnvironmentMetrics","@odata.type":"#EnvironmentMetrics.v1_3_2.EnvironmentMetrics",\
        "Id":"EnvironmentMetrics","Name":"Metrics of the chassis","PowerWatts":{"Reading":6120.5,"DataSourceUri":\
        "/redfish/v1/Chassis/1/Sensors/Power"},"TemperatureCelsius":{"Reading":31},"PowerLimitWatts":{"SetPoint":10200,\
        "ControlMode":"Automatic","AllowableMin":2000,"AllowableMax":10200,"DataSourceUri":"/redfish/v1/Chassis/1/Controls/0"}}
        """.utf8)
}
