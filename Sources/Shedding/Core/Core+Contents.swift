public import PowerEvents

extension Core {
    /// What a start finds in the journal.
    public struct Contents: Sendable {
        public var breaches: [Breach]
        public var controls: [ControlEntry]
        public var inbox: [ReceivedAlert]
        public var freezes: [Freeze]
        /// When an agent last wrote anything, by the wall clock; nil in an empty journal.
        public var lastRecordAt: Timestamp?
        /// How controls last ended, by whoever wrote the journal: for an agent that only shows it. One that acts is told
        /// nothing, and looks.
        public var outcomes: [ControlKey: Outcome] = [:]

        public init(
            breaches: [Breach] = [], controls: [ControlEntry] = [], inbox: [ReceivedAlert] = [],
            freezes: [Freeze] = [], lastRecordAt: Timestamp? = nil
        ) {
            self.breaches = breaches
            self.controls = controls
            self.inbox = inbox
            self.freezes = freezes
            self.lastRecordAt = lastRecordAt
        }
    }
}
