import PowerEvents
import Shedding

/// The journal's disk, in memory: what is durable of what the core wanted remembered. A value, so that a copy is a backup.
struct VirtualDisk: Sendable {
    struct Event: Sendable {
        let id: UInt64
        let breach: UUIDText
        let enforcement: Enforcement
        var isPublished = false
    }

    private(set) var breaches: [UUIDText: Breach] = [:]
    private(set) var controls: [ControlKey: ControlEntry] = [:]
    private(set) var inbox: [ReceivedAlert] = []
    private(set) var outbox: [Event] = []
    private(set) var freezes: [Freeze] = []
    private(set) var lastRecordAt: Timestamp?
    private var seen: Set<PayloadMark> = []
    private var lastSequence: Int64 = 0
    private var lastEvent: UInt64 = 0

    /// What a start finds.
    var contents: Core.Contents {
        Core.Contents(
            breaches: breaches.values.sorted { $0.id < $1.id }, controls: controls.values.sorted { $0.key < $1.key },
            inbox: inbox, freezes: freezes, lastRecordAt: lastRecordAt)
    }

    /// Keeps an alert before the broker is told that it arrived. - Returns: nil where its payload was seen before
    mutating func receive(_ alert: ReceivedAlert, now: Timestamp) -> ReceivedAlert? {
        guard seen.insert(alert.mark).inserted else { return nil }
        lastSequence += 1
        var alert = alert
        alert.sequence = lastSequence
        inbox.append(alert)
        note(now)
        return alert
    }

    /// Whether a payload is known, whatever became of it.
    func hasSeen(_ mark: PayloadMark) -> Bool { seen.contains(mark) }

    private mutating func note(_ now: Timestamp) { lastRecordAt = max(lastRecordAt ?? now, now) }

    // MARK: Batches

    mutating func write(_ records: Records, now: Timestamp) {
        note(now)
        writeBreaches(records.changes)
        for control in records.changes.controls { controls[control.entry.key] = control.entry }
        for key in records.changes.removedControls { controls[key] = nil }
        if let freezes = records.changes.freezes { self.freezes = freezes }
        for report in records.reports {
            lastEvent += 1
            let said = report.enforcement
            outbox.append(Event(id: lastEvent, breach: said.breachID, enforcement: said))
        }
        seen.subtract(records.forgotten)
        if !records.handled.isEmpty {
            let handled = Set(records.handled)
            inbox.removeAll { handled.contains($0.sequence) }
        }
        for breach in records.repeated {
            if let last = outbox.lastIndex(where: { $0.breach == breach }) { outbox[last].isPublished = false }
        }
    }

    private mutating func writeBreaches(_ changes: Changes) {
        for breach in changes.breaches {
            var whole = breach
            whole.releaseOutcomes = breach.isClosed ? [:] : breaches[breach.id]?.releaseOutcomes ?? [:]
            // Rows of their own.
            whole.baselines = breach.isClosed ? [:] : breaches[breach.id]?.baselines ?? [:]
            breaches[breach.id] = whole
        }
        for state in changes.states {
            guard let earlier = breaches[state.id] else { continue }
            var whole = state.adding(plansOf: earlier)
            whole.releaseOutcomes = earlier.releaseOutcomes
            breaches[state.id] = whole
        }
        for change in changes.plans {
            guard let count = breaches[change.breach]?.plans.count, change.position <= count else { continue }
            if change.position == count {
                breaches[change.breach]?.plans.append(change.plan)
            } else {
                breaches[change.breach]?.plans[change.position] = change.plan
            }
        }
        for reading in changes.readings where reading.isBaseline && breaches[reading.breach]?.isClosed == false {
            if breaches[reading.breach]?.baselines[reading.resource] == nil {
                breaches[reading.breach]?.baselines[reading.resource] = reading.watts
            }
        }
        for change in changes.letGo { breaches[change.breach]?.released.insert(change.control) }
        for release in changes.releases where breaches[release.breach]?.isClosed == false {
            breaches[release.breach]?.releaseOutcomes[release.control] = release.outcome
        }
        for id in changes.removedBreaches {
            breaches[id] = nil
            outbox.removeAll { $0.breach == id && $0.isPublished }
        }
    }

    // MARK: Outbox

    var unpublished: [Event] { outbox.filter { !$0.isPublished } }

    mutating func markPublished(_ ids: Set<UInt64>, now: Timestamp) {
        for index in outbox.indices where ids.contains(outbox[index].id) { outbox[index].isPublished = true }
        note(now)
    }
}
