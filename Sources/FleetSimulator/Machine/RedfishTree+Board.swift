import StrictJSON

/// The chassis that a GPU board brings with it: of the board, its modules, processors and GPUs, with what limits several
/// GPUs together.
extension RedfishTree {
    /// Beside the machine's own.
    var boardChassis: [String] {
        guard personality.meters.isPlatform || !machine.shared.isEmpty else { return [] }
        let all =
            (personality.hostChassis.map { [$0] } ?? []) + ["HGX_BMC_0", BoardStyle.chassis]
            + machine.shared.map(\.chassis) + sensors.map(\.chassis)
        var seen: Set<String> = [machine.chassisID]
        return all.filter { seen.insert($0).inserted }
    }

    func boardResource(_ path: String) -> JSONValue? {
        let prefix = "/redfish/v1/Chassis/"
        guard path.hasPrefix(prefix) else { return nil }
        let parts = path.dropFirst(prefix.count).split(separator: "/").map(String.init)
        guard let id = parts.first else { return nil }
        // The tray's own chassis says that it has no control.
        if id == machine.chassisID {
            guard machine.limit.style.isMetered, parts.count == 2 else { return nil }
            switch parts[1] {
            case "Controls": return collection(path, "ControlCollection", [])
            case "EnvironmentMetrics": return environmentMetrics(path, nil, .machine)
            default: return nil
            }
        }
        guard boardChassis.contains(id) else { return nil }
        let limits = machine.shared.filter { $0.chassis == id }
        switch (parts.count, parts.dropFirst().first) {
        case (1, _): return boardChassis(path, id)
        case (2, "Controls"?) where !limits.isEmpty:
            return collection(path, "ControlCollection", limits.map { "\(path)/\($0.id)" })
        case (2, "EnvironmentMetrics"?):
            if let first = limits.first { return environmentMetrics(path, first.knob, place(of: first)) }
            return gpuIndex(id).map { environmentMetrics(path, nil, .gpu($0)) }
        case (3, "Controls"?): return limits.first { $0.id == parts[2] }.map { control(path, $0) }
        default: return nil
        }
    }

    private func boardChassis(_ path: String, _ id: String) -> JSONValue {
        var chassis = resource(path, "#Chassis.v1_23_0.Chassis", id, ["ChassisType": "Module"])
        let hasLimits = machine.shared.contains { $0.chassis == id }
        if hasLimits { chassis["Controls"] = link("\(path)/Controls") }
        if hasLimits || gpuIndex(id) != nil { chassis["EnvironmentMetrics"] = link("\(path)/EnvironmentMetrics") }
        if sensors.contains(where: { $0.chassis == id }) { chassis["Sensors"] = link("\(path)/Sensors") }
        if machine.hasSystem, id == personality.hostChassis {
            chassis["Links"] = ["ComputerSystems": [link(paths.system)]]
        }
        return .object(chassis)
    }

    private func control(_ path: String, _ shared: SharedLimit) -> JSONValue {
        var control = resource(
            path, "#Control.v1_3_0.Control", shared.id,
            [
                "ControlType": "Power",
                "PhysicalContext": .string(shared.share == 0 ? "GPUSubsystem" : "SystemBoard"), "SetPointUnits": "W",
                "Status": ["State": "Enabled", "Health": "OK"],
            ])
        control["ControlMode"] = .string(shared.knob.mode)
        control["SetPoint"] = shared.knob.setPoint
        control["AllowableMin"] = .number(JSONNumber(shared.knob.minimum))
        control["AllowableMax"] = .number(JSONNumber(shared.knob.maximum))
        control["DefaultSetPoint"] = .number(JSONNumber(shared.knob.maximum))
        control["RelatedItem"] =
            shared.share == 0
            ? .array(shared.gpus.reversed().map { link(paths.processor($0)) })
            : [link("/redfish/v1/Chassis/\(shared.chassis)")]
        if let place = place(of: shared) { control["Sensor"] = excerpt(place, meter) }
        return .object(control)
    }

    private func environmentMetrics(_ path: String, _ knob: PowerKnob?, _ place: Meter.Place?) -> JSONValue {
        var metrics = resource(path, "#EnvironmentMetrics.v1_3_0.EnvironmentMetrics", "EnvironmentMetrics", [:])
        if let place { addReadings(to: &metrics, of: place == .gpus && hasBaseboardMeter ? .baseboard : place) }
        if let knob {
            var limit = JSONObject()
            limit["AllowableMin"] = .number(JSONNumber(knob.minimum))
            limit["AllowableMax"] = .number(JSONNumber(knob.maximum))
            // Whatever the Control says.
            limit["ControlMode"] = "Automatic"
            limit["DefaultSetPoint"] = .number(JSONNumber(knob.maximum))
            limit["SetPoint"] = knob.setPoint
            if let place { limit["Reading"] = watts(place, meter) }
            metrics["PowerLimitWatts"] = .object(limit)
        }
        return .object(metrics)
    }

    private var hasBaseboardMeter: Bool { sensors.contains { $0.meter == .baseboard } }

    /// What measures what a limit is on; nothing does for a module.
    private func place(of shared: SharedLimit) -> Meter.Place? { shared.share == 0 ? .gpus : nil }

    private func gpuIndex(_ chassis: String) -> Int? {
        guard personality.meters.isPlatform, chassis.hasPrefix("HGX_") else { return nil }
        return machine.gpus.keys.sorted().firstIndex(of: String(chassis.dropFirst(4)))
    }
}
