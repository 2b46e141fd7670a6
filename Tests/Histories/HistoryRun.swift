/// One history, lived through.
struct HistoryRun {
    let history: History
    /// The step at which the agent died, beside what the history itself says.
    let crashAt: Int?
    let violation: String?
    let steps: Int
    /// With `IMA_HISTORY_TRACE` set: what was asked of the BMCs.
    let trace: [String]

    /// - Parameter excusesDeaths: whether what a BMC made of a write over which a process died may be left with it
    init(_ history: History, crashAt: Int? = nil, excusesDeaths: Bool = true) {
        self.history = history
        self.crashAt = crashAt
        do {
            let world = try World(history, excusesDeaths: excusesDeaths)
            if let crashAt { world.crash(at: crashAt) }
            try world.run()
            violation = world.violation
            steps = world.steps
            trace = world.trace
        } catch {
            violation = "\(error)"
            steps = 0
            trace = []
        }
    }

    /// The shortest history found that still goes wrong, by leaving moments and then hints out.
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
        return best.withFewerHints()
    }

    private func withFewerHints() -> HistoryRun {
        var best = self
        for index in history.moments.indices {
            var position = 0
            while case .alert(let breach, let status, let isCritical, var hints, let delivery) = best.history.moments[
                index
            ]
            .step, position < hints.count {
                hints.remove(at: position)
                var shorter = best.history
                shorter.moments[index].step = .alert(
                    breach: breach, status, isCritical: isCritical, hints, delivery)
                let run = HistoryRun(shorter, crashAt: crashAt)
                if run.violation != nil { best = run } else { position += 1 }
            }
        }
        return best
    }

    /// What went wrong, in which history, and that history as a test.
    var table: String {
        let crash = crashAt.map { "with a crash at step \($0)\n" } ?? ""
        return "\(violation ?? "all well")\n\(crash)\(history.table)\n\(history.source)"
            + (trace.isEmpty ? "" : "\n" + trace.suffix(200).joined(separator: "\n"))
    }
}
