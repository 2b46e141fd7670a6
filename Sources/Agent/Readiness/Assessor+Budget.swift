import Curl
import PowerEvents
import Redfish
import Shedding
import Site
import StrictJSON

/// What a resource draws, and how a node is capped that has no control of its own.
extension Assessor {
    /// GPUs are measured with their node, and others by themselves.
    func isMetered(_ resource: Resource) -> Bool { resource.type != .gpu || resource.parent == nil }

    /// One turn of its meter. That a machine is not measured is nothing against enforcing.
    func measure(
        _ resource: Resource, _ gpus: [Resource], _ client: BMCClient, _ context: RequestContext,
        _ result: inout Assessment
    ) async {
        guard isMetered(resource), result.isLoggedIn == true else { return }
        let own = gpus.filter { $0.bmc?.address == resource.bmc?.address }
        result.draw = nil
        result.gpuDraws = [:]
        result.rest = nil
        switch await client.meter(resource, gpus: own, known: result.meter, context: context) {
        case .failure(let fault): result.notMeasured = fault.message
        case .success(let reading):
            result.meter = reading.locator
            result.draw = reading.watts[resource.id]
            result.notMeasured = reading.notMeasured[resource.id]
            result.gpuDraws = reading.watts.filter { $0.key != resource.id }
            guard let draw = result.draw, !gpus.isEmpty, result.gpuDraws.count == gpus.count else { return }
            let inGPUs = result.gpuDraws.values.reduce(Int64(0)) { $0.addingSaturated($1.microwatts) }
            // Meters of different parts may contradict each other.
            result.rest = Watts(microwatts: max(0, draw.microwatts.subtractingSaturated(inGPUs)))
        }
    }

    /// A node without a control of its own is capped through its GPUs: by the one control for all of them, else by each.
    func assessBudget(
        _ resource: Resource, _ bmc: BMC, _ gpus: [Resource], _ fault: BMCFault, _ client: BMCClient,
        _ result: inout Assessment
    ) async {
        let total = ControlEntry(
            key: ControlKey(resource: resource.id, facet: .gpuTotal), type: .node, bmc: bmc, pins: resource.pins)
        if case .success(let reading) = await client.read(total, context: Self.context) {
            result.objections.removeAll { $0 == fault.message }
            takeTotal(reading, into: &result)
            if case .success(let description) = await client.describe(total, context: Self.context) {
                result.model = description.model
            }
            return
        }
        var range = PowerRange(minimum: .zero, maximum: .zero)
        var count = 0
        var reason: String?
        for gpu in gpus where gpu.bmc?.address == bmc.address {
            let entry = ControlEntry(
                key: ControlKey(resource: gpu.id, facet: .powerLimit), type: .gpu, bmc: bmc, pins: gpu.pins)
            switch await client.read(entry, context: Self.context) {
            case .success(let reading):
                count += 1
                range.minimum = Self.sum(range.minimum, reading.range.minimum)
                range.maximum = Self.sum(range.maximum, reading.range.maximum)
            case .failure(let fault): reason = reason ?? "\(gpu.id): \(fault.message)"
            }
        }
        guard count > 0 else {
            let words = gpus.isEmpty ? "the inventory gives it no GPUs" : reason ?? "its GPUs are behind another BMC"
            result.capPath = .nothing(reason: "\(fault.message); \(words)")
            return
        }
        result.objections.removeAll { $0 == fault.message }
        result.capPath = .gpus(count, of: gpus.count)
        if let reason { result.remark("a GPU that takes no part in its budget: \(reason)") }
        result.range = count == gpus.count ? Self.withRest(range, result.restTaken) : PowerRange()
    }

    /// What the one control for all of its GPUs showed.
    func takeTotal(_ reading: Reading, into result: inout Assessment) {
        (result.isReachable, result.isTrusted, result.isLoggedIn) = (true, true, true)
        let uri = reading.locator["uri"]?.string ?? ""
        result.capPath = .gpuTotal(uri: uri)
        result.control = (reading.locator["dialect"]?.string ?? "", uri, reading.locator["why"]?.string ?? "")
        result.identity = result.bmc.flatMap {
            ControlIdentity(bmc: $0.address, facet: .gpuTotal, locator: reading.locator)
        }
        result.gpuTotalRange = reading.range
        result.gpuTotalLimit = reading.value.limit
        result.range = Self.withRest(reading.range, result.restTaken)
        if let limit = reading.value.limit {
            result.value = Self.sum(limit, result.restTaken).map { .limit($0) }
        } else {
            result.value = reading.value
        }
    }

    /// The range of a node, of that of its GPUs; unknown where it is not known what else it draws.
    private static func withRest(_ range: PowerRange, _ rest: Watts?) -> PowerRange {
        guard let rest else { return PowerRange() }
        return PowerRange(minimum: sum(range.minimum, rest), maximum: sum(range.maximum, rest))
    }

    private static func sum(_ left: Watts?, _ right: Watts?) -> Watts? {
        guard let left, let right else { return nil }
        return Watts(microwatts: left.microwatts.addingSaturated(right.microwatts))
    }
}
