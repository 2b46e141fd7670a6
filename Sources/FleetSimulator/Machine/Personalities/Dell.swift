import StrictJSON

/// Dell iDRAC: attributes that are the truth beside a Power resource that is not; of the older one, a resource for the
/// member, and sessions elsewhere.
extension Personality {
    public static let dellIDRAC9 = Personality(
        "dell-idrac9",
        limit: PowerKnob(
            LimitStyle(.dellAttributes).with { $0.modes = ["Enabled"] }, 898...1441, setPoint: 1453, mode: "Disabled")
    ).with {
        $0.dell()
        $0.resetTypes += ["GracefulRestart", "PushPowerButton", "Nmi", "PowerCycle"]
    }

    public static let dellIDRAC8 = Personality(
        "dell-idrac8",
        limit: PowerKnob(
            LimitStyle(.powerMember).with {
                $0.takesNull = true
                $0.isRangeEnforced = false
            }, 300...980, setPoint: 800, exception: "HardPowerOff")
    ).with {
        $0.dell()
        $0.sessions = "/redfish/v1/Sessions"
    }

    private mutating func dell() {
        vendor = "Dell"
        system = "System.Embedded.1"
        chassis = "System.Embedded.1"
        manager = "iDRAC.Embedded.1"
        hasInlineResetTypes = true
        meters.hasMetrics = true
    }
}
