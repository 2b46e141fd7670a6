import PowerEvents

/// What a feed would draw if what we asked for were let go of.
enum DemandEstimate {
    /// A capped resource that draws less than this part of its cap is held by its own work, not by the cap.
    private static let held = 0.93

    /// What the schedulers of the jobs tell, where they do. Otherwise from the meters: whatever draws as much as its cap lets
    /// it is taken to want what it drew before, however long ago that was.
    ///
    /// - Parameters:
    ///   - hints: what was asked for
    ///   - before: watts of each resource when it was first asked
    static func watts(
        of feed: String, _ reading: MeterReading, hints: [ShedHint], before: [String: Double], topology: ShedTopology
    ) -> Double? {
        guard let measured = reading.feeds[feed] else { return nil }
        if let told = reading.demand[feed] { return max(told, 0) }
        let shares = Dictionary(
            topology.fed(by: feed).map { ($0.id, Double(max(1, $0.feeds.count))) },
            uniquingKeysWith: { first, _ in first })
        return hints.reduce(measured) { sum, hint in
            guard let was = before[hint.resourceID], let now = reading.watts(of: hint.resourceID) else { return sum }
            let cap = hint.targetPower.map { Double($0.watts.microwatts) / 1_000_000 } ?? was
            guard now >= cap * held || hint.action != .powerCap else { return sum }
            return sum + max(0, was - now) / (shares[hint.resourceID] ?? 1)
        }
    }
}
