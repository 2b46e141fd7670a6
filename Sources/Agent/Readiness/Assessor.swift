import Curl
import PowerEvents
import Redfish
import Shedding
import Site
import StrictJSON

/// Looks at one resource through its BMC and judges what an enforcement would meet. Never writes.
struct Assessor: Sendable {
    let policy: Policy
    /// Behind everything that enforces.
    static let context = RequestContext(priority: BMCClient.lowestPriority)

    /// The whole look: the machine, the control, what it draws, and for a node how it could be capped and suspended.
    ///
    /// - Parameter gpus: of a node, those in the inventory
    func assess(_ resource: Resource, gpus: [Resource] = [], through client: BMCClient) async -> Assessment {
        var result = Assessment(resource)
        guard let bmc = resource.bmc else { return result }
        let entry = Self.entry(resource, bmc)
        let first = await client.read(entry, context: Self.context)
        if bmc.trust == .unverified { result.remark("its certificate is not verified, as the inventory says") }
        take(first, of: resource, into: &result)
        if case .success = first {
            // Once more, now that it is found: that is what an enforcement begins with.
            let start = ContinuousClock.now
            _ = await client.read(entry, context: Self.context)
            result.roundTrip = .now - start
            if case .success(let description) = await client.describe(entry, context: Self.context) {
                result.model = description.model
                if !description.hasSession {
                    let reason = description.sessionObstacle.map { " (\($0))" } ?? ""
                    result.remark("no session\(reason); using Basic authentication, a login with each request")
                }
                remarkOnDefault(resource, description, &result)
            }
        }
        await measure(resource, gpus, client, Self.context, &result)
        if resource.type == .node, case .failure(let fault) = first, fault.kind == .unsupported {
            await assessBudget(resource, bmc, gpus, fault, client, &result)
        }
        if resource.type == .node, resource.allowed.contains(.suspend), result.isLoggedIn == true {
            await assessSuspend(resource, bmc, client, &result)
        }
        return result
    }

    /// The light look: one read of the control that is known, and one of the meter.
    func refresh(
        _ old: Assessment, _ resource: Resource, gpus: [Resource] = [], through client: BMCClient
    ) async -> Assessment {
        guard let bmc = resource.bmc, old.isEnforceable else {
            return await assess(resource, gpus: gpus, through: client)
        }
        var result = old
        (result.trouble, result.machine) = (nil, nil)
        // What was measured then is none of this turn's.
        if isMetered(resource) { (result.draw, result.rest, result.gpuDraws) = (nil, nil, [:]) }
        let isMetered = isMetered(resource) && old.meter != nil
        let light = RequestContext(priority: BMCClient.lowestPriority, followup: .unlikely)
        let start = ContinuousClock.now
        let entry = refreshed(resource, bmc, gpus, old.capPath)
        let reading = await client.read(
            entry, identityAge: .zero, context: isMetered ? Self.context : light)
        result.roundTrip = .now - start
        switch old.capPath {
        case .gpuTotal?, .gpus?:
            // Of what its cap would be met by, not of itself.
            if case .failure(let fault) = reading { takeFault(fault, into: &result) }
            if case .success(let reading) = reading, entry.key.facet == .gpuTotal { takeTotal(reading, into: &result) }
        case .own?, .nodeManager?, .nothing?, nil: take(reading, of: resource, into: &result)
        }
        if result.isReachable == true { await measure(resource, gpus, client, light, &result) }
        return result
    }

    private static func entry(
        _ resource: Resource, _ bmc: BMC, _ facet: ControlKey.Facet = .powerLimit
    ) -> ControlEntry {
        ControlEntry(
            key: ControlKey(resource: resource.id, facet: facet), type: resource.type, bmc: bmc, pins: resource.pins)
    }

    /// What the light look reads: of a node without a limit of its own, what its cap would be met by.
    private func refreshed(_ resource: Resource, _ bmc: BMC, _ gpus: [Resource], _ path: CapPath?) -> ControlEntry {
        switch path {
        case .gpuTotal?: return Self.entry(resource, bmc, .gpuTotal)
        case .gpus?:
            guard let gpu = gpus.first(where: { $0.bmc?.address == bmc.address }) else { fallthrough }
            return Self.entry(gpu, bmc)
        case .own?, .nodeManager?, .nothing?, nil: return Self.entry(resource, bmc)
        }
    }

    private func take(_ reading: Result<Reading, BMCFault>, of resource: Resource, into result: inout Assessment) {
        switch reading.flatMap(\.bounded) {
        case .success(let reading):
            (result.isReachable, result.isTrusted, result.isLoggedIn) = (true, true, true)
            result.machine = reading.identity
            result.value = reading.value
            result.range = reading.range
            result.control = (
                reading.locator["dialect"]?.string ?? "", reading.locator["uri"]?.string ?? "",
                reading.locator["why"]?.string ?? ""
            )
            result.identity = resource.bmc.flatMap {
                ControlIdentity(bmc: $0.address, facet: .powerLimit, locator: reading.locator)
            }
            let uri = result.control?.uri ?? ""
            let isNodeManagers = result.control?.dialect == "node-manager-policy"
            result.capPath = isNodeManagers ? .nodeManager(uri: uri) : .own(uri: uri)
            let needsNoMinimum = resource.type != .gpu || resource.floor != nil
            if reading.range.maximum == nil, reading.value.limit == nil {
                result.remark("it reports no maximum: only hints with a target_power can be enforced")
            }
            if reading.range.minimum == nil, !needsNoMinimum {
                result.remark("it tells no minimum: a suspend of this GPU needs a floor in the inventory")
            }
        case .failure(let fault):
            takeFault(fault, into: &result)
        }
    }

    func takeFault(_ fault: BMCFault, into result: inout Assessment) {
        result.trouble = BMCTrouble(fault)
        if fault.kind == .busy { result.retryAfter = fault.retryAfter ?? .seconds(1) }
        result.isReachable = !fault.isUnreachable
        result.isTrusted = result.isReachable == false ? nil : fault.kind != .untrusted
        let isIn = !fault.isUnreachable && ![.untrusted, .unauthorized].contains(fault.kind)
        result.isLoggedIn = fault.kind == .unauthorized ? false : isIn ? true : nil
        if fault.kind == .machineOff {
            result.remark("control unavailable while the machine is off: \(fault.message)")
            // One that was never seen may not be there when the machine is on either.
            if result.control == nil {
                result.objections.append("no control was seen yet, since the machine is off")
            }
        } else {
            result.objections.append(fault.message)
        }
    }

    /// A share of what the supplies could give may be far more than the machine ever draws.
    private func remarkOnDefault(
        _ resource: Resource, _ description: MachineDescription, _ result: inout Assessment
    ) {
        guard let drawn = description.drawn, let most = result.range.maximum, resource.allowed.contains(.powerCap)
        else { return }
        let cap = max(most.scaled(by: policy.powerCapDefault), resource.floor ?? .zero, result.range.minimum ?? .zero)
        guard cap >= drawn else { return }
        result.remark(
            "a hint without a target_power sheds nothing: its default cap of \(policy.powerCapDefault) of \(most) is"
                + " \(cap), and it draws \(drawn)")
    }

    private func assessSuspend(
        _ resource: Resource, _ bmc: BMC, _ client: BMCClient, _ result: inout Assessment
    ) async {
        let entry = ControlEntry(
            key: ControlKey(resource: resource.id, facet: .powerState), type: .node, bmc: bmc, pins: resource.pins)
        switch await client.read(entry, context: Self.context) {
        case .failure(let fault): result.remark("it could not be suspended: \(fault.message)")
        case .success(let reading):
            if policy.suspend.allSatisfy({ !$0.isOffered(among: reading.resetTypes) }) {
                result.remark(
                    "it could not be suspended: of the policy's ways the BMC allows none"
                        + " (it allows \(reading.resetTypes.map(\.rawValue).joined(separator: ", ")))")
            }
            if reading.value == .power(.unknown) { result.remark("it does not tell its power state") }
        }
    }
}
