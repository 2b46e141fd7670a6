import PowerEvents

/// The order in which a breach's controls are handed out: one wave a priority, lowest number first.
struct Waves: Sendable, Hashable {
    private var waiting: [(priority: Int, controls: [ControlKey])]
    /// Handed out and not yet settled, of the wave that runs now.
    private var running: Set<ControlKey> = []
    private var since = Timestamp(milliseconds: 0)

    init(_ controls: [(key: ControlKey, priority: Int)]) {
        waiting = Dictionary(grouping: controls, by: \.priority).map { ($0.key, $0.value.map(\.key)) }
            .sorted { $0.priority < $1.priority }
    }

    /// The controls that may start now. Without a grace (an eager pace) that is all of them.
    mutating func next(now: Timestamp, grace: Duration?) -> [(key: ControlKey, priority: Int)] {
        var started: [(key: ControlKey, priority: Int)] = []
        while let wave = waiting.first {
            if let grace, !running.isEmpty, now - since < grace { break }
            waiting.removeFirst()
            // Where nothing waits for them, nothing need be known of them.
            running = grace == nil ? [] : Set(wave.controls)
            since = now
            started += wave.controls.map { ($0, wave.priority) }
        }
        return started
    }

    /// Takes up controls that were handed out in vain, each in the wave of its priority; the lowest goes next.
    mutating func add(_ controls: [(key: ControlKey, priority: Int)]) {
        for (priority, those) in Dictionary(grouping: controls, by: \.priority) {
            let keys = those.map(\.key)
            running.subtract(keys)
            guard let known = waiting.firstIndex(where: { $0.priority == priority }) else {
                waiting.append((priority, keys))
                continue
            }
            let waits = Set(waiting[known].controls)
            waiting[known].controls += keys.filter { !waits.contains($0) }
        }
        waiting.sort { $0.priority < $1.priority }
        running = []
    }

    /// When ``next(now:grace:)`` can have anything to hand out, which may lie in the past; nil where nothing waits.
    func nextDue(grace: Duration?) -> Timestamp? {
        if waiting.isEmpty { return nil }
        return running.isEmpty ? since : since + (grace ?? .zero)
    }

    /// Nothing could be done for a while, so that nothing that runs has used up its grace.
    mutating func restart(at now: Timestamp) { if !running.isEmpty { since = max(since, now) } }

    mutating func settle(_ control: ControlKey) { running.remove(control) }

    var isEmpty: Bool { waiting.isEmpty }

    static func == (left: Waves, right: Waves) -> Bool {
        left.running == right.running && left.waiting.map(\.priority) == right.waiting.map(\.priority)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(running) }
}
