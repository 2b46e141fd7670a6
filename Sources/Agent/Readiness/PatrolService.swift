import ServiceLifecycle
import Site

/// Sends the enforcer to every BMC once in a while, evenly spread, so that sessions and connections stay warm and it is
/// known before a breach what could be enforced.
struct PatrolService: Service {
    let every: Duration
    let enforcer: Enforcer

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let addresses = await enforcer.patrolled
                let start = ContinuousClock.now
                for (index, address) in addresses.enumerated() {
                    let due = start + every * (Double(index) / Double(addresses.count))
                    // Thousands of BMCs a minute are a few per turn of the clock.
                    if due - .now > .milliseconds(50) { try? await Task.sleep(until: due) }
                    while !Task.isCancelled, await !enforcer.patrol(address) {
                        try? await Task.sleep(for: .milliseconds(50))
                    }
                    if Task.isCancelled { return }
                }
                try? await Task.sleep(until: start + max(every, .seconds(1)))
            }
        }
    }
}
