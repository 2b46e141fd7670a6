import StrictJSON

/// What the schemas say, without the habits of any vendor.
extension Personality {
    public static let standardMetrics = Personality(
        "environment-metrics",
        limit: PowerKnob(
            LimitStyle(.environmentMetrics).with { $0.modes = ["Automatic"] }, 2000...10_200, setPoint: 10_200))

    public static let standardPower = Personality(
        "power-control",
        limit: PowerKnob(
            LimitStyle(.powerControl).with {
                $0.takesNull = true
                $0.isRangeEnforced = false
            }, 300...1600, setPoint: .null, exception: "NoAction"))

    public static let standardControl = Personality(
        "control",
        limit: PowerKnob(
            LimitStyle(.control).with {
                $0.modes = ["Automatic"]
                $0.takesNull = true
            }, 764...2754, setPoint: 2754, mode: "Disabled")
    ).with { $0.meters.sensor = "Power" }
}
