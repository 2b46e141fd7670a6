import StrictJSON

/// The resources that a simulated machine shows (DSP0266 and the schemas of DSP2046).
struct RedfishTree {
    let machine: SimulatedMachine
    let hasSessions: Bool

    struct Paths {
        let system: String
        let chassis: String

        init(_ machine: SimulatedMachine) {
            system = "/redfish/v1/Systems/\(machine.systemID)"
            chassis = "/redfish/v1/Chassis/\(machine.chassisID)"
        }

        func processor(_ id: String) -> String { "\(system)/Processors/\(id)" }
        func gpuMetrics(_ id: String) -> String { "\(processor(id))/EnvironmentMetrics" }
        var reset: String { "\(system)/Actions/ComputerSystem.Reset" }

        func limit(_ shape: PowerKnob.Shape) -> String {
            switch shape {
            case .environmentMetrics: "\(chassis)/EnvironmentMetrics"
            case .powerControl: "\(chassis)/Power"
            case .control: "\(chassis)/Controls/PowerLimit"
            }
        }
    }

    private var paths: Paths { Paths(machine) }

    var root: JSONValue {
        var root =
            resource(
                "/redfish/v1", "#ServiceRoot.v1_15_0.ServiceRoot", "RootService",
                [
                    "RedfishVersion": "1.15.0", "UUID": .string(machine.uuid),
                    "Chassis": link("/redfish/v1/Chassis"),
                ]
            ).object ?? JSONObject()
        if machine.hasSystem { root["Systems"] = link("/redfish/v1/Systems") }
        if hasSessions {
            root["SessionService"] = link("/redfish/v1/SessionService")
            root["Links"] = ["Sessions": link("/redfish/v1/SessionService/Sessions")]
        }
        return .object(root)
    }

    func resource(_ path: String) -> JSONValue? {
        switch path {
        case "/redfish/v1/SessionService": return session
        case "/redfish/v1/Chassis": return collection(path, [paths.chassis])
        case paths.chassis: return chassis
        case "/redfish/v1/Systems" where machine.hasSystem: return collection(path, [paths.system])
        case paths.system where machine.hasSystem: return system
        case "\(paths.system)/ResetActionInfo" where machine.hasSystem: return resetInfo
        case "\(paths.system)/Processors" where machine.hasSystem:
            return collection(path, machine.gpus.keys.sorted().map(paths.processor))
        case "\(paths.chassis)/Controls" where machine.limit.shape == .control:
            return collection(path, [paths.limit(.control)])
        case paths.limit(machine.limit.shape): return limit
        default:
            for (id, knob) in machine.gpus {
                if path == paths.processor(id) { return processor(id) }
                if path == paths.gpuMetrics(id) { return metrics(path, knob) }
            }
            return nil
        }
    }

    private var session: JSONValue {
        resource(
            "/redfish/v1/SessionService", "#SessionService.v1_1_8.SessionService", "SessionService",
            [
                "SessionTimeout": 1800, "Sessions": link("/redfish/v1/SessionService/Sessions"),
            ])
    }

    private var system: JSONValue {
        resource(
            paths.system, "#ComputerSystem.v1_20_0.ComputerSystem", machine.systemID,
            [
                "UUID": .string(machine.uuid), "SerialNumber": .string(machine.serial),
                "PowerState": .string(machine.powerState), "Processors": link("\(paths.system)/Processors"),
                "Links": ["Chassis": [link(paths.chassis)]],
                "Actions": [
                    "#ComputerSystem.Reset": [
                        "target": .string(paths.reset),
                        "@Redfish.ActionInfo": .string("\(paths.system)/ResetActionInfo"),
                    ]
                ],
            ])
    }

    private var resetInfo: JSONValue {
        resource(
            "\(paths.system)/ResetActionInfo", "#ActionInfo.v1_4_0.ActionInfo", "ResetActionInfo",
            [
                "Parameters": [
                    [
                        "Name": "ResetType", "Required": true, "DataType": "String",
                        "AllowableValues": .array(machine.resetTypes.map(JSONValue.string)),
                    ]
                ]
            ])
    }

    private var chassis: JSONValue {
        var chassis =
            resource(
                paths.chassis, "#Chassis.v1_23_0.Chassis", machine.chassisID,
                [
                    "ChassisType": "RackMount", "SerialNumber": .string(machine.serial),
                ]
            ).object ?? JSONObject()
        switch machine.limit.shape {
        case .environmentMetrics: chassis["EnvironmentMetrics"] = link(paths.limit(.environmentMetrics))
        case .powerControl: chassis["Power"] = link(paths.limit(.powerControl))
        case .control: chassis["Controls"] = link("\(paths.chassis)/Controls")
        }
        if machine.hasSystem { chassis["Links"] = ["ComputerSystems": [link(paths.system)]] }
        return .object(chassis)
    }

    private var limit: JSONValue {
        let path = paths.limit(machine.limit.shape)
        switch machine.limit.shape {
        case .environmentMetrics: return metrics(path, machine.limit)
        case .powerControl:
            return resource(
                path, "#Power.v1_7_1.Power", "Power",
                [
                    "PowerControl": [
                        [
                            "@odata.id": .string("\(path)#/PowerControl/0"), "MemberId": "0",
                            "Name": "Server Power Control",
                            "PowerCapacityWatts": .number(JSONNumber(machine.limit.maximum)),
                            "PowerConsumedWatts": .number(JSONNumber(machine.limit.maximum / 2)),
                            "PowerLimit": machine.limit.json,
                        ]
                    ]
                ])
        case .control:
            var control =
                resource(
                    path, "#Control.v1_5_0.Control", "PowerLimit",
                    [
                        "ControlType": "Power", "SetPointUnits": "W", "PhysicalContext": "Chassis",
                    ]
                ).object ?? JSONObject()
            for member in machine.limit.json.object ?? JSONObject() { control[member.key] = member.value }
            return .object(control)
        }
    }

    private func processor(_ id: String) -> JSONValue {
        resource(
            paths.processor(id), "#Processor.v1_20_0.Processor", id,
            [
                "ProcessorType": "GPU", "EnvironmentMetrics": link(paths.gpuMetrics(id)),
            ])
    }

    private func metrics(_ path: String, _ knob: PowerKnob) -> JSONValue {
        resource(
            path, "#EnvironmentMetrics.v1_3_2.EnvironmentMetrics", "EnvironmentMetrics",
            [
                "PowerWatts": ["Reading": .number(JSONNumber((knob.limit ?? knob.maximum) * 9 / 10))],
                "PowerLimitWatts": knob.json,
            ])
    }

    private func link(_ path: String) -> JSONValue { ["@odata.id": .string(path)] }

    private func collection(_ path: String, _ members: [String]) -> JSONValue {
        [
            "@odata.id": .string(path), "@odata.type": "#Collection.Collection", "Name": "Collection",
            "Members@odata.count": .number(JSONNumber(members.count)), "Members": .array(members.map(link)),
        ]
    }

    private func resource(_ path: String, _ type: String, _ id: String, _ members: JSONValue) -> JSONValue {
        var object = JSONObject()
        object["@odata.id"] = .string(path)
        object["@odata.type"] = .string(type)
        object["Id"] = .string(id)
        object["Name"] = .string(id)
        for member in members.object ?? JSONObject() { object[member.key] = member.value }
        return .object(object)
    }
}
