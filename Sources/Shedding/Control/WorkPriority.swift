/// The one scale by which everything that waits for a BMC is ordered: the lowest number goes first.
///
/// What sheds has its hint's priority and comes before everything that releases, on every BMC and everywhere; what
/// releases comes in reverse order; what only reads comes last. What was come to an end with and is looked at again, be it
/// to try again, comes between, in the order in which it is due: however urgent, it has had its turn.
public enum WorkPriority {
    /// What is held is looked at again.
    public static let watch = firstRelease - 1
    /// From here on nothing sheds.
    public static let firstRelease = 1 << 40
    /// Behind everything else: the patrol.
    public static let patrol = Int.max

    /// - Parameter priority: the lowest of the hints that ask for it
    public static func shedding(_ priority: Int) -> Int { min(max(priority, 0), watch - 1) }

    /// What was shed last is released first.
    public static func releasing(_ priority: Int) -> Int { 2 * firstRelease - 1 - shedding(priority) }

    public static func isRelease(_ priority: Int) -> Bool { priority >= firstRelease && priority < patrol }
}
