/// What a simulated machine draws apart from any limit, in watts.
///
/// A machine consists of parts that a limit can throttle (its GPUs; without any, the host) and of the rest (processors,
/// memory, fans), which none can.
public struct DrawModel: Sendable, Hashable {
    /// Of each GPU, from idle to its most.
    public var gpu: ClosedRange<Double>
    /// Of the host of a machine without GPUs.
    public var host: ClosedRange<Double>
    /// Beside the parts, while the machine is on.
    public var rest: Double
    /// All that it draws while it is off, suspended or paused.
    public var standby: Double
    /// The seconds in which power does 63 % of its way to a new limit or load.
    public var lag = 2.0
    /// How far the load wanders around its share, as a part of what it draws above idle.
    public var wander = 0.02

    /// Nothing of an idle draw or a rest comes from a data sheet but what a personality says: a tenth of the most for a
    /// GPU, a quarter for a host (but no more than its lowest limit), three tenths of its GPUs for their rest.
    init(_ personality: Personality, gpus: Int) {
        let gpuPeak = Double(personality.gpu.maximum)
        gpu = gpuPeak / 10...gpuPeak
        let limit = personality.limit
        // Without a limit, what it shows as its most is the box's capacity and no host's draw.
        let most = Double(limit.style.isUsable ? limit.maximum : min(limit.maximum, 2000))
        let lowest = limit.minimum > 0 ? min(most / 4, Double(limit.minimum)) : most / 4
        host = lowest...most
        rest = personality.rest ?? (gpus == 0 ? 0 : max(200, Double(gpus) * gpuPeak * 0.3))
        if gpus == 0 { rest = 0 }
        standby = max(15, (gpus == 0 ? most : Double(gpus) * gpuPeak + rest) / 50)
    }
}
