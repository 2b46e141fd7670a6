import PowerEvents
import Shedding
import Site
import StrictJSON

/// Finds what shows the power of a machine and its GPUs.
///
/// What each resource has of its own is looked for first, with the sensors that it names as its sources; then a metric
/// report that holds those is taken for as many of them as it holds, since it is one document for all of them.
extension ControlSearch {
    /// - Parameters:
    ///   - machine: the node, chassis or GPU itself, which the search is for
    ///   - gpus: what is measured with it
    mutating func meter(of machine: ControlEntry, with gpus: [ControlEntry]) async throws(BMCFault) -> Meter {
        turn(to: machine)
        var candidates: [(resource: String, meters: [MeterCandidate])] = []
        var meter = Meter()
        let own: [MeterCandidate]
        switch machine.type {
        case .node:
            let node = try await node()
            meter.system = node.system?.uri
            own = try await meters(ofNode: node)
        case .chassis:
            let chassis = try await chassisAlone()
            meter.system = chassis.system?.uri
            own = try await meters(of: chassis, in: chassis.enclosures)
        case .gpu:
            own = try await gpuMeters(&meter)
        }
        candidates.append((machine.key.resource, own))
        for gpu in gpus {
            turn(to: gpu)
            do throws(BMCFault) {
                candidates.append((gpu.key.resource, try await gpuMeters(&meter)))
            } catch {
                guard error.kind == .unsupported, tree.overspent == nil else { throw error }
                meter.missing[gpu.key.resource] = error.message
            }
        }
        let report = try await report(for: candidates, ofNode: machine.type == .node)
        for (resource, meters) in candidates {
            let all = (report[resource].map { [$0] } ?? []) + meters.compactMap { $0.point(of: resource) }
            if let point = try await firstMeasuring(all) {
                meter.points.append(point)
            } else if meter.missing[resource] == nil {
                meter.missing[resource] = "no reading of its power was found"
            }
        }
        guard !meter.points.isEmpty else { throw nothing("no reading of its power was found") }
        return meter
    }

    /// The first that shows a value now; the first of all where none does.
    private mutating func firstMeasuring(_ points: [MeterPoint]) async throws(BMCFault) -> MeterPoint? {
        for point in points {
            guard let document = try await tree.optional(point.uri, couldHoldControl: false) else { continue }
            if (try? MeterValue.read(point, in: document)) != nil { return point }
        }
        return points.first
    }

    // MARK: What a machine has of its own

    private mutating func meters(ofNode node: Machine) async throws(BMCFault) -> [MeterCandidate] {
        let own = try await meters(of: node, in: node.enclosures)
        if !own.isEmpty || !node.others.isEmpty { return own }
        // The chassis that a system names may hold its BMC alone, with the tray's power shown by the tray.
        var around: [Found] = []
        for uri in try await tree.optionalMembers(of: Links.id(root["Chassis"]) ?? "/redfish/v1/Chassis") {
            guard around.count < Self.chassisMetered, !MeterName.isPart(Links.lastComponent(uri)),
                !node.enclosures.contains(where: { Links.isSame($0.uri, uri) }),
                let json = try await tree.optional(uri, couldHoldControl: false)
            else { continue }
            guard MeterName.isMachine(Links.lastComponent(uri), type: json["ChassisType"]?.string) else { continue }
            around.append(Found(uri: uri, json: json))
        }
        return try await meters(of: node, in: around)
    }

    /// Of a BMC with the chassis of every fan, so many are looked at.
    private static let chassisMetered = 16

    private mutating func meters(
        of machine: Machine, in enclosures: [Found]
    ) async throws(BMCFault) -> [MeterCandidate] {
        var found: [MeterCandidate] = []
        for enclosure in enclosures where !machine.isShared(enclosure) {
            // A baseboard's total is none of the node's: its host draws beside it.
            if entry.type == .node, MeterName.isPart(enclosure.id), entry.pins.chassis == nil { continue }
            found += try await metrics(of: enclosure.json)
        }
        for enclosure in enclosures {
            guard let uri = Links.id(enclosure.json["Power"]),
                let power = try await tree.optional(uri, couldHoldControl: false)
            else { continue }
            let members = power["PowerControl"]?.array ?? []
            let choice = PowerControlChoice(
                members: members, machine: machine, enclosure: enclosure, isShared: machine.isShared(enclosure),
                where: { RedfishNumber.watts($0["PowerConsumedWatts"]) != nil })
            guard let index = choice.index, let name = PowerControlMember.name(at: index, in: members) else { continue }
            found.append(.init(kind: .powerControl, uri: uri, member: name))
        }
        for enclosure in enclosures where !machine.isShared(enclosure) {
            if entry.type == .node, MeterName.isPart(enclosure.id), entry.pins.chassis == nil { continue }
            found += try await sensors(of: enclosure) { MeterName.isTotal($0) }
        }
        return MeterCandidate.bestFirst(found)
    }

    private mutating func gpuMeters(_ meter: inout Meter) async throws(BMCFault) -> [MeterCandidate] {
        let processor = try await processor()
        meter.system = meter.system ?? processor.system.uri
        var found = try await metrics(of: processor.json)
        var around: [Found] = []
        for uri in Links.oneOrMany(processor.json["Links", "Chassis"]) {
            if let json = try await tree.optional(uri, couldHoldControl: false) {
                around.append(Found(uri: uri, json: json))
            }
        }
        // A chassis that holds this GPU alone, by its name.
        for chassis in around where chassis.id.hasSuffix(processor.id) {
            if found.isEmpty { found += try await metrics(of: chassis.json) }
            if found.isEmpty { found += try await sensors(of: chassis) { MeterName.isPower($0) } }
        }
        // A report names the sensor, which no document may have linked.
        found.append(.init(kind: .report, uri: "", member: nil, name: processor.id))
        return MeterCandidate.bestFirst(found)
    }

    /// What the metrics of a chassis or processor show: a power, else the sensor of it, else a counter.
    private mutating func metrics(of resource: JSONValue) async throws(BMCFault) -> [MeterCandidate] {
        guard let uri = Links.id(resource["EnvironmentMetrics"]),
            let json = try await tree.optional(uri, couldHoldControl: false)
        else { return [] }
        var found: [MeterCandidate] = []
        let power = json["PowerWatts"]
        let source = power?["DataSourceUri"]?.string.map(MetricReport.key)
        if entry.type == .node, let source, GPUTotalName.isTotal(Links.lastComponent(source)) { return [] }
        if power?["Reading"] != nil {
            found.append(.init(kind: .metrics, uri: uri, source: source))
        } else if let text = power?["DataSourceUri"]?.string, text.hasPrefix("/") {
            found.append(.init(kind: .sensor, uri: text, source: source))
        }
        if json["EnergyJoules", "Reading"] != nil { found.append(.init(kind: .joules, uri: uri)) }
        if json["EnergykWh", "Reading"] != nil { found.append(.init(kind: .kilowattHours, uri: uri)) }
        return found
    }

    private mutating func sensors(
        of chassis: Found, where isNamed: (String) -> Bool
    ) async throws(BMCFault) -> [MeterCandidate] {
        guard let collection = Links.id(chassis.json["Sensors"]) else { return [] }
        let likely = try await tree.optionalMembers(of: collection, couldHoldControl: false)
            .filter { isNamed(Links.lastComponent($0)) }
        var found: [MeterCandidate] = []
        for uri in likely.prefix(MetricReport.maximumReports) {
            guard let json = try await tree.optional(uri, couldHoldControl: false),
                SensorUnit.wattsPerUnit(of: json) != nil
            else { continue }
            found.append(.init(kind: .sensor, uri: uri, source: MetricReport.key(uri)))
        }
        return found
    }

    // MARK: Metric reports

    /// For each resource that the best report has a value of, where that is.
    private mutating func report(
        for candidates: [(resource: String, meters: [MeterCandidate])], ofNode isNode: Bool
    ) async throws(BMCFault) -> [String: MeterPoint] {
        guard let service = Links.id(root["TelemetryService"]),
            let reports = Links.id(try await tree.optional(service, couldHoldControl: false)?["MetricReports"])
        else { return [:] }
        // By their names, since one of another kind may hold a day of all sensors. Of the whole tray before the baseboard.
        let named = try await tree.optionalMembers(of: reports, couldHoldControl: false)
            .filter { Links.lastComponent($0).contains("EnvironmentMetrics") }
        let sorted =
            named.filter { !MeterName.isPart(Links.lastComponent($0)) }
            + named.filter { MeterName.isPart(Links.lastComponent($0)) }
        var best: [String: MeterPoint] = [:]
        let machine = candidates.first?.resource ?? ""
        for uri in sorted.prefix(MetricReport.maximumReports) {
            guard let json = try await tree.optional(uri, couldHoldControl: false) else { continue }
            let report = MetricReport(json)
            guard !report.isTooLong else { continue }
            var points: [String: MeterPoint] = [:]
            for (resource, meters) in candidates {
                let isMachine = isNode && resource == machine
                guard let property = Self.property(of: meters, isMachine: isMachine, in: report) else { continue }
                points[resource] = MeterPoint(resource: resource, kind: .report, uri: uri, member: property)
            }
            // What has the machine itself comes before what has more of its GPUs.
            let isBetter = (points[machine] != nil ? 1 : 0, points.count) > (best[machine] != nil ? 1 : 0, best.count)
            if isBetter { best = points }
        }
        return best
    }

    /// The property of a report that is a resource's power: the sensor that the resource names as its source, else what
    /// is called so.
    private static func property(
        of meters: [MeterCandidate], isMachine: Bool, in report: MetricReport
    ) -> String? {
        let keys = report.properties.map(MetricReport.key)
        for source in meters.compactMap(\.source) where keys.contains(source) { return source }
        if let name = meters.lazy.compactMap(\.name).first {
            let wanted = keys.filter { MeterName.isPower($0, of: name) }
            return wanted.count == 1 ? wanted[0] : nil
        }
        guard isMachine else { return nil }
        let totals = keys.filter { key in
            MeterName.isTotal(Links.lastComponent(key))
                && !key.split(separator: "/").contains { MeterName.isPart(String($0)) }
        }
        return Set(totals).count == 1 ? totals[0] : nil
    }
}
