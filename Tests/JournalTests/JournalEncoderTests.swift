import Foundation
import Inventory
import PowerEvents
import Shedding
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
        try check(Outcome(.failed, "because", value: .mode("Eco"), unreachable: true))
        var knowledge = BMCKnowledge()
        knowledge.learn(.init(key: entry.key, type: entry.type, pins: entry.pins, locator: ["uri": "/x"]))
        try check(knowledge)
    }
}
