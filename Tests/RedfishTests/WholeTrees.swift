import StrictJSON

/// Whole trees in the shapes of real machines, as small as those shapes allow.
enum WholeTrees {
    typealias Documents = [String: JSONValue]

    static let v1 = "/redfish/v1"

    static func system(_ id: String, chassis: [String] = [], _ more: [(String, JSONValue)] = []) -> JSONValue {
        var json = JSONObject()
        json["@odata.id"] = .string("\(v1)/Systems/\(id)")
        json["Id"] = .string(id)
        json["UUID"] = .string("uuid-of-\(id)")
        json["PowerState"] = "On"
        if !chassis.isEmpty { json["Links"] = ["Chassis": .array(chassis.map { TreeBMC.link("\(v1)/Chassis/\($0)") })] }
        json["Actions"] = [
            "#ComputerSystem.Reset": [
                "target": .string("\(v1)/Systems/\(id)/Actions/ComputerSystem.Reset"),
                "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "GracefulShutdown"],
            ]
        ]
        for (key, value) in more { json[key] = value }
        return .object(json)
    }

    static func chassis(_ id: String, _ parts: [String], _ more: [(String, JSONValue)] = []) -> JSONValue {
        var json = JSONObject()
        json["@odata.id"] = .string("\(v1)/Chassis/\(id)")
        json["Id"] = .string(id)
        for part in parts { json[part] = TreeBMC.link("\(v1)/Chassis/\(id)/\(part)") }
        for (key, value) in more { json[key] = value }
        return .object(json)
    }

    static func tree(systems: [String], chassis: [String], _ documents: Documents) -> Documents {
        var all = documents
        all["\(v1)/Systems"] = ["Members": .array(systems.map { TreeBMC.link("\(v1)/Systems/\($0)") })]
        all["\(v1)/Chassis"] = ["Members": .array(chassis.map { TreeBMC.link("\(v1)/Chassis/\($0)") })]
        return all
    }

    static func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }

    // MARK: The shapes

    /// HPE DL385: node and chassis are one LimitInWatts, which is null.
    static let hpe = tree(
        systems: ["1"], chassis: ["1"],
        [
            "\(v1)/Systems/1": system("1", chassis: ["1"]), "\(v1)/Chassis/1": chassis("1", ["Power"]),
            "\(v1)/Chassis/1/Power": [
                "PowerControl": [
                    [
                        "@odata.id": "/redfish/v1/Chassis/1/Power#PowerControl/0", "MemberId": "0",
                        "PowerCapacityWatts": 12_000, "PowerConsumedWatts": 968, "PowerLimit": ["LimitInWatts": nil],
                        "PowerMetrics": ["MaxConsumedWatts": 971],
                    ]
                ]
            ],
        ])

    static let dellAttributes = "\(v1)/Managers/iDRAC.Embedded.1/Oem/Dell/DellAttributes/System.Embedded.1"

    /// Dell R750: a LimitInWatts that stands there while capping is disabled.
    static let dell = tree(
        systems: ["System.Embedded.1"], chassis: ["System.Embedded.1", "Enclosure.Internal.0-1"],
        [
            "\(v1)/Systems/System.Embedded.1": system(
                "System.Embedded.1",
                [
                    ("Oem", ["Dell": [:]]),
                    (
                        "Links",
                        [
                            "Chassis": TreeBMC.links("\(v1)/Chassis/System.Embedded.1"),
                            "ManagedBy": TreeBMC.links("\(v1)/Managers/iDRAC.Embedded.1"),
                        ]
                    ),
                ]),
            "\(v1)/Chassis/System.Embedded.1": chassis("System.Embedded.1", ["Power"]),
            "\(v1)/Chassis/Enclosure.Internal.0-1": chassis("Enclosure.Internal.0-1", []),
            "\(v1)/Chassis/System.Embedded.1/Power": [
                "PowerControl": [
                    [
                        "MemberId": "0", "PowerCapacityWatts": 6720,
                        "PowerLimit": ["LimitException": "HardPowerOff", "LimitInWatts": 1205],
                    ]
                ]
            ],
            "\(v1)/Managers/iDRAC.Embedded.1": [
                "Links": ["Oem": ["Dell": ["DellAttributes": TreeBMC.links(dellAttributes)]]]
            ],
            dellAttributes: [
                "Attributes": [
                    "ServerPwr.1.PowerCapSetting": "Disabled", "ServerPwr.1.PowerCapValue": 1205,
                    "ServerPwr.1.PowerCapMinThres": 898, "ServerPwr.1.PowerCapMaxThres": 1441,
                ]
            ],
        ])

    /// DMTF's rackmount: one limit as a Control, as its excerpt, and as a PowerControl.
    static let rackmount = tree(
        systems: ["437XR1138R2"], chassis: ["1U"],
        [
            "\(v1)/Systems/437XR1138R2": system("437XR1138R2", chassis: ["1U"]),
            "\(v1)/Chassis/1U": chassis(
                "1U", ["Power", "Controls", "EnvironmentMetrics"],
                [("Links", ["ComputerSystems": TreeBMC.links("\(v1)/Systems/437XR1138R2")])]),
            "\(v1)/Chassis/1U/Controls": TreeBMC.members(
                "\(v1)/Chassis/1U/Controls/PowerLimit", "\(v1)/Chassis/1U/Controls/CPU1Freq"),
            "\(v1)/Chassis/1U/Controls/PowerLimit": [
                "Id": "PowerLimit", "PhysicalContext": "Chassis", "ControlType": "Power", "ControlMode": "Automatic",
                "SetPoint": 500, "SetPointUnits": "W", "AllowableMax": 1000, "AllowableMin": 150,
            ],
            "\(v1)/Chassis/1U/Controls/CPU1Freq": [
                "Id": "CPU1Freq", "PhysicalContext": "CPU", "ControlType": "FrequencyMHz", "SetPoint": 3200,
                "SetPointUnits": "Hz",
            ],
            "\(v1)/Chassis/1U/EnvironmentMetrics": [
                "PowerLimitWatts": [
                    "SetPoint": 500, "AllowableMax": 1000, "AllowableMin": 150, "ControlMode": "Automatic",
                    "DataSourceUri": "/redfish/v1/Chassis/1U/Controls/PowerLimit",
                ]
            ],
            "\(v1)/Chassis/1U/Power": [
                "PowerControl": [
                    [
                        "MemberId": "0", "Name": "System Input Power",
                        "PowerLimit": ["LimitInWatts": 500, "LimitException": "LogEventOnly"],
                        "RelatedItem": TreeBMC.links("\(v1)/Systems/437XR1138R2", "\(v1)/Chassis/1U"),
                    ]
                ]
            ],
        ])

    /// Cray EX235a: no Links anywhere, eight dies in four accelerators.
    static let cray: Documents = {
        let processors = "\(v1)/Systems/Node0/Processors"
        let controls = "\(v1)/Chassis/Node0/Controls"
        var all: Documents = [
            "\(v1)/Systems/Node0": system("Node0", [("Processors", TreeBMC.link(processors))]),
            "\(v1)/Chassis/Mezz1": chassis("Mezz1", []), "\(v1)/Chassis/Enclosure": chassis("Enclosure", []),
            "\(v1)/Chassis/Node0": chassis("Node0", ["Controls"]),
        ]
        func control(_ name: String, _ context: String, _ low: Int, _ high: Int) {
            all["\(controls)/\(name)"] = [
                "Id": .string(name), "ControlType": "Power", "PhysicalContext": .string(context),
                "ControlMode": "Disabled", "SetPoint": 0, "SettingRangeMin": number(low),
                "SettingRangeMax": number(high),
            ]
        }
        control("NodePowerLimit", "Chassis", 764, 2754)
        for index in 0..<4 { control("Accelerator\(index)PowerLimit", "Accelerator", 100, 560) }
        // Not in the order of their numbers, as they come.
        let order = [3, 0, 7, 1, 6, 2, 5, 4]
        for index in order {
            all["\(processors)/GPU\(index)"] = [
                "Id": .string("GPU\(index)"), "Name": .string("GPU \(index / 2 * 2)"), "ProcessorType": "GPU",
                "Model": "AMD INSTINCT MI200 (MCM) OAM LC",
            ]
        }
        all[processors] = ["Members": .array(order.map { TreeBMC.link("\(processors)/GPU\($0)") })]
        all[controls] = [
            "Members": .array(
                ["Accelerator3", "Node", "Accelerator1", "Accelerator0", "Accelerator2"].map {
                    TreeBMC.link("\(controls)/\($0)PowerLimit")
                })
        ]
        return tree(systems: ["Node0"], chassis: ["Mezz1", "Enclosure", "Node0"], all)
    }()

    /// Cisco S3260: two nodes in one enclosure, whose Power has a member for each and one for all.
    static let s3260 = tree(
        systems: ["Server1", "Server2"], chassis: ["CMC"],
        [
            "\(v1)/Systems/Server1": system("Server1", chassis: ["CMC"]),
            "\(v1)/Systems/Server2": system("Server2", chassis: ["CMC"]),
            "\(v1)/Chassis/CMC": chassis("CMC", ["Power"]),
            "\(v1)/Chassis/CMC/Power": [
                "PowerControl": [
                    ["MemberId": "1", "Name": "Chassis", "PowerLimit": ["LimitInWatts": 3000]],
                    ["MemberId": "2", "Name": "Server 2", "PowerLimit": ["LimitInWatts": 1100]],
                    ["MemberId": "3", "Name": "Server 1", "PowerLimit": ["LimitInWatts": 1200]],
                ]
            ],
        ])

    /// BlueField-3: an excerpt in watts of a Control in percent.
    static let bluefield = tree(
        systems: ["Bluefield"], chassis: ["Bluefield_BMC", "Card1"],
        [
            "\(v1)/Systems/Bluefield": system("Bluefield", chassis: ["Bluefield_BMC"]),
            "\(v1)/Chassis/Bluefield_BMC": chassis("Bluefield_BMC", []),
            "\(v1)/Chassis/Card1": chassis("Card1", ["Controls", "EnvironmentMetrics"]),
            "\(v1)/Chassis/Card1/Controls": TreeBMC.members("\(v1)/Chassis/Card1/Controls/PowerLimit_0"),
            "\(v1)/Chassis/Card1/Controls/PowerLimit_0": [
                "Id": "PowerLimit_0", "ControlType": "Power", "ControlMode": "Disabled", "SetPoint": 0,
                "SetPointUnits": "%", "AllowableMin": 0, "AllowableMax": 1000,
            ],
            "\(v1)/Chassis/Card1/EnvironmentMetrics": [
                "Oem": ["Nvidia": [:]],
                "PowerLimitWatts": [
                    "SetPoint": 75, "AllowableMin": 0, "AllowableMax": 1000,
                    "DataSourceUri": "/redfish/v1/Chassis/Card1/Controls/PowerLimit_0",
                ],
            ],
        ])

    static let gpu = "\(v1)/Systems/HGX_Baseboard_0/Processors/GPU_0"

    /// GB200: GPUs in a system that cannot be reset and says On whatever its host does.
    static let gb200 = tree(
        systems: ["HGX_Baseboard_0", "System_0"], chassis: ["Chassis_0", "HGX_Chassis_0"],
        [
            "\(v1)/Systems/System_0": system("System_0", chassis: ["Chassis_0"]),
            "\(v1)/Systems/HGX_Baseboard_0": [
                "Id": "HGX_Baseboard_0", "PowerState": "On",
                "Processors": TreeBMC.link("\(v1)/Systems/HGX_Baseboard_0/Processors"),
                "Links": ["Chassis": TreeBMC.links("\(v1)/Chassis/HGX_Chassis_0")],
            ],
            "\(v1)/Systems/HGX_Baseboard_0/Processors": TreeBMC.members(gpu),
            gpu: [
                "Id": "GPU_0", "ProcessorType": "GPU", "EnvironmentMetrics": TreeBMC.link("\(gpu)/EnvironmentMetrics"),
            ],
            "\(gpu)/EnvironmentMetrics": [
                "Oem": ["Nvidia": [:]],
                "PowerLimitWatts": [
                    "AllowableMax": 1200, "AllowableMin": 200, "ControlMode": "Automatic", "SetPoint": 1200,
                ],
            ],
            "\(v1)/Chassis/Chassis_0": chassis("Chassis_0", ["Controls"]),
            "\(v1)/Chassis/Chassis_0/Controls": ["Members": []],
            "\(v1)/Chassis/HGX_Chassis_0": chassis("HGX_Chassis_0", ["Controls"]),
            "\(v1)/Chassis/HGX_Chassis_0/Controls": TreeBMC.members(
                "\(v1)/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0"),
            "\(v1)/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0": [
                "Id": "TotalGPU_Power_0", "ControlType": "Power", "PhysicalContext": "GPUSubsystem",
                "ControlMode": "Automatic", "SetPoint": 4800, "SetPointUnits": "W", "AllowableMin": 800,
                "AllowableMax": 4800, "RelatedItem": TreeBMC.links(gpu, gpu + "1"),
            ],
        ])
}
