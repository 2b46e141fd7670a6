public import PowerEvents
public import Site

/// Everything that can happen to a ``Core``.
public enum Input: Sendable {
    /// Where agents share a site: this one may write until then, on the steady clock. Given first before ``started``, and
    /// each time the lease is renewed. Never given, nobody shares the site.
    case lease(until: Timestamp)
    /// Another agent may lead by now. All ends at once; whatever else comes in, nothing follows from it.
    case leaseLost
    /// Where a site has shards: what the others hold down, as last read; nil where that is not known. Given first before
    /// ``started``, and whenever it changes. Never given, `max_suspended` counts over this agent's nodes alone.
    ///
    /// - Parameter counted: how many of this agent's nodes the site counts as down; nil where it has no word of them
    case elsewhere(SuspensionsElsewhere?, counted: Int?)
    /// An ``Effect/claim(_:)`` is answered; nil where it could not be.
    case claimed(SuspensionGrant?)
    /// Another agent led before, or this one did and died: a write that it sent may still be obeyed, so much later. Comes
    /// before ``started``. Only where the agent before has ended in order, with nothing on its way, it need not come.
    case takenOver(FormerBounds)
    /// The process begins with what its journal held.
    case started
    /// The process is to end: what is under way ends, nothing is begun.
    case stopping
    /// Time has passed. A few times a second.
    case time
    /// Nothing has happened: there is time to go on with what a step left (``Ready/isUnfinished``).
    case proceed

    /// A connection to the broker has begun, which will hand out what it kept. Comes before the first of its alerts.
    case connected
    /// The alerts' topics are subscribed: whoever listens is to be told the present state.
    case subscribed
    /// The inbox has a new alert.
    case alert(ReceivedAlert)
    /// A payload that was seen before came again, of this breach.
    case repeated(UUIDText)

    /// A BMC answered a ``Effect/read(_:)``, or did not.
    case read(RunID, Result<Reading, BMCFault>)
    /// A BMC answered a ``Effect/write(_:)``, or did not: a result for each of its changes.
    case wrote(RunID, [Result<Void, BMCFault>])
    /// A ``Effect/wake(_:after:)`` is over.
    case woke(RunID)
    /// A ``Effect/visit(_:)`` is over, with what it saw; nil where it was cut short and saw nothing of its resource.
    case visited(RunID, Sight?)
    /// A ``Effect/meter(_:)`` is over, with what the meters showed.
    case metered(RunID, Sight)
    /// A connection is at rest, as ``Effect/rest(_:)`` wanted it.
    case rested(Slot)

    /// Records are durable, and with them all that were made before.
    case durable(BatchID)
    /// Records could not be made durable, and never will be.
    case notDurable(BatchID, reason: String)
    /// The journal has forgotten breaches that were closed before this time.
    case pruned(closedBefore: Timestamp)

    case command(Command)
    /// The configuration was read again.
    case reloaded(Site, Policy, Mode)
}

/// One thing under way on a BMC, told apart from all earlier ones of this process.
public struct RunID: Sendable, Hashable, Comparable {
    let number: UInt64

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// The records of one step.
public struct BatchID: Sendable, Hashable, Comparable {
    let number: UInt64

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
