import StrictJSON

/// Trees in the shapes of NVIDIA machines whose node has no limit of its own.
enum NodelessTrees {
    typealias Documents = WholeTrees.Documents

    private static let v1 = WholeTrees.v1
    static let processors = "\(v1)/Systems/HGX_Baseboard_0/Processors"
    static let controls = "\(v1)/Chassis/HGX_Chassis_0/Controls"
    static let total = "\(controls)/TotalGPU_Power_0"
    static let gb300GPUs = (0..<4).map { "\(processors)/GPU_\($0)" }
    static let h100GPUs = (1...8).map { "\(processors)/GPU_SXM_\($0)" }
    static let sensors = "\(v1)/Chassis/HGX_Chassis_0/Sensors"

    static func totalControl(
        of gpus: [String], _ low: Int = 800, _ high: Int = 5600, id: String = "TotalGPU_Power_0"
    ) -> JSONValue {
        var json = JSONObject()
        json["Id"] = .string(id)
        json["Name"] = "System Power Control"
        json["ControlType"] = "Power"
        json["PhysicalContext"] = "GPUSubsystem"
        json["ControlMode"] = "Automatic"
        json["SetPoint"] = WholeTrees.number(high)
        json["DefaultSetPoint"] = WholeTrees.number(high)
        json["SetPointUnits"] = "W"
        json["AllowableMin"] = WholeTrees.number(low)
        json["AllowableMax"] = WholeTrees.number(high)
        if !gpus.isEmpty { json["RelatedItem"] = .array(gpus.map(TreeBMC.link)) }
        return .object(json)
    }

    /// A processor with its metrics; it draws so many watts.
    static func gpu(_ uri: String, _ low: Int, _ high: Int, draws watts: Int) -> Documents {
        let id = LinkNames.lastName(uri)
        return [
            uri: [
                "Id": .string(id), "ProcessorType": "GPU",
                "EnvironmentMetrics": TreeBMC.link("\(uri)/EnvironmentMetrics"),
                "Links": ["Chassis": TreeBMC.links("\(v1)/Chassis/HGX_\(id)")],
            ],
            "\(uri)/EnvironmentMetrics": [
                "Oem": ["Nvidia": [:]],
                "PowerLimitWatts": [
                    "AllowableMin": WholeTrees.number(low), "AllowableMax": WholeTrees.number(high),
                    "SetPoint": WholeTrees.number(high), "DefaultSetPoint": WholeTrees.number(high),
                    "ControlMode": "Automatic", "Reading": WholeTrees.number(watts),
                ],
                "PowerWatts": [
                    "DataSourceUri": .string("\(v1)/Chassis/HGX_\(id)/Sensors/HGX_\(id)_Power_0"),
                    "Reading": WholeTrees.number(watts),
                ],
            ],
            "\(v1)/Chassis/HGX_\(id)": WholeTrees.chassis("HGX_\(id)", []),
        ]
    }

    static func baseboard(_ gpus: [String], more: [String] = []) -> Documents {
        [
            "\(v1)/Systems/HGX_Baseboard_0": [
                "Id": "HGX_Baseboard_0", "PowerState": "On", "Processors": TreeBMC.link(processors),
                "Links": ["Chassis": TreeBMC.links("\(v1)/Chassis/HGX_Chassis_0")],
            ],
            processors: ["Members": .array((gpus + more).map(TreeBMC.link))],
            "\(v1)/Chassis/HGX_Chassis_0": WholeTrees.chassis("HGX_Chassis_0", ["Controls", "EnvironmentMetrics"]),
            controls: TreeBMC.members(total),
        ]
    }

    static func baseboardMetrics(_ low: Int, _ high: Int, gpus: Int, all: Int) -> JSONValue {
        [
            "Oem": ["Nvidia": [:]],
            "PowerLimitWatts": [
                "AllowableMin": WholeTrees.number(low), "AllowableMax": WholeTrees.number(high),
                "SetPoint": WholeTrees.number(high), "DefaultSetPoint": WholeTrees.number(high),
                "ControlMode": "Automatic", "Reading": WholeTrees.number(gpus),
                "DataSourceUri": .string("\(sensors)/HGX_Chassis_0_TotalGPU_Power_0"),
            ],
            "PowerWatts": [
                "DataSourceUri": .string("\(sensors)/HGX_Chassis_0_TotalHSC_Power_0"),
                "Reading": WholeTrees.number(all),
            ],
        ]
    }

    static let tray = "\(v1)/Chassis/Chassis_0"

    /// GB300: the tray's chassis measures, and limits nothing; its modules limit CPU and GPUs together.
    static let gb300: Documents = {
        var all = baseboard(gb300GPUs, more: ["\(processors)/CPU_0"])
        all["\(v1)/Systems/System_0"] = WholeTrees.system("System_0", chassis: ["BMC_0"])
        all["\(processors)/CPU_0"] = ["Id": "CPU_0", "ProcessorType": "CPU"]
        for uri in gb300GPUs { all.merge(gpu(uri, 200, 1400, draws: 238)) { $1 } }
        all["\(v1)/Chassis/HGX_Chassis_0/EnvironmentMetrics"] = baseboardMetrics(800, 5600, gpus: 954, all: 1200)
        all[total] = totalControl(of: gb300GPUs)
        all["\(v1)/Chassis/BMC_0"] = WholeTrees.chassis("BMC_0", [])
        all[tray] = WholeTrees.chassis("Chassis_0", ["Controls", "EnvironmentMetrics"])
        all["\(tray)/Controls"] = ["Members": []]
        all["\(tray)/EnvironmentMetrics"] = [
            "PowerWatts": [
                "DataSourceUri": .string("\(tray)/Sensors/Chassis_0_TotalHSC_Power_0"), "Reading": 1355,
            ]
        ]
        let module = "\(v1)/Chassis/HGX_ProcessorModule_0"
        all[module] = WholeTrees.chassis("HGX_ProcessorModule_0", ["Controls", "EnvironmentMetrics"])
        all["\(module)/Controls"] = TreeBMC.members("\(module)/Controls/ProcessorModule_0_Power_0")
        all["\(module)/Controls/ProcessorModule_0_Power_0"] = totalControl(
            of: gb300GPUs + ["\(processors)/CPU_0"], 500, 2900, id: "ProcessorModule_0_Power_0")
        all["\(module)/EnvironmentMetrics"] = [
            "Oem": ["Nvidia": [:]],
            "PowerLimitWatts": ["SetPoint": 2900, "AllowableMin": 500, "AllowableMax": 2900],
        ]
        let gpuChassis = gb300GPUs.map { "HGX_" + LinkNames.lastName($0) }
        return WholeTrees.tree(
            systems: ["HGX_Baseboard_0", "System_0"],
            chassis: ["BMC_0", "HGX_ProcessorModule_0", "Chassis_0", "HGX_Chassis_0"] + gpuChassis, all)
    }()

    /// DGX H100: AMI's placeholder for the node, eight GPUs on a baseboard.
    static let dgxH100: Documents = {
        var all = baseboard(h100GPUs)
        all["\(v1)/Systems/DGX"] = WholeTrees.system(
            "DGX",
            [
                (
                    "Links",
                    [
                        "Chassis": TreeBMC.links("\(v1)/Chassis/DGX"),
                        "ManagedBy": TreeBMC.links("\(v1)/Managers/BMC"),
                    ]
                )
            ])
        all["\(v1)/Managers/BMC"] = ["Id": "BMC"]
        for uri in h100GPUs { all.merge(gpu(uri, 200, 700, draws: 70)) { $1 } }
        all["\(v1)/Chassis/HGX_Chassis_0/EnvironmentMetrics"] = baseboardMetrics(1600, 5600, gpus: 587, all: 825)
        all[total] = totalControl(of: h100GPUs.reversed(), 1600, 5600)
        all["\(v1)/Chassis/DGX"] = WholeTrees.chassis("DGX", ["Power"])
        all["\(v1)/Chassis/DGX/Power"] = [
            "PowerControl": [
                [
                    "MemberId": "0", "PowerConsumedWatts": 2045,
                    "PowerLimit": [
                        "LimitInWatts": 500, "LimitException": "HardPowerOff", "CorrectionInMs": 1000,
                    ],
                ]
            ]
        ]
        return WholeTrees.tree(systems: ["DGX", "HGX_Baseboard_0"], chassis: ["DGX", "HGX_Chassis_0"], all)
    }()

    /// GH200: one GPU, and a total of one.
    static let gh200: Documents = {
        let one = Array(gb300GPUs.prefix(1))
        var all = baseboard(one)
        all["\(v1)/Systems/System_0"] = WholeTrees.system("System_0", chassis: ["BMC_0"])
        all.merge(gpu(one[0], 100, 900, draws: 120)) { $1 }
        all["\(v1)/Chassis/HGX_Chassis_0/EnvironmentMetrics"] = ["PowerWatts": ["Reading": 400]]
        all[total] = totalControl(of: one, 100, 1800)
        all["\(v1)/Chassis/BMC_0"] = WholeTrees.chassis("BMC_0", [])
        return WholeTrees.tree(
            systems: ["System_0", "HGX_Baseboard_0"], chassis: ["BMC_0", "HGX_Chassis_0", "HGX_GPU_0"], all)
    }()
}

private enum LinkNames {
    static func lastName(_ uri: String) -> String { String(uri.split(separator: "/").last ?? "") }
}
