import PowerEvents
public import Site
import StrictJSON

/// The machine behind one simulated BMC: a node with its GPUs, or a chassis.
public struct SimulatedMachine: Sendable {
    public let personality: Personality
    public var systemID: String
    public var chassisID: String
    public var uuid: String
    public var serial: String
    public var hasSystem: Bool
    public var powerState = "On" {
        didSet { if powerState == "Off", oldValue != "Off" { losePower() } }
    }
    /// The limit of the whole machine.
    public var limit: PowerKnob
    /// By processor Id.
    public var gpus: [String: PowerKnob]
    /// What limits several GPUs together, in the order in which a write to their chassis reaches them.
    public var shared: [SharedLimit]
    public var nodeManager: NodeManager?
    public var resetTypes: [String]
    /// What it draws apart from limits.
    public var draw: DrawModel
    /// The share of what it can draw above idle that its work asks for, from 0 to 1.
    public var workload = 0.75
    /// The share of ``workload`` that whoever schedules its jobs lets it do, from 0 to 1.
    public var admitted = 1.0
    /// Work beside ``workload`` that nobody schedules, such as a burst of requests; a share of what it can draw above idle.
    public var unscheduled = 0.0
    /// All the work that it has to do, from 0 to 1.
    var work: Double { min(max(workload * admitted + unscheduled, 0), 1) }

    /// A machine that suits what an inventory says of one BMC.
    public init(resources: [Resource], number: Int, personality: Personality) {
        self.personality = personality
        let node = resources.first { $0.type == .node }
        let chassis = resources.first { $0.type == .chassis }
        hasSystem = node != nil
        systemID = node?.pins.system.map(Self.lastComponent) ?? personality.system
        chassisID = (chassis ?? node)?.pins.chassis.map(Self.lastComponent) ?? personality.chassis
        serial = "SIM\(100_000 + number)"
        let digits = String(number, radix: 16)
        uuid = "5157a1de-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        limit = personality.limit
        resetTypes = personality.resetTypes
        gpus = [:]
        for gpu in resources where gpu.type == .gpu { gpus[gpu.pins.processor ?? gpu.id] = personality.gpu }
        shared = personality.board?.limits(of: gpus.keys.sorted()) ?? []
        nodeManager = personality.nodeManager.map(NodeManager.init)
        draw = DrawModel(personality, gpus: gpus.count)
    }

    private mutating func losePower() {
        limit.losePower()
        for id in gpus.keys { gpus[id]?.losePower() }
        for index in shared.indices { shared[index].knob.losePower() }
    }

    /// Back to what it was made with.
    public mutating func restoreLimits() {
        limit = personality.limit
        for id in gpus.keys { gpus[id] = personality.gpu }
        shared = personality.board?.limits(of: gpus.keys.sorted()) ?? []
    }

    /// Everything that a write can have changed, as it was at another moment.
    mutating func takeLimits(of other: SimulatedMachine) {
        limit = other.limit
        gpus = other.gpus
        shared = other.shared
        nodeManager = other.nodeManager
    }

    /// What a BMC makes of limits that were just written, by its own lights.
    mutating func misunderstand(_ kind: Fault.Kind, since before: SimulatedMachine) {
        limit.misunderstand(kind, since: before.limit)
        for id in gpus.keys { if let old = before.gpus[id] { gpus[id]?.misunderstand(kind, since: old) } }
        for (index, old) in zip(shared.indices, before.shared) {
            shared[index].knob.misunderstand(kind, since: old.knob)
        }
    }

    /// As a firmware update does: the machine's limit stands elsewhere, in another shape, as it was.
    public mutating func moveLimit() { limit = limit.moved() }

    private static func lastComponent(_ pin: String) -> String { String(pin.split(separator: "/").last ?? "") }
}
