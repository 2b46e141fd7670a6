import StrictJSON

/// The resources that a simulated machine shows (DSP0266 and the schemas of DSP2046), but for its limits.
struct RedfishTree {
    let machine: SimulatedMachine
    /// The URIs of the open sessions; nil where there is no session service.
    let sessions: [String]?
    let meters: MeterSource

    /// What the meters show now.
    var meter: Meter { meters.meter(of: machine) }
    var paths: MachinePaths { MachinePaths(machine) }
    var personality: Personality { machine.personality }

    var root: JSONValue {
        var root = resource(
            "/redfish/v1/", "#ServiceRoot.v1_15_0.ServiceRoot", "RootService",
            [
                "RedfishVersion": "1.15.0", "UUID": .string(machine.uuid), "Vendor": .string(personality.vendor),
                "Chassis": link("/redfish/v1/Chassis"), "Managers": link("/redfish/v1/Managers"),
            ])
        if machine.hasSystem { root["Systems"] = link("/redfish/v1/Systems") }
        if hasTelemetry { root["TelemetryService"] = link("/redfish/v1/TelemetryService") }
        if sessions != nil {
            root["SessionService"] = link("/redfish/v1/SessionService")
            root["Links"] = ["Sessions": link(personality.sessions)]
        }
        return .object(root)
    }

    func resource(_ path: String) -> JSONValue? {
        switch path {
        case "/redfish/v1/SessionService" where sessions != nil: return sessionService
        case personality.sessions where sessions != nil:
            return collection(path, "SessionCollection", (sessions ?? []).sorted())
        case "/redfish/v1/Chassis":
            return collection(
                path, "ChassisCollection", [paths.chassis] + boardChassis.map { "/redfish/v1/Chassis/\($0)" })
        case paths.chassis: return chassis
        case "/redfish/v1/Managers": return collection(path, "ManagerCollection", [paths.manager])
        case paths.manager: return manager
        default:
            let own = machine.hasSystem ? systemResource(path) ?? limitResource(path) : limitResource(path)
            return own ?? boardResource(path) ?? meterResource(path) ?? telemetryResource(path)
                ?? nodeManagerResource(path)
        }
    }

    private func systemResource(_ path: String) -> JSONValue? {
        switch path {
        case "/redfish/v1/Systems":
            let all = paths.board == paths.system ? [paths.system] : [paths.board, paths.system]
            return collection(path, "ComputerSystemCollection", all)
        case paths.system: return system
        case paths.board: return board
        case paths.resetInfo where !personality.hasInlineResetTypes: return resetInfo
        case "\(paths.board)/Processors":
            return collection(path, "ProcessorCollection", machine.gpus.keys.sorted().map(paths.processor))
        default:
            return machine.gpus.keys.first { path == paths.processor($0) }.map(processor)
        }
    }

    private var sessionService: JSONValue {
        .object(
            resource(
                "/redfish/v1/SessionService", "#SessionService.v1_1_8.SessionService", "SessionService",
                ["ServiceEnabled": true, "SessionTimeout": 1800, "Sessions": link(personality.sessions)]))
    }

    private var manager: JSONValue {
        var manager = resource(
            paths.manager, "#Manager.v1_19_0.Manager", personality.manager,
            ["ManagerType": "BMC", "FirmwareVersion": "1.0", "Status": ["State": "Enabled", "Health": "OK"]])
        if machine.limit.style.place == .dellAttributes {
            manager["Links"] = ["Oem": ["Dell": ["DellAttributes": [link(paths.attributes)]]]]
        }
        if let nodeManager = paths.nodeManager {
            var own = JSONObject()
            own[personality.vendor == "NVIDIA" ? "Nvidia" : "Intel"] = ["NodeManager": link(nodeManager)]
            manager["Oem"] = .object(own)
        }
        return .object(manager)
    }

    private var system: JSONValue {
        var action = JSONObject()
        action["target"] = .string(paths.reset)
        if personality.hasInlineResetTypes {
            action["ResetType@Redfish.AllowableValues"] = .array(machine.resetTypes.map(JSONValue.string))
        } else {
            action["@Redfish.ActionInfo"] = .string(paths.resetInfo)
        }
        var system = resource(
            paths.system, "#ComputerSystem.v1_20_0.ComputerSystem", machine.systemID,
            [
                "SystemType": "Physical", "Manufacturer": .string(personality.vendor),
                "Model": .string("Simulated \(personality.name)"), "UUID": .string(machine.uuid),
                "SerialNumber": .string(machine.serial), "PowerState": .string(machine.powerState),
                "Links": [
                    "Chassis": [link(personality.hostChassis.map { "/redfish/v1/Chassis/\($0)" } ?? paths.chassis)],
                    "ManagedBy": [link(paths.manager)],
                ],
                "Actions": ["#ComputerSystem.Reset": .object(action)],
            ])
        if paths.board == paths.system { system["Processors"] = link("\(paths.system)/Processors") }
        if machine.limit.style.place == .dellAttributes { system["Oem"] = ["Dell": [:]] }
        return .object(system)
    }

    /// The GPUs' own system, which cannot be reset.
    private var board: JSONValue {
        .object(
            resource(
                paths.board, "#ComputerSystem.v1_22_0.ComputerSystem", personality.baseboard ?? "",
                [
                    "SystemType": "Physical", "PowerState": .string(machine.powerState), "PowerMode": "OEM",
                    "PowerMode@Redfish.AllowableValues": [], "UUID": .string(machine.uuid),
                    "Processors": link("\(paths.board)/Processors"),
                    "Links": [
                        "Chassis": [link(boardChassis.isEmpty ? paths.chassis : "/redfish/v1/Chassis/HGX_BMC_0")]
                    ],
                ]))
    }

    private var resetInfo: JSONValue {
        .object(
            resource(
                paths.resetInfo, "#ActionInfo.v1_4_0.ActionInfo", "ResetActionInfo",
                [
                    "Parameters": [
                        [
                            "Name": "ResetType", "Required": true, "DataType": "String",
                            "AllowableValues": .array(machine.resetTypes.map(JSONValue.string)),
                        ]
                    ]
                ]))
    }

    private var chassis: JSONValue {
        var chassis = resource(
            paths.chassis, "#Chassis.v1_23_0.Chassis", machine.chassisID,
            [
                "ChassisType": "RackMount", "SerialNumber": .string(machine.serial),
                "Manufacturer": .string(personality.vendor),
            ])
        switch machine.limit.style.place {
        case .none where machine.limit.style.isMetered:
            chassis["EnvironmentMetrics"] = link("\(paths.chassis)/EnvironmentMetrics")
            chassis["Controls"] = link(paths.controls)
        case .environmentMetrics: chassis["EnvironmentMetrics"] = link(paths.limit(machine.limit.style))
        case .powerControl, .powerMember, .none, .dellAttributes, .acceleratorService:
            chassis["Power"] = link(paths.power)
        case .control where personality.meters.hasHistory: chassis["Power"] = link(paths.power)
        case .control, .percent: break
        }
        if personality.meters.sensor != nil { chassis["Sensors"] = link("\(paths.chassis)/Sensors") }
        if hasControls { chassis["Controls"] = link(paths.controls) }
        if machine.hasSystem, personality.hostChassis == nil {
            chassis["Links"] = ["ComputerSystems": [link(paths.system)]]
        }
        return .object(chassis)
    }

    private func processor(_ id: String) -> JSONValue {
        var processor = resource(
            paths.processor(id), "#Processor.v1_20_0.Processor", id, ["ProcessorType": "GPU"])
        if personality.gpu.style.place == .environmentMetrics {
            processor["EnvironmentMetrics"] = link(paths.gpuLimit(id, personality.gpu.style))
        }
        if personality.meters.isPlatform { processor["Links"] = ["Chassis": link("/redfish/v1/Chassis/HGX_\(id)")] }
        return .object(processor)
    }

    // MARK: Building

    func link(_ path: String) -> JSONValue { ["@odata.id": .string(path)] }

    func collection(_ path: String, _ type: String, _ members: [String]) -> JSONValue {
        [
            "@odata.id": .string(path), "@odata.type": .string("#\(type).\(type)"), "Name": .string(type),
            "Members@odata.count": .number(JSONNumber(members.count)), "Members": .array(members.map(link)),
        ]
    }

    func resource(_ path: String, _ type: String, _ id: String, _ members: JSONValue) -> JSONObject {
        var object = JSONObject()
        object["@odata.id"] = .string(path)
        object["@odata.type"] = .string(type)
        object["Id"] = .string(id)
        object["Name"] = .string(id)
        for member in members.object ?? JSONObject() { object[member.key] = member.value }
        return object
    }
}
