import Journal
import PowerEvents
import Shedding

/// What a drill came to, control by control; made of the journal, as evidence is.
struct DrillRecord: Sendable {
    struct Step: Sendable, Hashable {
        /// As in the history: `applied`, `reverted`, `failed`, `skipped`.
        let code: String
        /// What the control was read to hold then.
        let value: String?
        let message: String?
        /// Since the drill began to cap, or to restore.
        let time: Duration
    }

    struct Result: Sendable, Hashable {
        let control: ControlKey
        /// What it held before.
        let prior: String?
        let cap: Step?
        let restore: Step?
        /// What its resource drew before, and at the last reading under the cap.
        let drewBefore: Watts?
        let drewDuring: Watts?

        /// Whether the cap was read back, and then what had been there before.
        var isProven: Bool { cap?.code == "applied" && restore?.code == "reverted" }
    }

    /// By control.
    let results: [Result]

    /// - Parameters:
    ///   - lines: of the drill, oldest first
    ///   - readings: likewise
    init(_ drill: Drill, lines: [HistoryLine], readings: [PowerReading]) {
        // By what was recorded when, and not by what two clocks say.
        let marker = lines.first {
            $0.entry.kind == .command && ["drill_restore", "release"].contains($0.entry.code)
        }
        let released = marker?.at ?? drill.releasedAt ?? drill.startedAt
        var caps: [ControlKey: HistoryLine] = [:]
        var restores: [ControlKey: HistoryLine] = [:]
        for line in lines where line.entry.kind == .outcome {
            guard let control = line.entry.control else { continue }
            if let marker, line.sequence > marker.sequence { restores[control] = line } else { caps[control] = line }
        }
        let begun = lines.first?.at ?? drill.startedAt
        let byResource = Dictionary(grouping: readings, by: \.resource)
        results = Set(caps.keys).union(restores.keys).sorted().map { control in
            let own = byResource[control.resource] ?? []
            let (cap, restore) = (caps[control], restores[control])
            return Result(
                control: control, prior: cap?.entry.prior ?? restore?.entry.prior,
                cap: cap.map { Self.step($0, since: begun) }, restore: restore.map { Self.step($0, since: released) },
                drewBefore: own.last { $0.at <= (cap?.entry.writtenAt ?? begun) }?.watts,
                drewDuring: own.last { $0.at > (cap?.at ?? begun) && $0.at <= released }?.watts)
        }
    }

    private static func step(_ line: HistoryLine, since start: Timestamp) -> Step {
        Step(
            code: line.entry.code, value: line.entry.value, message: line.entry.message,
            time: max(line.at - start, .zero))
    }
}
