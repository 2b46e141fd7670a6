import Inventory
import PowerEvents
import Settings
import Shedding
import Site
import StrictJSON
import Testing

enum Fixture {
    static let yaml = """
        credentials: { bmc: { username: u, password: "${S}" } }
        defaults: { bmc: { credentials: bmc, tls: { verify: false } } }
        chassis:
          - { id: rack, feeds: [main-a] }
          - { id: hgx, bmc: https://10.0.1.1, feeds: [main-a] }
        nodes:
          - id: n[1-8]
            bmc: https://10.0.0.[1-8]
            chassis: rack
            floor: 500W
            gpus: { id: "{node}-gpu[0-1]", processor: "GPU_[0-1]" }
          - { id: login, bmc: https://10.0.0.9, chassis: rack, protected: true }
          - { id: store, bmc: https://10.0.0.10, chassis: rack, allow: [power_cap] }
          - { id: other, bmc: https://10.0.0.11, feeds: [main-b], aliases: [OTHER] }
        """

    static let site: Site = {
        let problems = ProblemCollector()
        var reader = SiteReader(problems: problems)
        if let file = SettingsFile.parse(yaml, file: "s", environment: ["S": "x"], problems: problems) {
            reader.read(file)
        }
        return reader.finish()
    }()

    static let start = Timestamp(milliseconds: 1_000_000_000_000)

    static func id(_ number: Int) -> UUIDText {
        UUIDText(randomBytes: [UInt8](repeating: UInt8(number), count: 16))
    }

    static func hint(
        _ resource: String, _ action: ShedAction = .powerCap, priority: Int = 1, watts: Int? = nil,
        type: ResourceType? = nil
    ) -> ShedHint {
        ShedHint(
            resourceID: resource, resourceType: type ?? site.resource(named: resource)?.type ?? .node, action: action,
            priority: priority, targetPower: watts.map { PowerQuantity(watts: Watts($0), unit: .watt) })
    }

    static func alert(
        _ breach: Int, _ status: BreachAlert.Status = .active, _ hints: [ShedHint] = [],
        severity: BreachAlert.Severity = .critical, feed: String = "main-a", detectedAt: Timestamp = start
    ) -> BreachAlert {
        BreachAlert(
            feedTag: feed, status: status, severity: severity, breachID: id(breach), detectedAt: detectedAt,
            targetCorrelationID: id(200), loadConstraint: PowerQuantity(watts: Watts(1000), unit: .watt),
            measuredLoad: PowerQuantity(watts: Watts(1300), unit: .watt), shedHints: hints)
    }

    static let origin = Breach.Origin(source: "//grid/v1/poweragent/a", trace: nil, correlationID: nil)

    static func entry(_ resource: String, _ facet: ControlKey.Facet = .powerLimit) -> ControlEntry {
        let resource = site.resources[resource] ?? Resource(id: resource, type: .node)
        return ControlEntry(
            key: ControlKey(resource: resource.id, facet: facet), type: resource.type,
            bmc: resource.bmc
                ?? BMC(address: BMC.Address("https://10.9.9.9") ?? address, credentials: "bmc", trust: .unverified),
            pins: resource.pins)
    }

    private static let address: BMC.Address = {
        guard let address = BMC.Address("https://10.9.9.9") else { preconditionFailure("a literal address") }
        return address
    }()

    static func limit(_ watts: Int?, minimum: Int? = 200, maximum: Int? = 1000, identity: String = "m") -> Reading {
        Reading(
            value: .limit(watts.map { Watts($0) }),
            fragment: ["SetPoint": watts.map { .number(JSONNumber($0)) } ?? .null],
            range: PowerRange(minimum: minimum.map { Watts($0) }, maximum: maximum.map { Watts($0) }),
            identity: MachineIdentity(uuid: nil, serial: identity))
    }

    static func speed(_ limit: Int?, maximum: Int? = 2000, minimum: Int? = 300) -> Reading {
        var reading = Reading(
            value: .speed(limit == maximum ? nil : limit.map { Megahertz($0) }),
            fragment: ["SettingMax": limit.map { .number(JSONNumber($0)) } ?? .null],
            identity: MachineIdentity(uuid: nil, serial: "m"))
        reading.speeds = SpeedRange(minimum: minimum.map { Megahertz($0) }, maximum: maximum.map { Megahertz($0) })
        return reading
    }

    static func mode(_ mode: String) -> Reading {
        var reading = Reading(
            value: .mode(mode), fragment: ["PowerMode": .string(mode)],
            identity: MachineIdentity(uuid: nil, serial: "m"))
        reading.modes = ["MaximumPerformance", "PowerSaving"]
        return reading
    }

    static func power(_ state: PowerState, types: [ResetType] = ["On", "ForceOff", "GracefulShutdown"]) -> Reading {
        Reading(
            value: .power(state), fragment: ["PowerState": .string(state.rawValue)],
            identity: MachineIdentity(uuid: nil, serial: "m"),
            resetTypes: types)
    }
}
