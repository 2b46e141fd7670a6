import StrictJSON

/// Lenovo XCC: `Manual` for on, null for off, nothing without `If-Match`, and the resource for an answer.
extension Personality {
    public static let lenovoXCC = Personality(
        "lenovo-xcc",
        limit: PowerKnob(
            LimitStyle(.control).with {
                $0.modes = ["Manual"]
                $0.takesNull = true
                $0.hasModeConflicts = true
                $0.impliesMode = true
                $0.units = "Watt"
            }, 0...5760, setPoint: .null, mode: "Disabled")
    ).with {
        $0.vendor = "Lenovo"
        $0.system = "1"
        $0.chassis = "1"
        $0.manager = "1"
        $0.success = .resource
        $0.tags = .strong
        $0.requiresMatch = true
        $0.hasInlineResetTypes = true
        $0.meters.hasHistory = true
    }
}
