import Site
import StrictJSON

/// What a command to a simulated fleet comes to. See ``FleetControl`` for the commands.
struct FleetCommands {
    private struct Wrong: Error {
        var status = 400
        let message: String
    }

    private let fleet: SimulatedFleet

    init(_ fleet: SimulatedFleet) { self.fleet = fleet }

    /// - Returns: the HTTP status, and the body
    func answer(_ method: String, _ uri: String, _ body: [UInt8]) -> (Int, JSONValue) {
        do throws(Wrong) {
            return (200, try perform(method, uri, body))
        } catch {
            return (error.status, ["error": .string(error.message)])
        }
    }

    private func perform(_ method: String, _ uri: String, _ body: [UInt8]) throws(Wrong) -> JSONValue {
        let path = uri.prefix { $0 != "?" }
        let parts = path.split(separator: "/").map { String($0).removingPercentEscapes }
        switch (method, parts.first, parts.count) {
        case ("GET", "power", 1): return fleet.power.json
        case ("GET", "meters", 1):
            guard let reading = fleet.feedMeters.reading(of: fleet) else {
                throw Wrong(status: 503, message: "the meters do not answer")
            }
            return reading
        case ("PATCH", "meters", 1):
            fleet.feedMeters.suffer(try meterFaults(read(body)), of: fleet)
            return ["done": true]
        case ("PATCH", "machines", 1):
            var changes: [(bmcs: [SimulatedBMC], change: (SimulatedBMC) -> Void)] = []
            for member in try read(body) {
                guard let object = member.value.object else {
                    throw Wrong(message: "\(member.key): should be an object of changes")
                }
                changes.append((try bmcs(member.key), try change(object)))
            }
            for (bmcs, change) in changes { for bmc in bmcs { change(bmc) } }
            return ["changed": .number(JSONNumber(changes.count))]
        case ("GET", "machines", 2): return .array(try bmcs(parts[1]).map(show))
        case ("PATCH", "machines", 2):
            let bmcs = try bmcs(parts[1])
            let change = try change(read(body))
            for bmc in bmcs { change(bmc) }
            return .array(bmcs.map(show))
        case ("POST", "machines", 3) where parts[2] == "policies":
            let policy = try policy(read(body))
            let planted = try bmcs(parts[1]).count { $0.plant(policy) }
            guard planted > 0 else { throw Wrong(message: "\(parts[1]): no BMC of it has a Node Manager") }
            return ["planted": .number(JSONNumber(planted))]
        default:
            throw Wrong(
                status: 404,
                message:
                    "\(method) \(path): should be GET /power, GET or PATCH /meters, GET or PATCH /machines/NAME, or PATCH /machines"
            )
        }
    }

    private func bmcs(_ name: String) throws(Wrong) -> [SimulatedBMC] {
        let found = fleet.bmcs(named: name)
        guard !found.isEmpty else {
            throw Wrong(status: 404, message: "\(name): no resource, group or feed with a simulated BMC")
        }
        return found
    }

    private func read(_ body: [UInt8]) throws(Wrong) -> JSONObject {
        guard let object = (try? JSONValue(parsing: body))?.object else {
            throw Wrong(message: "the body should be a JSON object")
        }
        return object
    }

    private func show(_ bmc: SimulatedBMC) -> JSONValue {
        let (power, machine) = (bmc.power, bmc.machine)
        var gpus = JSONObject()
        if !machine.gpus.isEmpty {
            for (id, watts) in zip(machine.gpus.keys.sorted(), power.parts) { gpus[id] = FleetPower.number(watts) }
        }
        return [
            "bmc": .string(bmc.address.description), "personality": .string(machine.personality.name),
            "power_state": .string(machine.powerState), "time": .string(FleetPower.time(power.at)),
            "watts": FleetPower.number(power.total), "gpus": .object(gpus), "rest_watts": FleetPower.number(power.rest),
            "workload": JSONNumber(machine.workload).map(JSONValue.number) ?? .null,
            "admitted": JSONNumber(machine.admitted).map(JSONValue.number) ?? .null,
            "unscheduled": JSONNumber(machine.unscheduled).map(JSONValue.number) ?? .null,
        ]
    }

    // MARK: Changes

    private func change(_ object: JSONObject) throws(Wrong) -> (SimulatedBMC) -> Void {
        var steps: [(SimulatedBMC) -> Void] = []
        for member in object {
            let number = member.value.number?.double
            switch member.key {
            case "workload":
                let share = try Self.inside(0...1, number, member)
                steps.append { $0.work { _, workload in workload = share } }
            case "admitted":
                let share = try Self.inside(0...1, number, member)
                steps.append { $0.schedule(admitted: share) }
            case "unscheduled":
                let share = try Self.inside(0...1, number, member)
                steps.append { $0.schedule(unscheduled: share) }
            case "rest_watts":
                let watts = try Self.inside(0...1_000_000, number, member)
                steps.append { $0.work { draw, _ in draw.rest = watts } }
            case "add_rest_watts":
                let watts = try Self.inside(-1_000_000...1_000_000, number, member)
                steps.append { $0.work { draw, _ in draw.rest = max(0, draw.rest + watts) } }
            case "lag_seconds":
                let seconds = try Self.inside(0...3600, number, member)
                steps.append { $0.work { draw, _ in draw.lag = seconds } }
            case "faults":
                let faults = try faults(member)
                steps.append { $0.faults = faults }
            default:
                throw Wrong(
                    message:
                        "\(member.key): should be workload, admitted, unscheduled, rest_watts, add_rest_watts, "
                        + "lag_seconds or faults")
            }
        }
        return { [steps] bmc in for step in steps { step(bmc) } }
    }

    private func faults(_ member: JSONObject.Member) throws(Wrong) -> Set<Fault> {
        var faults: Set<Fault> = []
        for name in member.value.array ?? [] {
            guard let kind = Fault.Kind.named.first(where: { $0.name == name.string })?.kind else {
                let names = Fault.Kind.named.map(\.name).joined(separator: ", ")
                throw Wrong(message: "faults: should be of \(names) (got \(name.text))")
            }
            faults.insert(Fault(kind))
        }
        return faults
    }

    private func meterFaults(_ object: JSONObject) throws(Wrong) -> Set<FeedMeters.Fault> {
        let names = FeedMeters.Fault.allCases.map(\.rawValue).joined(separator: ", ")
        guard object.count == 1, let list = object["faults"]?.array else {
            throw Wrong(message: "should be {\"faults\": [...]} with any of \(names)")
        }
        var faults: Set<FeedMeters.Fault> = []
        for name in list {
            guard let fault = name.string.flatMap(FeedMeters.Fault.init) else {
                throw Wrong(message: "faults: should be of \(names) (got \(name.text))")
            }
            faults.insert(fault)
        }
        return faults
    }

    private func policy(_ object: JSONObject) throws(Wrong) -> NodeManager.Policy {
        guard let id = object["Id"]?.string, !id.isEmpty, let limit = object["Limit"]?.number?.int,
            (1...65_535).contains(limit)
        else { throw Wrong(message: "a policy should have an Id, and a Limit of 1 to 65535 W") }
        return NodeManager.Policy(
            id: id, domain: object["Domain"]?.string ?? NodeManager.platform, limit: limit,
            isEnabled: object["Enabled"] != .bool(false), exception: object["LimitException"]?.string ?? "NoAction",
            storage: object["PolicyStorage"]?.string ?? "Persistent",
            correctionInMs: min(max(object["CorrectionInMs"]?.number?.int ?? 6000, 1000), 3_600_000),
            isReadOnly: object["ReadOnly"] == .bool(true))
    }

    private static func inside(
        _ range: ClosedRange<Double>, _ value: Double?, _ member: JSONObject.Member
    ) throws(Wrong) -> Double {
        guard let value, range.contains(value) else {
            throw Wrong(
                message:
                    "\(member.key): should be \(range.lowerBound) to \(range.upperBound) (got \(member.value.text))")
        }
        return value
    }
}

extension String {
    /// `%41` is `A`; what is no escape stays.
    fileprivate var removingPercentEscapes: String {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                rest.count >= 2
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
