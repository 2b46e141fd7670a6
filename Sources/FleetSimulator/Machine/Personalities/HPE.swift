import StrictJSON

/// HPE: iLO with null for off, Apollo trays with a service of their own, and Cray EX with Controls that are off.
extension Personality {
    public static let hpeILO = Personality(
        "hpe-ilo",
        limit: PowerKnob(LimitStyle(.powerControl).with { $0.takesNull = true }, 900...12_000, setPoint: .null)
    ).with { $0.hpe() }

    public static let hpeApollo = Personality(
        "hpe-apollo",
        limit: PowerKnob(LimitStyle(.acceleratorService).with { $0.takesNull = true }, 1500...6400, setPoint: .null)
    ).with { $0.hpe() }

    private mutating func hpe() {
        vendor = "HPE"
        system = "1"
        chassis = "1"
        manager = "1"
        hasInlineResetTypes = true
        meters.hasMetrics = true
    }

    public static let hpeCrayEX = Personality(
        "hpe-cray-ex", limit: PowerKnob(crayControl, 764...2754, setPoint: 0, mode: "Disabled"),
        gpu: PowerKnob(crayControl, 100...560, setPoint: 0, mode: "Disabled")
    ).with {
        $0.vendor = "Cray"
        $0.system = "Node0"
        $0.chassis = "Node0"
        $0.resetTypes = ["On", "ForceOff", "Off"]
        $0.meters.sensor = "NodePower"
    }

    private static let crayControl = LimitStyle(.control).with {
        $0.modes = ["Automatic"]
        $0.needsMode = true
        $0.hasOlderNames = true
        $0.isDeep = true
        $0.units = nil
        $0.goesWithPower = true
        $0.forgetsWhenOff = true
    }
}
