import StrictJSON

/// One generation of BMCs, as a simulated one plays it: what it calls things, what it refuses, and in which words.
public struct Personality: Sendable, Hashable {
    enum Success: Sendable { case resource, message, empty }
    enum Tags: Sendable { case none, weak, strong }

    public let name: String
    var vendor = "Contoso"
    var system = "System_0"
    /// The system of the GPUs where that is not the host.
    var baseboard: String?
    var chassis = "Chassis_0"
    var manager = "BMC_0"
    /// The machine's own limit.
    public var limit: PowerKnob
    /// Of each GPU.
    public var gpu: PowerKnob
    var success = Success.message
    var tags = Tags.weak
    /// Whether a write without `If-Match` is answered with 428.
    var requiresMatch = false
    var resetTypes = ["On", "ForceOff", "GracefulShutdown", "ForceRestart"]
    /// Where not, they stand in an ActionInfo.
    var hasInlineResetTypes = false
    var sessions = "/redfish/v1/SessionService/Sessions"
    /// Whether ``limit`` counts for the GPUs together and for nothing else of the machine.
    var limitIsOfGPUs = false
    /// The chassis that the host's system names, where the machine's power is shown in another.
    var hostChassis: String?
    /// What limits several GPUs together.
    var board: BoardStyle?
    var nodeManager: NodeManagerStyle?
    var meters = MeterStyle()
    /// Watts beside the GPUs; nil for what is usual.
    var rest: Double?

    init(_ name: String, limit: PowerKnob, gpu: PowerKnob? = nil) {
        self.name = name
        self.limit = limit
        self.gpu =
            gpu
            ?? PowerKnob(LimitStyle(.environmentMetrics).with { $0.modes = ["Automatic"] }, 200...700, setPoint: 700)
    }

    func with(_ change: (inout Personality) -> Void) -> Personality {
        var copy = self
        change(&copy)
        return copy
    }

    /// Every one there is.
    public static let all: [Personality] = [
        .standardMetrics, .standardPower, .standardControl, .openBMC, .nvidiaHGX, .nvidiaGH200, .nvidiaGB200,
        .nvidiaGB300, .dellIDRAC8,
        .dellIDRAC9, .hpeILO, .hpeApollo, .hpeCrayEX, .lenovoXCC, .ami, .supermicro, .intel, .bluefield,
        .nvidiaDGXH100, .nvidiaB200EM, .nvidiaGB200Tray, .nvidiaGB300Tray,
    ]

    public static func named(_ name: String) -> Personality? { all.first { $0.name == name } }
}
