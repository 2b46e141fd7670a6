import Curl
import PowerEvents
import Redfish
import Shedding
import Site

/// Performs the core's orders on BMCs, each through the client of its slot.
struct BMCPerformer: Sendable {
    let clients: ClientDirectory
    /// Whether this agent may write at this very moment; nil where it is alone and always may.
    var mayWrite: (@Sendable () -> Bool)?

    func read(_ order: ReadOrder) async -> Result<Reading, BMCFault> {
        do throws(BMCFault) {
            let client = try await client(order.entry.bmc, order.slot)
            return await client.read(
                order.entry, identityAge: order.identityAge,
                context: RequestContext(
                    priority: order.priority, deadline: .now + order.timeLeft,
                    followup: order.isLikelyLast ? .unlikely : .expected))
        } catch {
            return .failure(error)
        }
    }

    /// - Returns: a result for each change
    func write(_ order: WriteOrder) async -> [Result<Void, BMCFault>] {
        guard let bmc = order.bmc else { return [] }
        let context = RequestContext(priority: order.priority, deadline: .now + order.timeLeft)
        do throws(BMCFault) {
            // The core begins no write without the right to it. Between its step and this moment it may have gone, as where
            // this process was stopped.
            guard mayWrite?() ?? true else { throw BMCFault(.fenced, "this agent does not lead; nothing was sent") }
            let client = try await client(bmc, order.slot)
            if let only = order.changes.first, order.changes.count == 1 {
                return [await client.write(only.write, only.entry, context: context)]
            }
            return await client.writeTogether(
                order.changes.map { BMCClient.Change(write: $0.write, entry: $0.entry) }, context: context)
        } catch {
            return order.changes.map { _ in .failure(error) }
        }
    }

    /// One look of the patrol. - Returns: what it saw of its resource; nil where it was cancelled
    func visit(_ order: VisitOrder, policy: Policy, readiness: ReadinessBoard) async -> Sight? {
        let assessor = Assessor(policy: policy)
        var result = Assessment(order.resource)
        do throws(BMCFault) {
            let client = try await client(order.bmc, order.slot)
            let gpus = order.gpus.filter { !$0.isProtected }
            if let known = readiness.assessment(of: order.resource.id) {
                result = await assessor.refresh(known, order.resource, gpus: gpus, through: client)
            } else {
                result = await assessor.assess(order.resource, gpus: gpus, through: client)
            }
        } catch {
            result.trouble = BMCTrouble(error)
            result.objections.append(error.message)
        }
        if Task.isCancelled { return nil }
        readiness.take(result)
        return result.sight
    }

    /// What meters show of a BMC's machines; nothing of those that cannot be metered.
    func meter(_ order: MeterOrder) async -> Sight {
        guard let client = try? await client(order.bmc, order.slot) else { return Sight() }
        var sight = Sight()
        for machine in order.machines where !Task.isCancelled {
            let reading = await client.meter(
                machine.resource, gpus: machine.gpus,
                context: RequestContext(priority: BMCClient.lowestPriority, followup: .unlikely))
            if case .success(let reading) = reading { sight.watts.merge(reading.watts) { $1 } }
        }
        return sight
    }

    func rest(_ bmc: BMC, _ slot: Slot) async { await clients.rest(bmc, place: slot.number) }

    private func client(_ bmc: BMC, _ slot: Slot) async throws(BMCFault) -> BMCClient {
        try await clients.client(for: bmc, place: slot.number)
    }
}
