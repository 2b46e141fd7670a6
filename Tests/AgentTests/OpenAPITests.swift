import Page
import PowerEvents
import Replication
import Shedding
import Site
import StrictJSON
import Testing

@testable import Agent

/// Every route and every field that is served is described, and the other way round.
struct OpenAPITests {
    private static let document = Result { try JSONValue(parsing: PageAssets.interface.bytes, limits: .widest) }

    @Test func everyRouteIsDescribed() throws {
        let paths = try #require(Self.document.get()["paths"]?.object)
        #expect(Set(paths.keys) == Set(APIRoutes.paths))
        for path in paths { #expect(path.value.object?.keys == ["get"], "\(path.key)") }
    }

    /// What of a value its schema does not allow.
    private func objections(_ value: JSONValue, _ schema: JSONValue, at path: String) throws -> [String] {
        if let name = schema["$ref"]?.string?.split(separator: "/").last {
            let schemas = try Self.document.get()["components"]?["schemas"]
            guard let target = schemas?[String(name)] else { return ["\(path): no schema \(name)"] }
            return try objections(value, target, at: path)
        }
        if let choices = (schema["oneOf"] ?? schema["anyOf"])?.array {
            let all = try choices.map { try objections(value, $0, at: path) }
            return all.contains(where: \.isEmpty) ? [] : all.min { $0.count < $1.count } ?? []
        }
        let types = schema["type"]?.array?.compactMap(\.string) ?? schema["type"]?.string.map { [$0] } ?? []
        let type =
            switch value {
            case .null: "null"
            case .bool: "boolean"
            case .number(let number): types.contains("integer") && number.int != nil ? "integer" : "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        if !types.isEmpty, !types.contains(type) { return ["\(path): \(type) for \(types)"] }
        var found: [String] = []
        if let choices = schema["enum"]?.array, !choices.contains(value) { found.append("\(path): \(value.text)") }
        if let items = schema["items"] {
            for (index, item) in (value.array ?? []).enumerated() {
                found += try objections(item, items, at: "\(path)[\(index)]")
            }
        }
        if let object = value.object, let properties = schema["properties"]?.object {
            for member in object {
                guard let property = properties[member.key] else {
                    found.append("\(path).\(member.key) is not described")
                    continue
                }
                found += try objections(member.value, property, at: "\(path).\(member.key)")
            }
            for required in (schema["required"]?.array ?? []).compactMap(\.string) where object[required] == nil {
                found.append("\(path).\(required) is absent")
            }
        }
        return found
    }

    private func check(_ value: JSONValue, _ schema: String) throws {
        #expect(try objections(value, ["$ref": .string("#/components/schemas/\(schema)")], at: schema).isEmpty)
    }

    @Test func theStatusOfAnAgentWithAStandbyIsAsDescribed() throws {
        let core = try BoardTests.core()
        let endpoints = [
            ReplicationStatus.Endpoint(url: "https://etcd1:2379", isHealthy: true),
            ReplicationStatus.Endpoint(url: "https://etcd2:2379", isHealthy: false, trouble: "no answer"),
        ]
        for status in [
            ReplicationStatus(
                role: .follower, leader: "ima-a", since: Timestamp(milliseconds: 1_000_000), applied: 7, known: 9,
                lag: .milliseconds(20), endpoints: endpoints,
                counts: SiteCounts(
                    own: ShardCount(shard: "b", nodes: 5, down: 1),
                    others: [ShardCount(shard: "a", nodes: 7, down: 2)])),
            ReplicationStatus(
                role: .suspended, endpoints: endpoints, trouble: "etcd does not answer", countsTrouble: "not read"),
        ] {
            var moment = BoardTests.moment(core, Readiness(core.book.site))
            moment.standby =
                StandbyAnswer(
                    status: status, standby: .init(endpoints: endpoints.map(\.url)), takeovers: 1
                ).json
            try check(moment.snapshot(summarises: true).json, "Status")
        }
        let json = StandbyAnswer(
            status: ReplicationStatus(role: .suspended), standby: .init(endpoints: []), takeovers: 0
        ).json
        #expect(json["site_counts"]?["nodes"] == .null)
        #expect(json["role"] == "leader" && json["suspended"] == true && json["leader"] == .null)
    }

    @Test func theStatusIsAsDescribed() throws {
        let core = try BoardTests.core()
        var readiness = Readiness(core.book.site)
        var failing = Assessment(try #require(core.book.site.resources["b"]))
        failing.objections = ["no limit"]
        readiness.take(failing)
        let moment = BoardTests.moment(core, readiness)
        try check(moment.snapshot(summarises: true).json, "Status")
        try check(moment.snapshot(summarises: false).json, "Status")
        for row in ResourceRows.make(moment) { try check(row.json, "Resource") }
        var explained = ResourceExplanation(resource: nil, id: "a", held: [], history: [])
        explained.freezes = [Freeze(since: Timestamp(milliseconds: 1), user: "root", reason: "why")]
        try check(explained.json, "Explanation")
        #expect(explained.json["frozen"]?["user"] == "root" && explained.json["frozen"]?["reason"] == "why")
        for resource in core.book.site.resources.values {
            try check(
                ResourceExplanation(resource: resource, id: resource.id, held: [], history: []).json, "Explanation")
        }
    }
}
