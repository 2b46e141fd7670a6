import Retrying
import Shedding

/// Keeps a BMC that does not answer from taking the time of everything else that waits for it.
///
/// Three timeouts in a row open it. While open nothing is sent; then one request may try, and its timeout opens it again
/// for longer, by ``Retrying/Backoff/circuit``.
struct CircuitBreaker: Sendable {
    static let tolerance = 3

    private var timeouts = 0
    private var openUntil: ContinuousClock.Instant?
    private var reason = ""

    /// Why nothing may be sent now; nil where it may.
    func refusal(_ now: ContinuousClock.Instant) -> BMCFault? {
        guard let openUntil, now < openUntil else { return nil }
        return BMCFault.circuitOpen(after: reason)
    }

    mutating func answered() { self = CircuitBreaker() }

    mutating func timedOut(_ reason: String, now: ContinuousClock.Instant) {
        timeouts += 1
        self.reason = reason
        guard timeouts >= Self.tolerance else { return }
        openUntil = now + Backoff.circuit.delay(after: timeouts - Self.tolerance)
    }

    /// What a piece of work came to: timeouts count, and whatever was said ends them.
    mutating func note(_ fault: BMCFault, now: ContinuousClock.Instant) {
        switch fault.kind {
        case .unreachable: timedOut(fault.message, now: now)
        // A write that went unanswered says nothing: some take a minute.
        case .unknownEffect, .circuitOpen, .outOfTime, .cancelled, .fenced: break
        case .untrusted, .unauthorized, .busy, .refused, .overtaken, .unsupported, .machineOff, .invalidAnswer:
            answered()
        }
    }
}
