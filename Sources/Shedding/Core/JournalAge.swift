public import PowerEvents

/// Whether a journal that a start finds is of now. One that was brought back from a backup, or a clock that is wrong, would
/// have machines put to what was true at another time.
public enum JournalAge {
    /// A journal that an operator has to confirm.
    public struct Finding: Sendable, Hashable {
        /// In words, with what to do.
        public let reason: String
        public let lastRecordAt: Timestamp
    }

    /// - Returns: nil where there is nothing to take up, or the journal was written to within `max_hold`
    public static func finding(_ contents: Core.Contents, maxHold: Duration, now: Timestamp) -> Finding? {
        let open = contents.breaches.count { !$0.isClosed }
        guard let last = contents.lastRecordAt, open > 0 || !contents.controls.isEmpty || !contents.inbox.isEmpty else {
            return nil
        }
        let held =
            "\(open) breaches, \(contents.controls.count) controls and \(contents.inbox.count) alerts wait for `ima resume`, or a breach for `ima release BREACH`"
        if now - last > maxHold {
            return Finding(reason: "its last record, of \(last), is older than max_hold: \(held)", lastRecordAt: last)
        }
        if last - now > ClockSkew.tolerated {
            return Finding(
                reason: "its last record, of \(last), lies in the future: check the clock; \(held)", lastRecordAt: last)
        }
        return nil
    }
}
