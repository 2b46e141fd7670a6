import StrictJSON

/// NVIDIA machines as their BMCs show them when nothing is left out: no limit of the node, and power everywhere.
extension Personality {
    /// A limit of each GPU and of all together; Node Manager, which is disabled and has no policy.
    public static let nvidiaDGXH100 = hgx("nvidia-dgx-h100", gpu: 200...700).with {
        $0.board = BoardStyle(total: PowerKnob(total, 1600...5600, setPoint: 5600))
        $0.nodeManager = NodeManagerStyle(
            path: "NodeManager",
            domains: [NodeManager.platform, "CPUSubsystem", "MemorySubsystem", "HWProtection"], limits: 1...65_535,
            tellsLocation: true)
        $0.meters.isInPower = false
        $0.meters.hasMetrics = false
        $0.meters.supplies = 6
        $0.rest = 2600
    }

    /// A board of eight GPUs in somebody's host: a limit of each GPU, and nothing else.
    public static let nvidiaB200EM = hgx("nvidia-b200em", gpu: 200...1000).with { $0.rest = 2400 }

    public static let nvidiaGB200Tray = tray(
        "nvidia-gb200-tray", total: 800...4800, gpu: 200...1200, module: 500...2700)

    public static let nvidiaGB300Tray = tray(
        "nvidia-gb300-tray", total: 800...5600, gpu: 200...1400, module: 500...2900)

    private static let total = LimitStyle(.control).with { $0.isVolatile = true }
    private static let oneShot = LimitStyle(.environmentMetrics).with { $0.isVolatile = true }

    private static func hgx(_ name: String, gpu: ClosedRange<Int>) -> Personality {
        Personality(
            name, limit: PowerKnob(LimitStyle(.none), 0...10_200, setPoint: .null),
            gpu: PowerKnob(oneShot, gpu, setPoint: .number(JSONNumber(gpu.upperBound)))
        ).with {
            $0.vendor = "NVIDIA"
            $0.system = "DGX"
            $0.baseboard = "HGX_Baseboard_0"
            $0.chassis = "DGX"
            $0.manager = "BMC"
            $0.meters.platform()
        }
    }

    /// Modules of a CPU and two GPUs. The host's chassis has nothing; the tray's has its power and no limit.
    private static func tray(
        _ name: String, total: ClosedRange<Int>, gpu: ClosedRange<Int>, module: ClosedRange<Int>
    ) -> Personality {
        func most(_ range: ClosedRange<Int>) -> JSONValue { .number(JSONNumber(range.upperBound)) }
        return Personality(
            name, limit: PowerKnob(LimitStyle(.none).with { $0.isMetered = true }, 0...5640, setPoint: .null),
            gpu: PowerKnob(oneShot, gpu, setPoint: most(gpu))
        ).with {
            $0.vendor = "NVIDIA"
            $0.baseboard = "HGX_Baseboard_0"
            $0.hostChassis = "BMC_0"
            $0.board = BoardStyle(
                total: PowerKnob(Self.total, total, setPoint: most(total), mode: "Override"),
                module: PowerKnob(Self.total, module, setPoint: most(module)))
            $0.meters.platform()
            $0.meters.sensor = "Chassis_0_TotalHSC_Power_0"
            $0.meters.reportsInput = true
            $0.rest = 400
        }
    }
}

extension MeterStyle {
    fileprivate mutating func platform() {
        isPlatform = true
        countsEnergy = true
        isExact = true
        sensing = 0.25
    }
}
