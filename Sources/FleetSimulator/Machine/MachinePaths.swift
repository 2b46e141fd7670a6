/// Where a simulated machine's resources stand.
struct MachinePaths {
    let system: String
    let chassis: String
    let manager: String
    /// The system that the GPUs belong to.
    let board: String
    /// nil where the BMC has no Node Manager.
    let nodeManager: String?

    init(_ machine: SimulatedMachine) {
        system = "/redfish/v1/Systems/\(machine.systemID)"
        chassis = "/redfish/v1/Chassis/\(machine.chassisID)"
        manager = "/redfish/v1/Managers/\(machine.personality.manager)"
        board = machine.personality.baseboard.map { "/redfish/v1/Systems/\($0)" } ?? system
        let manager = self.manager
        nodeManager = machine.nodeManager.map { "\(manager)/\($0.style.path)" }
    }

    func processor(_ id: String) -> String { "\(board)/Processors/\(id)" }

    /// The resource that shows a GPU's limit. On some, GPU limits are Controls of the node's chassis.
    func gpuLimit(_ id: String, _ style: LimitStyle) -> String {
        guard style.place == .control else { return "\(processor(id))/EnvironmentMetrics" }
        return "\(controls)/Accelerator\(String(id.reversed().prefix { $0.isNumber }.reversed()))PowerLimit"
    }

    /// The Control of a shared limit, and the copy of it in its chassis' metrics.
    func shared(_ limit: SharedLimit) -> [String] {
        let chassis = "/redfish/v1/Chassis/\(limit.chassis)"
        return ["\(chassis)/Controls/\(limit.id)", "\(chassis)/EnvironmentMetrics"]
    }

    var reset: String { "\(system)/Actions/ComputerSystem.Reset" }
    var resetInfo: String { "\(system)/ResetActionInfo" }
    var controls: String { "\(chassis)/Controls" }
    /// The collection with what is in it (DSP0266, deep operations).
    var deepControls: String { "\(controls).Deep" }
    var power: String { "\(chassis)/Power" }
    var trigger: String { "\(power)/Actions/LimitTrigger" }
    var powerMember: String { "\(power)/PowerControl" }
    var accelerators: String { "\(power)/AccPowerService" }
    var attributes: String { "\(manager)/Oem/Dell/DellAttributes/System.Embedded.1" }

    /// The resource that shows the machine's own limit.
    func limit(_ style: LimitStyle) -> String {
        switch style.place {
        case .environmentMetrics: "\(chassis)/EnvironmentMetrics"
        case .powerControl, .powerMember, .none: power
        case .control: "\(controls)/PowerLimit"
        case .percent: "\(controls)/PowerLimit_0"
        case .dellAttributes: attributes
        case .acceleratorService: "\(accelerators)/PowerLimit"
        }
    }
}
