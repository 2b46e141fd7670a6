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
