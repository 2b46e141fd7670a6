import StrictJSON

/// Upstream bmcweb: unsigned integers only, `Automatic` and `Disabled`, an empty answer, a tag compared as a string.
extension Personality {
    public static let openBMC = Personality(
        "openbmc",
        limit: PowerKnob(
            LimitStyle(.environmentMetrics).with {
                $0.modes = ["Automatic"]
                $0.isRangeEnforced = false
            }, 1286...2600, setPoint: 2500, mode: "Disabled")
    ).with {
        $0.vendor = "OpenBMC"
        $0.system = "system"
        $0.chassis = "chassis"
        $0.success = .empty
        $0.tags = .strong
        $0.meters.sensor = "total_power"
    }
}
