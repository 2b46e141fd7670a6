public import PowerEvents
public import Shedding
public import Site

/// What a start finds.
public struct JournalContents: Sendable {
    public var breaches: [Breach]
    public var controls: [ControlEntry]
    public var inbox: [InboxAlert]
    public var isFrozen: Bool
    public var sessions: [BMCSession]
    public var knowledge: [BMC.Address: BMCKnowledge]
    /// Reports that wait for their signature.
    public var unsigned: [Report] = []
    /// When an agent last wrote anything; nil in an empty journal.
    public var lastRecordAt: Timestamp?
}
