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
        $0.meters.isInPower = false
        $0.meters.hasMetrics = false
    }

    /// A module of CPU and GPU; its limit counts for both.
    public static let nvidiaGH200 = tray(
        "nvidia-gh200", chassis: "HGX_ProcessorModule_0", all: PowerKnob(module, 200...1000, setPoint: 1000),
        gpu: PowerKnob(oneShot, 100...900, setPoint: 900))

    /// GPUs that are not up yet: their metrics say nothing of a limit. What can be limited is all of them together.
    public static let nvidiaGB200 = tray(
        "nvidia-gb200", chassis: "HGX_Chassis_0", all: PowerKnob(module, 800...4800, setPoint: 4800),
        gpu: PowerKnob(oneShot.with { $0.isWithheld = true }, 200...1200, setPoint: 1200))

    public static let nvidiaGB300 = tray(
        "nvidia-gb300", chassis: "HGX_Chassis_0",
        all: PowerKnob(module, 800...5600, setPoint: 5600, mode: "Override"),
        gpu: PowerKnob(oneShot, 200...1400, setPoint: 1400))

    private static let module = LimitStyle(.control).with { $0.isVolatile = true }

    private static func tray(_ name: String, chassis: String, all: PowerKnob, gpu: PowerKnob) -> Personality {
        Personality(name, limit: all, gpu: gpu).with {
            $0.vendor = "NVIDIA"
            $0.baseboard = "HGX_Baseboard_0"
            $0.chassis = chassis
            $0.limitIsOfGPUs = chassis == "HGX_Chassis_0"
            $0.meters.countsEnergy = true
            $0.meters.isExact = true
            $0.meters.sensing = 0.25
        }
    }
}
