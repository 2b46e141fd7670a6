import PowerEvents

/// Time that passes only from event to event.
final class VirtualTime {
    private struct Event {
        let at: Timestamp
        let order: Int
        let run: () -> Void
    }

    private(set) var now = Timestamp(milliseconds: 1_000_000_000_000)
    private var events: [Event] = []
    private var nextOrder = 0

    func after(_ delay: Duration, _ run: @escaping () -> Void) {
        nextOrder += 1
        events.append(Event(at: now + delay, order: nextOrder, run: run))
    }

    /// Runs the next event where it is due by `end`. - Returns: false where there is none
    func step(until end: Timestamp) -> Bool {
        guard
            let index = events.indices.min(by: { (events[$0].at, events[$0].order) < (events[$1].at, events[$1].order) }
            ),
            events[index].at <= end
        else {
            now = max(now, end)
            return false
        }
        let event = events[index]
        events.swapAt(index, events.count - 1)
        events.removeLast()
        now = event.at
        event.run()
        return true
    }

    func run(for duration: Duration, while condition: () -> Bool) {
        let end = now + duration
        while condition(), step(until: end) {}
    }
}
