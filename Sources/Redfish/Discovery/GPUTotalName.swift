import StrictJSON

/// What controls, sensors and processors are called that have to do with all GPUs of a node.
enum GPUTotalName {
    static func isTotal(_ name: String) -> Bool {
        let plain = name.lowercased().filter { $0.isLetter }
        return ["totalgpu", "gputotal", "allgpu", "gpusubsystem"].contains { plain.contains($0) } && !isModule(name)
    }

    /// A CPU with its GPUs.
    static func isModule(_ name: String) -> Bool { name.contains("ProcessorModule") || name.contains("_CPU_") }

    static func isGPU(_ id: String) -> Bool { id.uppercased().hasPrefix("GPU") }

    /// Whether a limit is an excerpt of what is measured of, or set for, all GPUs.
    static func isExcerpt(_ limit: JSONValue?) -> Bool {
        guard let source = limit?["DataSourceUri"]?.string else { return false }
        return isTotal(Links.lastComponent(source))
    }
}
