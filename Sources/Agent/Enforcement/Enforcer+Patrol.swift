import Inventory
import Logging
import Redfish
import Shedding

/// The patrol: looks at BMCs that nothing else is asked of at the moment.
extension Enforcer {
    var patrolled: [BMC.Address] { readiness.addresses }

    func patrol(_ address: BMC.Address) { visit(address) }

    /// One look; the whole of it for a resource that was never seen.
    func look(at address: BMC.Address, place: Int) async {
        guard let (resource, known) = readiness.next(address), let bmc = resource.bmc else { return }
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
        if known?.isEnforceable != result.isEnforceable { log(result) }
        readiness.take(result)
        metrics.set("ima_resources_enforceable", readiness.enforceable)
        // A machine is wholly known before it is left; enforcement goes first all the same.
        if readiness.isNew(address) { visit(address) }
    }

    private func log(_ assessment: Assessment) {
        if assessment.isEnforceable {
            logger.info("could be enforced upon", metadata: ["resource": "\(assessment.resource)"])
        } else {
            logger.warning(
                "could not be enforced upon now",
                metadata: [
                    "resource": "\(assessment.resource)", "bmc": "\(assessment.bmc?.address.description ?? "")",
                    "reason": "\(assessment.objections.joined(separator: "; "))",
                ])
        }
    }
}
