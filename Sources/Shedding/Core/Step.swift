import PowerEvents

/// One step of the ``Core`` under way.
struct Step: Sendable {
    let now: Moment
    var progress: Progress
    var records = Records()
    /// Once the records are durable.
    var after: [Effect] = []
    var answer = CommandAnswer.done
    /// Whether the journal takes a while with it, for which few slots begin.
    var isLarge = false
    /// Whether it did what was due by the clock.
    var isDue = false

    init(_ now: Moment) {
        self.now = now
        progress = Progress(now: now.steady)
    }

    mutating func tell(_ fact: Fact) { progress.effects.append(.tell(fact)) }

    mutating func takeActions() -> [Action] {
        defer { progress.actions = [] }
        return progress.actions
    }

    mutating func takeHeld() -> [Slot] {
        defer { progress.held = [] }
        return progress.held
    }
}
