import Foundation
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Journal

/// The journal's own encoder against Foundation's.
struct JournalEncoderTests {
    private enum Shape: Codable, Hashable {
        case plain
        case number(Int, named: String?)
        case nested([Shape])
    }

    private struct Everything: Codable, Hashable {
        var text = "a\"b\\c\n\u{1}\u{0}ü🙂\\"
        var flag = true
        var numbers: [Int64] = [0, -1, .max, .min]
        var small: UInt8? = 7
        var none: Int?
        var double = 0.1
        var huge = 1e300
        var map = ["a": ["b": 1.5], "": [:]]
        var keyed: [Int: String] = [1: "x"]
        var shapes: [Shape] = [.plain, .number(1, named: nil), .number(2, named: "n"), .nested([.plain, .nested([])])]
        var optional: [String?] = ["x", nil]
        var set: Set<String> = ["only"]
        var json: JSONValue = ["Zero": 0, "Null": nil, "List": [1, "x"]]
    }

    private func check<Value: Codable & Equatable>(_ value: Value) throws {
        let text = try JournalEncoder.encode(value)
        #expect(try JSONDecoder().decode(Value.self, from: Data(text.utf8)) == value)
        let other = try JSONValue(parsing: JSONEncoder().encode(value))
        #expect(sorted(try JSONValue(parsing: Data(text.utf8))) == sorted(other))
    }

    /// Without the order of members, and with numbers by their value.
    private func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            var copy = JSONObject()
            for member in object.sorted(by: { $0.key < $1.key }) { copy[member.key] = sorted(member.value) }
            return .object(copy)
        case .array(let elements): return .array(elements.map(sorted))
        case .number(let number): return .string("\(Double(number.text) ?? .nan)")
        default: return value
        }
    }

    @Test func saysWhatFoundationSays() throws {
        try check(Everything())
        try check([Everything]())
        try check(["just": "text"])
        try check([Shape.number(3, named: "é")])
    }

    @Test func theJournalsOwnRecords() throws {
        let address = try #require(BMC.Address("https://10.0.0.1"))
        var entry = ControlEntry(
            key: ControlKey(resource: "n1", facet: .powerLimit), type: .node,
            bmc: BMC(address: address, credentials: "bmc", trust: .pin("sha256//x")), pins: .init(chassis: "C1"))
        try check(entry)
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        entry.prior = .init(value: .limit(nil), fragment: ["SetPoint": nil, "Zero": 0], takenAt: now)
        entry.intend(.limit(Watts(500)))
        entry.intend(.power(.off))
        entry.locator = ["uri": "/redfish/v1/x"]
        try check(entry)
        try check(Outcome.failed(.bmc(.unreachable, "because", retries: 2), value: .mode("Eco")))
        var knowledge = BMCKnowledge()
        knowledge.learn(.init(key: entry.key, type: entry.type, pins: entry.pins, locator: ["uri": "/x"]))
        try check(knowledge)
    }

    // MARK: Records that are spelled by hand

    /// A record with every member there is, so that none that is added can be left out of what is written.
    private func checkComplete<Value>(_ value: Value) {
        for child in Mirror(reflecting: value).children {
            let isMissing = if case Optional<Any>.none = child.value { true } else { false }
            #expect(!isMissing, "\(Value.self).\(child.label ?? "") is not in the test's record")
        }
    }

    private static let key = ControlKey(resource: "n\"1", facet: .powerLimit)
    private static let values: [ControlValue] = [
        .limit(nil), .limit(Watts(microwatts: 1)), .speed(nil), .speed(Megahertz(1980)), .power(.off), .mode("Ec\"o"),
    ]

    private func entry(_ trust: BMC.Trust) throws -> ControlEntry {
        let address = try #require(BMC.Address("https://10.0.0.1"))
        var entry = ControlEntry(
            key: Self.key, type: .gpu, bmc: BMC(address: address, credentials: "b", trust: trust),
            pins: .init(powerLimit: "/p", system: "s", chassis: "c", processor: "GPU_1"))
        entry.locator = ["uri": "/redfish/v1/\"x"]
        entry.identity = MachineIdentity(uuid: "u-1", serial: "ü")
        entry.place = ControlPlace(path: "/redfish/v1/x#0", dialect: "power-control")
        entry.sharedBy = [ControlKey(resource: "c", facet: .powerLimit)]
        entry.floor = Watts(3200)
        entry.prior = .init(
            value: .limit(Watts(700)), fragment: ["SetPoint": nil, "Zero": 0, "Text": "a\"b"],
            takenAt: Timestamp(milliseconds: 1_800_000_000_000), dormant: Watts(3),
            place: ControlPlace(path: "/redfish/v1/x#0", dialect: "power-control"))
        entry.reassertions = 3
        entry.isPowerCycled = true
        entry.held = .limit(Watts(2))
        for value in Self.values { entry.intend(value) }
        entry.made = .limit(Watts(640))
        entry.isMoved = true
        entry.wasRefused = true
        return entry
    }

    /// Through a box, so that the compiler's own spelling is used.
    private struct Box<Value: Encodable>: Encodable {
        let value: Value

        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    }

    @Test(arguments: [BMC.Trust.systemAuthorities, .unverified, .pin("sha256//x"), .authorities(file: "a\"b.pem")])
    func controlsAreSpelledAsByTheCompiler(trust: BMC.Trust) throws {
        let entry = try entry(trust)
        checkComplete(entry)
        checkComplete(entry.pins)
        checkComplete(try #require(entry.prior))
        #expect(JournalEncoder.encode(entry) == (try JournalEncoder.encode(Box(value: entry))))
        let bare = ControlEntry(key: Self.key, type: .node, bmc: entry.bmc, pins: .init())
        #expect(JournalEncoder.encode(bare) == (try JournalEncoder.encode(Box(value: bare))))
    }

    @Test func hintsAreSpelledAsByTheCompiler() throws {
        let hint = ShedHint(
            resourceID: "n", resourceType: .chassis, action: .throttle, priority: 3,
            targetPower: PowerQuantity(watts: Watts(4), unit: .megawatt))
        checkComplete(hint)
        let demands: [Demand] = [
            .cap(Watts(5)), .capToShare(.percent(60)), .capToMinimum, .suspended, .slowToShare(.percent(7)), .mode("m"),
        ]
        for demand in demands {
            for verdict: PlannedHint.Verdict in [
                .skipped(.unknownResource("w\"y")), .skipped(.actionNotAllowed("n", allowed: [.suspend])),
                .skipped(.everyPart([.maxSuspended("n", limit: 1, nodes: 2), .otherFeed("n", feeds: ["\""])])),
                .skipped(.changedBySomebodyElse(holds: .limit(nil), set: .mode("m"), prior: .power(.on))),
                .demand(demand, of: [Self.key, Self.key]), .covered(by: Self.key, demand, of: []),
            ] {
                var plan = PlannedHint(
                    hint: hint, verdict: verdict, exceptions: [.protected("a"), .duplicate(ofHint: 2)],
                    fallback: .init(demand, of: [Self.key]))
                plan.hasFallenBack = true
                checkComplete(plan)
                #expect(try JournalEncoder.encode(plan) == JournalEncoder.encode(Box(value: plan)))
                plan = PlannedHint(hint: hint, verdict: verdict)
                plan.hint.targetPower = nil
                #expect(try JournalEncoder.encode([plan]) == "[\(JournalEncoder.encode(Box(value: plan)))]")
            }
        }
    }
}
