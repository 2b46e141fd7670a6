import StrictJSON

/// NVIDIA baseboards: a set point and nothing else, forgotten when the GPU loses power; the GPUs in a system that cannot
/// be reset; the host's own Power with a placeholder for a limit.
extension Personality {
    private static let oneShot = LimitStyle(.environmentMetrics).with { $0.isVolatile = true }

    public static let nvidiaHGX = Personality(
        "nvidia-hgx", limit: PowerKnob(LimitStyle(.none), 0...10_200, setPoint: .null),
        gpu: PowerKnob(oneShot, 200...700, setPoint: 700)
    ).with {
        $0.vendor = "NVIDIA"
        $0.system = "DGX"
        $0.baseboard = "HGX_Baseboard_0"
        $0.chassis = "DGX"
        $0.manager = "BMC"
    }

    public static let nvidiaGB300 = Personality(
        "nvidia-gb300",
        limit: PowerKnob(
            LimitStyle(.control).with { $0.isVolatile = true }, 800...5600, setPoint: 5600, mode: "Override"),
        gpu: PowerKnob(oneShot, 200...1400, setPoint: 1400)
    ).with {
        $0.vendor = "NVIDIA"
        $0.baseboard = "HGX_Baseboard_0"
        $0.chassis = "HGX_Chassis_0"
    }
}
