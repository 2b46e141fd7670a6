public import PowerEvents
public import Shedding
public import Site

/// What a start finds.
public struct JournalContents: Sendable {
    public var breaches: [Breach]
    public var controls: [ControlEntry]
    public var inbox: [InboxAlert]
    public var freezes: [Freeze]
    public var sessions: [BMCSession]
    public var knowledge: [BMC.Address: BMCKnowledge]
    /// Reports that wait for their signature.
    public var unsigned: [Report] = []
    /// When an agent last wrote anything; nil in an empty journal.
    public var lastRecordAt: Timestamp?

    /// As the core takes it up.
    public var core: Core.Contents {
        Core.Contents(
            breaches: breaches, controls: controls, inbox: inbox.map(\.received), freezes: freezes,
            lastRecordAt: lastRecordAt)
    }
}
