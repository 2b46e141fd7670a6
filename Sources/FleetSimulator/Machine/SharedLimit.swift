/// A power limit on several GPUs of a simulated machine together, such as `TotalGPU_Power_0`: a Control, and a copy of it
/// in the EnvironmentMetrics of its chassis.
public struct SharedLimit: Sendable, Hashable {
    /// The Id of the Chassis that it is in.
    public let chassis: String
    /// The Control's Id.
    public let id: String
    public var knob: PowerKnob
    /// The processors' Ids.
    public let gpus: [String]
    /// The share of the machine's rest draw that counts too, as of a module's CPU.
    let share: Double
}

/// What limits several GPUs together on boards of one generation.
struct BoardStyle: Sendable, Hashable {
    /// Of all GPUs, in `HGX_Chassis_0`; nil where there is none.
    var total: PowerKnob?
    /// Of each module of a CPU and two GPUs.
    var module: PowerKnob?

    static let chassis = "HGX_Chassis_0"
    static let gpusOfModule = 2

    /// A module has four Controls of one meaning: of its design power and of its peaks, until the next reset and for good.
    func limits(of gpus: [String]) -> [SharedLimit] {
        guard !gpus.isEmpty else { return [] }
        var all =
            total.map {
                [SharedLimit(chassis: Self.chassis, id: "TotalGPU_Power_0", knob: $0, gpus: gpus, share: 0)]
            }
            ?? []
        guard let module else { return all }
        let count = modules(of: gpus.count)
        for number in 0..<count {
            let own = Array(gpus.dropFirst(number * Self.gpusOfModule).prefix(Self.gpusOfModule))
            all += ["TDPPowerVolatile", "TDPPowerNonvolatile", "EDPpPowerVolatile", "EDPpPowerNonvolatile"].map {
                SharedLimit(
                    chassis: "HGX_ProcessorModule_\(number)", id: "ProcessorModule_\(number)_\($0)_0", knob: module,
                    gpus: own, share: 0.5 / Double(count))
            }
        }
        return all
    }

    func modules(of gpus: Int) -> Int {
        module == nil ? 0 : (gpus + Self.gpusOfModule - 1) / Self.gpusOfModule
    }
}
