import PowerEvents
import Shedding

/// What the shell of an agent with a standby tells the core of its right to write.
extension Enforcer {
    /// Before anything else: another agent led, or this one did and died, and what it had sent may still arrive.
    func takeOver() {
        if let bounds = parts.former { step(.takenOver(bounds)) }
    }

    /// The right to write lasts a while longer, or has gone for now.
    func renewLease() {
        if let left = parts.timeLeft?() { step(.lease(until: now().steady + left)) }
    }

    /// What other shards hold down has changed, or is first heard of.
    func learnElsewhere() {
        guard let latest = parts.shards?.latest() else { return }
        step(.elsewhere(latest.elsewhere, counted: latest.counted))
    }

    func claim(_ claim: SuspensionClaim) {
        guard let shards = parts.shards else { return }
        Task.detached { await self.step(.claimed(shards.claim(claim))) }
    }

    /// The right to write has gone for good: whatever is under way ends now, and what it would have answered counts no more.
    func loseLease() {
        step(.leaseLost)
        parts.keeper.giveUpOnFailure()
        cancelAll()
    }
}
