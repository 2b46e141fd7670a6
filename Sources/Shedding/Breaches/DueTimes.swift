import PowerEvents

/// When what becomes due by the clock: reads of controls, and what is to be said of breaches.
struct DueTimes: Sendable {
    /// Between something new of a breach and the report that says so. A BMC rarely changes alone, and each report tells
    /// the whole.
    static let newsDelay = Duration.seconds(1)

    private var reports: [UUIDText: Timestamp] = [:]
    private var news: [UUIDText: Timestamp] = [:]
    private var reads = Agenda()
    /// When budgets are next held against what meters showed; nil while they showed nothing new.
    private(set) var budgetCheck: Timestamp?
    private var sums: [UUIDText: Timestamp] = [:]
    /// Between what a meter showed and what follows: others show something in the same second.
    private static let budgetDelay = Duration.seconds(1)

    // MARK: Breaches

    /// An answer is due at this time although not everything has settled.
    mutating func report(_ breach: UUIDText, at time: Timestamp) { reports[breach] = time }

    mutating func dropReport(_ breach: UUIDText) { reports[breach] = nil }

    func isReportDue(_ breach: UUIDText, _ now: Timestamp) -> Bool { reports[breach].map { now >= $0 } ?? false }

    /// Something is to be told that a report has not said yet, together with what else is new by then.
    mutating func tellNews(_ breach: UUIDText, now: Timestamp) {
        if news[breach] == nil { news[breach] = now + Self.newsDelay }
    }

    /// Whether there is news to be told now, which counts as told from here on.
    mutating func takeNews(_ breach: UUIDText, _ now: Timestamp) -> Bool {
        guard let due = news[breach], now >= due else { return false }
        news[breach] = nil
        return true
    }

    /// Nothing is due of a breach that is over.
    mutating func forget(_ breach: UUIDText) {
        reports[breach] = nil
        news[breach] = nil
        sums[breach] = nil
    }

    /// When something is next to be said of a breach.
    func next(of breach: UUIDText) -> Timestamp? {
        [reports[breach], news[breach], sums[breach]].compactMap { $0 }.min()
    }

    // MARK: Meters

    /// What an alert asks for is to be summed up once there is time to go through thousands of hints.
    mutating func sumUp(_ breach: UUIDText, now: Timestamp) { sums[breach] = sums[breach] ?? now + Self.budgetDelay }

    mutating func takeSum(of breach: UUIDText, _ now: Timestamp) -> Bool {
        guard let due = sums[breach], due <= now else { return false }
        sums[breach] = nil
        return true
    }

    mutating func dropSum(of breach: UUIDText) { sums[breach] = nil }

    mutating func checkBudgets(now: Timestamp) { budgetCheck = budgetCheck ?? now + Self.budgetDelay }

    mutating func takeBudgetCheck(_ now: Timestamp) -> Bool {
        guard let due = budgetCheck, due <= now else { return false }
        budgetCheck = nil
        return true
    }

    // MARK: Controls

    mutating func read(_ key: ControlKey, at time: Timestamp) { reads.set(key, at: time) }

    mutating func dropRead(_ key: ControlKey) { reads.remove(key) }

    func nextRead(_ key: ControlKey) -> Timestamp? { reads[key] }

    mutating func takeDueReads(_ now: Timestamp) -> [ControlKey] { reads.takeDue(now) }

    var nextRead: Timestamp? { reads.next }
}
