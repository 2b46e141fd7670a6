/// What one generation's BMC shows of the power that its machine draws, and how.
struct MeterStyle: Sendable, Hashable {
    /// `PowerConsumedWatts` of the machine's PowerControl.
    var isInPower = true
    /// `PowerMetrics` beside it: zeros where the firmware never fills them, nil where it has none.
    var hasMetrics: Bool?
    /// The sensor of the machine's input power in its chassis; nil where it has no Sensors.
    var sensor: String?
    /// Whether EnvironmentMetrics count energy.
    var countsEnergy = false
    /// Whether each GPU has a chassis with sensors, and reports show them all.
    var isPlatform = false
    /// Whether the tray's input power is in a report too.
    var reportsInput = false
    /// The power supplies that show what they take in.
    var supplies = 0
    /// Whether a report has every minute of the last three days for every meter.
    var hasHistory = false
    /// The seconds between two samples.
    var sensing = 1.0
    /// Whether watts have decimal places.
    var isExact = false
}
