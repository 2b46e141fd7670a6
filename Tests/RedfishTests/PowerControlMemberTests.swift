import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// Members of a `PowerControl` array that are hard to tell apart.
struct PowerControlMemberTests {
    private static let uri = "/redfish/v1/Chassis/1/Power"

    private static func member(
        _ id: JSONValue?, _ name: String? = nil, key: String = "MemberId", place: Int? = nil, related: String? = nil
    ) -> JSONValue {
        var json = JSONObject()
        json["@odata.id"] = place.map { .string("\(uri)#/PowerControl/\($0)") }
        json[key] = id
        json["Name"] = name.map(JSONValue.string)
        json["PowerLimit"] = ["LimitInWatts": 1000]
        json["RelatedItem"] = related.map { TreeBMC.links($0) }
        return .object(json)
    }

    struct Row: Sendable {
        let members: [JSONValue]
        /// nil: refused.
        let capped: Int?
    }

    static let rows: [Row] = [
        // The CPU's comes first, and has the same MemberId.
        Row(
            members: [
                member("0", "CPU Power", place: 0, related: "/redfish/v1/Systems/1/Processors/1"),
                member("0", "System Power", place: 1, related: "/redfish/v1/Systems/1"),
            ], capped: 1),
        Row(members: [member("0", "CPU Power"), member("0", "System Power")], capped: 1),
        Row(members: [member("0", "CPU Power", key: "MemberID"), member("0", "System", key: "MemberID")], capped: 1),
        Row(members: [member(nil, "Memory Power"), member(nil, "Server Power Control")], capped: 1),
        Row(members: [member("1", "Server Power Control"), member("0", "CPU")], capped: 0),
        // Nothing tells them apart.
        Row(members: [member("0", "Power"), member("0", "Power")], capped: nil),
        Row(members: [member("0"), member("1")], capped: nil),
        Row(members: [member("0", "CPU"), member("1", "Memory")], capped: nil),
        Row(
            members: [member("0", related: "/redfish/v1/Systems/1"), member("0", related: "/redfish/v1/Systems/2")],
            capped: nil),
    ]

    @Test(arguments: rows) func theSystemsOwnIsCappedOrNone(row: Row) async throws {
        let bmc = TreeBMC(WholeTrees.hpe)
        bmc.set(Self.uri, ["PowerControl": .array(row.members)])
        var entry = FakeBMC.entry(.node)
        let outcome = await TreeBMC.converge(&entry, .demands([.cap(Watts(600))]), through: bmc.client)
        let capped = row.members.indices.filter {
            bmc.value(Self.uri, "PowerControl", "\($0)", "PowerLimit", "LimitInWatts") == 600
        }
        #expect(capped == (row.capped.map { [$0] } ?? []), "\(outcome)")
        #expect((outcome.code == .applied) == (row.capped != nil))
    }

    /// It stands elsewhere at the next read; it is still found by its name, and a stranger in its place is not.
    @Test func aMemberThatMovedIsFound() async throws {
        let bmc = TreeBMC(WholeTrees.hpe)
        let (cpu, system) = (Self.member("0", "CPU Power"), Self.member("0", "System Power"))
        bmc.set(Self.uri, ["PowerControl": [cpu, system]])
        let client = bmc.client
        let entry = FakeBMC.entry(.node)
        #expect(try await client.read(entry).get().locator["member"] == "name:System Power")
        bmc.set(Self.uri, ["PowerControl": [system, cpu]])
        _ = try await client.read(entry).get()
        try await client.write(.limit(Watts(600)), entry).get()
        #expect(bmc.value(Self.uri, "PowerControl", "0", "PowerLimit", "LimitInWatts") == 600)
        bmc.set(Self.uri, ["PowerControl": [cpu, Self.member("0", "Fan Power")]])
        let result = await client.read(entry)
        #expect(throws: BMCFault.self) { try result.get() }
    }

    @Test func aPinnedFragmentIsAPointer() async throws {
        let bmc = TreeBMC(WholeTrees.hpe)
        bmc.set(
            Self.uri, ["PowerControl": [Self.member("a", "CPU"), Self.member("b", "System")]])
        let entry = FakeBMC.entry(.node, pins: .init(powerLimit: Self.uri + "#/PowerControl/1"))
        #expect(try await bmc.client.read(entry).get().locator["member"] == "b")
    }

    /// Journals of earlier versions hold an index where there is no MemberId.
    @Test func anIndexIsGoodWhereThereIsNoMemberId() {
        #expect(PowerControlMember.index(of: "1", in: [Self.member(nil), Self.member(nil)]) == 1)
        #expect(PowerControlMember.index(of: "1", in: [Self.member(nil), Self.member("x")]) == nil)
        #expect(PowerControlMember.index(of: "1", in: [Self.member("1"), Self.member("1")]) == nil)
    }
}
