import PowerEvents
import Shedding
import Site
import StrictJSON

/// Finds a resource's control from the service root, by what resources say of themselves and never by position.
///
/// No `$expand`: it drops members on some BMCs. What the search prefers it looks at first, so that trouble that it met
/// before it found something could have been something better; see ``TreeReader``.
struct ControlSearch: Sendable {
    var tree: TreeReader
    let root: JSONValue
    private(set) var entry: ControlEntry
    /// Why what looked like a control is none that can be used; told where nothing better is found.
    private(set) var rejected: [String] = []
    /// Under what name this agent would create a policy.
    var policyName = NodeManagerPolicy.policyName(of: "agent")
    /// The systems that could be read, once they were asked for.
    var knownSystems: [SystemOutline]?

    init(tree: TreeReader, root: JSONValue, entry: ControlEntry) {
        self.tree = tree
        self.root = root
        self.entry = entry
    }

    /// Begins anew for another resource of the same BMC, knowing what was read.
    mutating func locate(_ other: ControlEntry) async throws(BMCFault) -> Locator {
        turn(to: other)
        return try await locate()
    }

    /// What is looked for next is of another resource of the same BMC.
    mutating func turn(to other: ControlEntry) {
        entry = other
        rejected = []
    }

    mutating func locate() async throws(BMCFault) -> Locator {
        let found: Locator
        do throws(BMCFault) {
            found = try await find()
        } catch {
            throw verdict(error)
        }
        if let pending = tree.pending { throw Self.laterThan(pending) }
        return found
    }

    private mutating func find() async throws(BMCFault) -> Locator {
        switch entry.key.facet {
        case .powerState:
            let system = try await system()
            return Locator(dialect: Locator.reset, uri: system.uri, system: system.uri, why: system.why)
        case .powerLimit:
            if let pinned = entry.pins.powerLimit { return try await pinnedLimit(pinned) }
            switch entry.type {
            case .gpu: return try await gpuLimit()
            case .node: return try await nodeLimit()
            case .chassis: return try await chassisLimit()
            }
        case .speedLimit: return try await speedLimit()
        case .powerMode: return try await powerMode()
        case .gpuTotal: return try await gpuTotal()
        }
    }

    struct Found: Sendable {
        let uri: String
        let json: JSONValue
        var why = ""
        var id: String { json["Id"]?.string ?? Links.lastComponent(uri) }
    }

    mutating func reject(_ reason: String) { if !rejected.contains(reason) { rejected.append(reason) } }

    // MARK: What came of it

    /// The fault of a search that found nothing: what it saw, then what it lacks.
    func nothing(_ message: String) -> BMCFault {
        BMCFault(.unsupported, ([message] + rejected.prefix(4)).joined(separator: "; "))
    }

    /// What a search that found nothing comes to, given the trouble that it passed by.
    private func verdict(_ fault: BMCFault) -> BMCFault {
        guard fault.kind == .unsupported, tree.overspent == nil else { return fault }
        let places = tree.troubles.filter(\.couldHoldControl)
        var reasons = [fault.message]
        for reason in places.map(\.fault.message) + tree.notes where !reasons.contains(where: { $0.contains(reason) }) {
            reasons.append(reason)
        }
        let message = reasons.prefix(5).joined(separator: "; ")
        if let passing = tree.pending ?? places.first(where: \.isPassing)?.fault {
            return BMCFault(passing.kind, message, retryAfter: passing.retryAfter)
        }
        // Only a power limit is worth another look: another facet has the power limit to fall back on.
        let isBroken = entry.key.facet == .powerLimit && places.contains { $0.fault.kind == .invalidAnswer }
        return BMCFault(isBroken ? .invalidAnswer : .unsupported, message)
    }

    static func laterThan(_ pending: BMCFault) -> BMCFault {
        BMCFault(
            pending.kind, "the control is looked for again: \(pending.message)", retryAfter: pending.retryAfter)
    }

    // MARK: Documents

    /// The control that a document holds, if it is one that this agent can use.
    mutating func control(
        in json: JSONValue, _ shape: ControlShape, at uri: String, member: String? = nil, system: String? = nil,
        why: String
    ) async throws(BMCFault) -> Locator? {
        func place(_ dialect: String) -> Locator {
            Locator(dialect: dialect, uri: uri, member: member, system: system, why: why)
        }
        guard var place = ControlDialects.recognising(json, shape, at: place)?.place else {
            if let objection = ControlDialects.objection(to: json, shape, at: place) { reject("\(uri) \(objection)") }
            return nil
        }
        guard shape == .environmentMetrics else { return place }
        switch try await source(of: json["PowerLimitWatts"] ?? .null, at: uri) {
        case .itself: break
        case .control(let source): place.source = source
        case .unusable(let reason):
            reject(reason)
            return nil
        }
        return place
    }

    /// What an excerpt is an excerpt of.
    private enum Source {
        case itself
        case control(String)
        case unusable(String)
    }

    /// Follows `DataSourceUri` (DSP2046, Control excerpts). What is a sensor there, as on NVIDIA baseboards, is where the
    /// reading comes from, and says nothing of the limit.
    private mutating func source(of limit: JSONValue, at uri: String) async throws(BMCFault) -> Source {
        let text = limit["DataSourceUri"]?.string ?? ""
        let path = text.split(separator: "#", maxSplits: 1).first.map(String.init) ?? ""
        guard path.hasPrefix("/"), !Links.isSame(path, uri), Links.parentComponent(path) != "Sensors" else {
            return .itself
        }
        guard let json = try await tree.optional(path) else {
            return .unusable("\(uri) is an excerpt of \(path), which cannot be read")
        }
        guard let type = json["ControlType"]?.string else { return .itself }
        guard type == "Power" else {
            return .unusable("\(uri) is an excerpt of \(path), which is a control of \(type), not of power")
        }
        guard StandardControl.hasWatts(json) else {
            let unit = json["SetPointUnits"]?.string ?? "an unknown unit"
            return .unusable("\(uri) is an excerpt of \(path), which is set in \(unit), which is not watts")
        }
        var source = path
        while source.hasSuffix("/") { source.removeLast() }
        return .control(source)
    }

    // MARK: Pins

    private mutating func pinnedLimit(_ uri: String) async throws(BMCFault) -> Locator {
        let parts = uri.split(separator: "#", maxSplits: 1).map(String.init)
        let document = try await tree.read(parts[0])
        var name: String?
        if let controls = document["PowerControl"]?.array {
            let index =
                parts.count == 2
                ? PowerControlMember.index(ofFragment: parts[1], at: parts[0], in: controls)
                : PowerControlLimit.index(in: document, member: nil)
            name = index.flatMap { PowerControlMember.name(at: $0, in: controls) }
        }
        let shapes: [ControlShape] = [.control, .environmentMetrics, .dellAttributes, .power, .hpeAccelerators]
        for shape in shapes where shape != .power || name != nil {
            let found = try await control(
                in: document, shape, at: parts[0], member: shape == .power ? name : nil, why: "the inventory pins it")
            if let found, case .limit? = ControlDialects.named(found.dialect)?.reading(in: document, at: found)?.value {
                return found
            }
        }
        throw nothing("\(uri), which the inventory pins, holds no power limit in watts")
    }

    // MARK: Controls

    /// The power Controls of a chassis that can be used.
    mutating func powerControls(of chassis: Found) async throws(BMCFault) -> [Found] {
        guard let collection = Links.id(chassis.json["Controls"]) else { return [] }
        var found: [Found] = []
        for uri in try await tree.optionalMembers(of: collection) {
            guard let json = try await tree.optional(uri), json["ControlType"]?.string == "Power" else { continue }
            let objection = ControlDialects.objection(to: json, .control) { Locator(dialect: $0, uri: uri) }
            if let objection {
                reject("\(uri) \(objection)")
            } else if StandardControl.isPowerInWatts(json) {
                found.append(Found(uri: uri, json: json))
            } else {
                reject("\(uri) has no set point")
            }
        }
        return found
    }
}
