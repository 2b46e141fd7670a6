import Logging
import Prometheus
import Redfish
import Shedding
import Site

/// The patrol: looks at BMCs that nothing else is asked of at the moment.
extension Enforcer {
    var patrolled: [BMC.Address] { readiness.addresses }

    /// A look, unless one is under way or enforcement has much to do; the next round comes soon.
    ///
    /// - Returns: false where so many BMCs are being looked at that this one is to wait
    func patrol(_ address: BMC.Address) -> Bool {
        guard looks[address] == nil, schedule.isQuiet(now: now()) else { return true }
        guard schedule.hasRoomForVisit else { return false }
        visit(address)
        return true
    }

    /// One look, which ends early where enforcement wants the BMC. - Returns: the BMC, where there was something to see
    func runLook(at address: BMC.Address, place: Int) async -> BMC? {
        let look = Task { await self.look(at: address, place: place) }
        looks[address] = look
        let bmc = await withTaskCancellationHandler {
            await look.value
        } onCancel: {
            look.cancel()
        }
        looks[address] = nil
        // A machine is wholly known before it is left; enforcement goes first all the same.
        if readiness.isNew(address), !look.isCancelled { visit(address) }
        return bmc
    }

    /// Enforcement comes after the request that a look has on its way, and waits for that no longer than a BMC takes that
    /// answers at all: what is given up may still be at work on the BMC when the next request comes.
    func endLook(at address: BMC.Address) {
        looks[address]?.cancel()
    }

    /// One look; the whole of it for a resource that was never seen.
    private func look(at address: BMC.Address, place: Int) async -> BMC? {
        guard let (resource, known) = readiness.next(address), let bmc = resource.bmc else { return nil }
        let assessor = Assessor(policy: book.policy)
        var result = Assessment(resource)
        do throws(BMCFault) {
            let client = try await clients.client(for: bmc, place: place)
            if let known {
                result = await assessor.refresh(known, resource, through: client)
            } else {
                result = await assessor.assess(resource, through: client)
            }
        } catch {
            result.objections.append(error.message)
        }
        // Cut short, it says nothing of the resource.
        if Task.isCancelled { return bmc }
        if known?.isEnforceable != result.isEnforceable { log(result) }
        readiness.take(result)
        metrics.resourcesEnforceable.set(readiness.enforceable)
        return bmc
    }

    private func log(_ assessment: Assessment) {
        if assessment.isEnforceable {
            logger.info("enforceable", metadata: ["resource": "\(assessment.resource)"])
        } else {
            logger.warning(
                "not enforceable now",
                metadata: [
                    "resource": "\(assessment.resource)", "bmc": "\(assessment.bmc?.address.description ?? "")",
                    "reason": "\(assessment.objections.joined(separator: "; "))",
                ])
        }
    }
}
