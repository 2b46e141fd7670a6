/// What sensors and chassis are called.
enum MeterName {
    /// A part of a node, with a power of its own.
    static func isPart(_ name: String) -> Bool {
        let upper = name.uppercased()
        return ["HGX_", "GPU", "CPU_", "PROCESSORMODULE", "NVLINK", "NVSWITCH", "FPGA", "ERROT", "IRoT", "PCIE", "FAN"]
            .contains { upper.contains($0.uppercased()) }
    }

    /// Whether a chassis that the node does not name may be that of the node as a whole.
    static func isMachine(_ name: String, type: String?) -> Bool {
        if let type, ["RackMount", "StandAlone", "Sled", "Blade", "Enclosure"].contains(type) { return true }
        let plain = name.lowercased()
        return ["chassis", "self", "baseboard", "tray", "sled", "enclosure"].contains { plain.contains($0) }
            && ![.some("Component"), "Module", "Card", "Zone", "Drawer"].contains(type)
    }

    /// The power of a whole machine.
    static func isTotal(_ name: String) -> Bool {
        guard !GPUTotalName.isTotal(name), !GPUTotalName.isModule(name) else { return false }
        let plain = name.lowercased().filter { $0.isLetter || $0.isNumber }
        guard !plain.contains("energy"), !plain.contains("limit") else { return false }
        return [
            "totalhscpower", "totalpower", "powertotal", "inputpower", "systempower", "nodepower", "platformpower",
            "chassispower", "serverpower", "pwrconsumption", "powerconsumption", "syspower", "psuspower",
        ].contains { plain.contains($0) }
    }

    static func isPower(_ name: String) -> Bool {
        let plain = name.lowercased()
        return plain.contains("power") && !plain.contains("limit")
    }

    /// Whether a property, in canonical spelling, is the power of the GPU with this Id and of no other: `…/HGX_GPU_0_Power_0`.
    static func isPower(_ key: String, of gpu: String) -> Bool {
        let (last, gpu) = (Links.lastComponent(key).lowercased(), gpu.lowercased())
        guard isPower(last), let range = last.firstRange(of: gpu) else { return false }
        let isOther = last[range.upperBound...].first?.isNumber ?? false
        return !isOther && last[range.upperBound...].hasPrefix("_power") && !last.contains("total")
    }
}
