import StrictJSON

/// The resources that show a machine's limits.
extension RedfishTree {
    /// Controls that go with the power are gone while the machine is off.
    private func isShown(_ knob: PowerKnob) -> Bool { !knob.style.goesWithPower || machine.powerState == "On" }

    private var controls: [(path: String, id: String, knob: PowerKnob, context: String)] {
        var all: [(path: String, id: String, knob: PowerKnob, context: String)] = []
        if [.control, .percent].contains(machine.limit.style.place) {
            let path = paths.limit(machine.limit.style)
            all.append((path, String(path.split(separator: "/").last ?? ""), machine.limit, "Chassis"))
        }
        for id in machine.gpus.keys.sorted() {
            guard let knob = machine.gpus[id], knob.style.place == .control else { continue }
            let path = paths.gpuLimit(id, knob.style)
            all.append((path, String(path.split(separator: "/").last ?? ""), knob, "Accelerator"))
        }
        return all.filter { isShown($0.knob) }
    }

    var hasControls: Bool {
        [.control, .percent].contains(machine.limit.style.place)
            || machine.gpus.values.contains { $0.style.place == .control }
    }

    func limitResource(_ path: String) -> JSONValue? {
        if path == paths.controls, hasControls { return collection(path, "ControlCollection", controls.map(\.path)) }
        if let control = controls.first(where: { $0.path == path }) {
            return self.control(path, control.id, control.knob, control.context)
        }
        let style = machine.limit.style
        switch path {
        case paths.limit(style) where style.place == .environmentMetrics: return metrics(path, machine.limit, .machine)
        case paths.power where showsPower: return power
        case paths.powerMember where style.place == .powerMember: return powerMember
        case paths.attributes where style.place == .dellAttributes: return attributes
        case paths.accelerators where style.place == .acceleratorService:
            return .object(
                resource(
                    path, "#HpeServerAcceleratorPowerService.v1_0_0.HpeServerAcceleratorPowerService",
                    "AccPowerService", ["PowerLimit": link(paths.limit(style))]))
        case paths.limit(style) where style.place == .acceleratorService: return accelerators
        default:
            for (id, knob) in machine.gpus where knob.style.place == .environmentMetrics {
                if path == paths.gpuLimit(id, knob.style) { return metrics(path, knob, gpuPlace(id)) }
            }
            return nil
        }
    }

    /// Whether the machine's chassis has a Power resource.
    private var showsPower: Bool {
        switch machine.limit.style.place {
        case .environmentMetrics, .percent: false
        case .control: personality.meters.hasHistory
        case .none: !machine.limit.style.isMetered
        default: true
        }
    }

    private func gpuPlace(_ id: String) -> Meter.Place {
        .gpu(machine.gpus.keys.sorted().firstIndex(of: id) ?? 0)
    }

    private func metrics(_ path: String, _ knob: PowerKnob, _ place: Meter.Place) -> JSONValue {
        guard !knob.style.isWithheld else {
            return .object(resource(path, "#EnvironmentMetrics.v1_3_0.EnvironmentMetrics", "EnvironmentMetrics", [:]))
        }
        var limit = JSONObject()
        limit["SetPoint"] = knob.setPoint
        limit["ControlMode"] = .string(knob.mode)
        limit["AllowableMin"] = number(knob.minimum)
        limit["AllowableMax"] = number(knob.maximum)
        var metrics = resource(path, "#EnvironmentMetrics.v1_3_2.EnvironmentMetrics", "EnvironmentMetrics", [:])
        addReadings(to: &metrics, of: place)
        metrics["PowerLimitWatts"] = .object(limit)
        return .object(metrics)
    }

    private func control(_ path: String, _ id: String, _ knob: PowerKnob, _ context: String) -> JSONValue {
        var control = resource(
            path, "#Control.v1_5_0.Control", id, ["ControlType": "Power", "PhysicalContext": .string(context)])
        control["SetPoint"] = knob.setPoint
        control["ControlMode"] = .string(knob.mode)
        let names = knob.style.hasOlderNames ? ("SettingRangeMin", "SettingRangeMax") : ("AllowableMin", "AllowableMax")
        control[names.0] = number(knob.minimum)
        control[names.1] = number(knob.maximum)
        control["SetPointUnits"] = knob.style.place == .percent ? "%" : knob.style.units.map(JSONValue.string)
        if ["NVIDIA", "Contoso"].contains(personality.vendor), context == "Chassis", knob.style.place == .control {
            control["Sensor"] = excerpt(personality.limitIsOfGPUs ? .gpus : .machine, meter)
        }
        switch personality.vendor {
        case "Cray": control["Oem"] = ["Hpe": ["LimitException": "NoAction", "PowerLimitFactor": "1.000000"]]
        case "Lenovo": control["Oem"] = ["Lenovo": ["GuaranteedInWatts": 1132]]
        default: break
        }
        return .object(control)
    }

    private var power: JSONValue {
        var power = resource(paths.power, "#Power.v1_7_1.Power", "Power", [:])
        power["PowerControl"] = [powerControl]
        if personality.meters.supplies > 0 { power["PowerSupplies"] = supplies() }
        switch machine.limit.style.place {
        case .acceleratorService:
            power["Oem"] = ["Hpe": ["Links": ["AccPowerService": link(paths.accelerators)]]]
        case .powerControl where personality.vendor == "HPE":
            power["Oem"] = [
                "Hpe": [
                    "MinimumSafelyAchievableCap": number(machine.limit.minimum),
                    "MinimumSafelyAchievableCapValid": true,
                ]
            ]
        case .powerControl:
            guard let isArmed = machine.limit.isArmed else { break }
            power["Oem"] = ["Vendor": ["PowerLimitTrigger": isArmed ? "Activate" : "Deactivate"]]
            power["Actions"] = ["#LimitTrigger": ["target": .string(paths.trigger)]]
        default: break
        }
        return .object(power)
    }

    private var powerControl: JSONValue {
        let knob = machine.limit
        var control = JSONObject()
        let fragment = "\(paths.power)\(personality.vendor == "HPE" ? "#PowerControl/0" : "#/PowerControl/0")"
        control["@odata.id"] = .string(knob.style.place == .powerMember ? paths.powerMember : fragment)
        control[knob.style.place == .powerMember ? "MemberID" : "MemberId"] = "0"
        control["Name"] = "Server Power Control"
        control["PowerCapacityWatts"] = number(knob.maximum)
        addConsumption(to: &control)
        if machine.hasSystem { control["RelatedItem"] = [link(paths.system), link(paths.chassis)] }
        var limit = JSONObject()
        switch knob.style.place {
        case .dellAttributes:
            // Filled, and with a threat, also while capping is off.
            limit["LimitInWatts"] = knob.setPoint
            limit["LimitException"] = "HardPowerOff"
            limit["CorrectionInMs"] = 0
        case .none where personality.baseboard != nil:
            // What AMI firmware shows on every board.
            limit["LimitInWatts"] = 500
            limit["LimitException"] = "HardPowerOff"
            limit["CorrectionInMs"] = 1000
        case .none, .acceleratorService, .control: return .object(control)
        default:
            limit["LimitInWatts"] = knob.setPoint
            limit["LimitException"] = knob.exception.map(JSONValue.string)
            if knob.isArmed != nil { limit["CorrectionInMs"] = 1000 }
        }
        control["PowerLimit"] = .object(limit)
        return .object(control)
    }

    private var powerMember: JSONValue {
        var member = powerControl.object ?? JSONObject()
        member["@odata.type"] = "#Power.v1_0_2.PowerControl"
        return .object(member)
    }

    private var attributes: JSONValue {
        let knob = machine.limit
        return .object(
            resource(
                paths.attributes, "#DellAttributes.v1_0_0.DellAttributes", "SystemAttributes",
                [
                    "Attributes": [
                        "ServerPwr.1.PowerCapSetting": knob.mode == "Disabled" ? "Disabled" : "Enabled",
                        "ServerPwr.1.PowerCapValue": knob.setPoint, "ServerPwr.1.ActivePowerCapVal": knob.setPoint,
                        "ServerPwr.1.PowerCapMinThres": number(knob.minimum),
                        "ServerPwr.1.PowerCapMaxThres": number(knob.maximum),
                    ]
                ]))
    }

    private var accelerators: JSONValue {
        let knob = machine.limit
        let path = paths.limit(knob.style)
        return .object(
            resource(
                path, "#HpeServerAccPowerLimit.v1_0_0.HpeServerAccPowerLimit", "PowerLimit",
                [
                    "PowerLimits": [["PowerLimitInWatts": knob.setPoint, "ZoneNumber": 0]],
                    "PowerLimitRanges": [
                        [
                            "ZoneNumber": 0, "MinimumPowerLimit": number(knob.minimum),
                            "MaximumPowerLimit": number(knob.maximum),
                        ]
                    ],
                    "Actions": [
                        "#HpeServerAccPowerLimit.ConfigurePowerLimit": [
                            "target": .string("\(path)/Actions/HpeServerAccPowerLimit.ConfigurePowerLimit")
                        ]
                    ],
                ]))
    }

    private func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
}
