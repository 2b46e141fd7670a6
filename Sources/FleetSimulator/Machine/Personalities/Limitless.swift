import StrictJSON

/// Machines whose BMCs offer no limit that could be used.
extension Personality {
    public static let supermicro = Personality(
        "supermicro", limit: PowerKnob(LimitStyle(.none), 0...18_000, setPoint: .null)
    ).with {
        $0.vendor = "Supermicro"
        $0.meters.hasMetrics = true
        $0.system = "1"
        $0.chassis = "1"
        $0.manager = "1"
    }

    public static let intel = Personality(
        "intel", limit: PowerKnob(LimitStyle(.none), 0...1600, setPoint: .null)
    ).with {
        $0.vendor = "Intel"
        $0.meters.hasMetrics = true
        $0.nodeManager = NodeManagerStyle(
            path: "Oem/Intel/NodeManager", domains: [NodeManager.platform, "CPUSubsystem", "MemorySubsystem"],
            limits: 1...65_535, tellsLocation: false)
        $0.system = "QSBP74304715"
        $0.chassis = "Baseboard"
    }

    /// Percent, while its range is in watts.
    public static let bluefield = Personality(
        "bluefield", limit: PowerKnob(LimitStyle(.percent), 0...1000, setPoint: 0, mode: "Disabled")
    ).with {
        $0.vendor = "NVIDIA"
        $0.system = "Bluefield"
        $0.chassis = "Card1"
        $0.manager = "Bluefield_BMC"
    }
}
