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
    private static let context = RequestContext(priority: BMCClient.lowestPriority)

    /// The whole look: the machine, the control, and for a node how it could be suspended.
    func assess(_ resource: Resource, through client: BMCClient) async -> Assessment {
        var result = Assessment(resource)
        guard let bmc = resource.bmc else { return result }
        let entry = ControlEntry(
            key: ControlKey(resource: resource.id, facet: .powerLimit), type: resource.type, bmc: bmc,
            pins: resource.pins)
        let first = await client.read(entry, context: Self.context)
        if bmc.trust == .unverified { result.remarks.append("its certificate is not verified, as the inventory says") }
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
                    result.remarks.append("no session\(reason); using Basic authentication, a login with each request")
                }
                remarkOnDefault(resource, description, &result)
            }
        }
        if resource.type == .node, resource.allowed.contains(.suspend), result.isLoggedIn == true {
            await assessSuspend(resource, bmc, client, &result)
        }
        return result
    }

    /// The light look: one read of the control that is known.
    func refresh(_ old: Assessment, _ resource: Resource, through client: BMCClient) async -> Assessment {
        guard let bmc = resource.bmc, old.isEnforceable else { return await assess(resource, through: client) }
        var result = old
        let entry = ControlEntry(
            key: ControlKey(resource: resource.id, facet: .powerLimit), type: resource.type, bmc: bmc,
            pins: resource.pins)
        let start = ContinuousClock.now
        let reading = await client.read(
            entry, identityAge: .zero,
            context: RequestContext(priority: BMCClient.lowestPriority, followup: .unlikely))
        result.roundTrip = .now - start
        take(reading, of: resource, into: &result)
        return result
    }

    private func take(_ reading: Result<Reading, BMCFault>, of resource: Resource, into result: inout Assessment) {
        switch reading {
        case .success(let reading):
            (result.isReachable, result.isTrusted, result.isLoggedIn) = (true, true, true)
            result.value = reading.value
            result.range = reading.range
            result.control = (
                reading.locator["dialect"]?.string ?? "", reading.locator["uri"]?.string ?? "",
                reading.locator["why"]?.string ?? ""
            )
            result.identity = resource.bmc.flatMap {
                ControlIdentity(bmc: $0.address, facet: .powerLimit, locator: reading.locator)
            }
            let needsNoMinimum = resource.type != .gpu || resource.floor != nil
            if reading.range.maximum == nil, reading.value.limit == nil {
                result.remarks.append("it reports no maximum: only hints with a target_power can be enforced")
            }
            if reading.range.minimum == nil, !needsNoMinimum {
                result.remarks.append("it tells no minimum: a suspend of this GPU needs a floor in the inventory")
            }
        case .failure(let fault):
            if fault.kind == .busy { result.retryAfter = fault.retryAfter ?? .seconds(1) }
            result.isReachable = !fault.isUnreachable
            result.isTrusted = result.isReachable == false ? nil : fault.kind != .untrusted
            let isIn = !fault.isUnreachable && ![.untrusted, .unauthorized].contains(fault.kind)
            result.isLoggedIn = fault.kind == .unauthorized ? false : isIn ? true : nil
            if fault.kind == .machineOff {
                result.remarks.append("control unavailable while the machine is off: \(fault.message)")
                // One that was never seen may not be there when the machine is on either.
                if result.control == nil {
                    result.objections.append("no control was seen yet, since the machine is off")
                }
            } else {
                result.objections.append(fault.message)
            }
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
        result.remarks.append(
            "a hint without a target_power sheds nothing: its default cap of \(policy.powerCapDefault) of \(most) is"
                + " \(cap), and it draws \(drawn)")
    }

    private func assessSuspend(
        _ resource: Resource, _ bmc: BMC, _ client: BMCClient, _ result: inout Assessment
    ) async {
        let entry = ControlEntry(
            key: ControlKey(resource: resource.id, facet: .powerState), type: .node, bmc: bmc, pins: resource.pins)
        switch await client.read(entry, context: Self.context) {
        case .failure(let fault): result.remarks.append("it could not be suspended: \(fault.message)")
        case .success(let reading):
            if policy.suspend.allSatisfy({ !$0.isOffered(among: reading.resetTypes) }) {
                result.remarks.append(
                    "it could not be suspended: of the policy's ways the BMC allows none"
                        + " (it allows \(reading.resetTypes.map(\.rawValue).joined(separator: ", ")))")
            }
            if reading.value == .power(.unknown) { result.remarks.append("it does not tell its power state") }
        }
    }
}
