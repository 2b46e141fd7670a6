import Journal

/// One history, lived through.
struct HistoryRun {
    let history: History
    /// The step at which the agent died, beside what the history itself says.
    let crashAt: Int?
    let violation: String?
    let steps: Int

    init(_ history: History, crashAt: Int? = nil) {
        self.history = history
        self.crashAt = crashAt
        do {
            let world = World(history, journal: try JournalDatabase())
            if let crashAt { world.crash(at: crashAt) }
            try world.run()
            violation = world.violation
            steps = world.steps
        } catch {
            violation = "\(error)"
            steps = 0
        }
    }

    /// The shortest history found that still goes wrong, by leaving moments out.
    func shrunk() -> HistoryRun {
        var best = self
        var size = max(1, history.moments.count / 2)
        while size > 0 {
            var index = 0
            var isShorter = false
            while index < best.history.moments.count {
                var shorter = best.history
                let end = min(index + size, shorter.moments.count)
                let lostTime = shorter.moments[index..<end].map(\.after).reduce(0, +)
                shorter.moments.removeSubrange(index..<end)
                if index < shorter.moments.count { shorter.moments[index].after += lostTime }
                let run = HistoryRun(shorter, crashAt: crashAt)
                if run.violation != nil {
                    best = run
                    isShorter = true
                } else {
                    index += size
                }
            }
            if !isShorter { size /= 2 }
        }
        return best
    }

    /// What went wrong, and in which history, for people.
    var table: String { "\(violation ?? "all well")\n\(history.table)" }
}
