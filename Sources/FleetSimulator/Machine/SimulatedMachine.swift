public import Inventory
import PowerEvents
import StrictJSON

/// The machine behind one simulated BMC: a node with its GPUs, or a chassis.
public struct SimulatedMachine: Sendable {
    public var systemID = "System_0"
    public var chassisID: String
    public var uuid: String
    public var serial: String
    public var hasSystem: Bool
    public var powerState = "On"
    /// The limit of the whole machine.
    public var limit: PowerKnob
    /// By processor Id.
    public var gpus: [String: PowerKnob]
    public var resetTypes = ["On", "ForceOff", "GracefulShutdown", "ForceRestart"]

    /// A machine that suits what an inventory says of one BMC.
    public init(resources: [Resource], number: Int, shape: PowerKnob.Shape) {
        let node = resources.first { $0.type == .node }
        let chassis = resources.first { $0.type == .chassis }
        hasSystem = node != nil
        systemID = node?.pins.system.map(Self.lastComponent) ?? "System_0"
        chassisID = (chassis ?? node)?.pins.chassis.map(Self.lastComponent) ?? "Chassis_0"
        serial = "SIM\(100_000 + number)"
        let digits = String(number, radix: 16)
        uuid = "5157a1de-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        switch shape {
        case .environmentMetrics:
            limit = PowerKnob(shape: shape, minimum: 2000, maximum: 10_200, setPoint: 10_200)
        case .powerControl:
            limit = PowerKnob(shape: shape, minimum: 300, maximum: 1600, setPoint: .null)
        case .control:
            limit = PowerKnob(shape: shape, minimum: 764, maximum: 2754, setPoint: 2754, mode: "Disabled")
        }
        gpus = [:]
        for gpu in resources where gpu.type == .gpu {
            let id = gpu.pins.processor ?? gpu.id
            gpus[id] = PowerKnob(shape: .environmentMetrics, minimum: 200, maximum: 700, setPoint: 700)
        }
    }

    private static func lastComponent(_ pin: String) -> String { String(pin.split(separator: "/").last ?? "") }
}
