import StrictJSON

/// AMI firmware as on Gigabyte boards: a limit of 500 W with HardPowerOff that is nothing until it is armed.
extension Personality {
    public static let ami = Personality(
        "ami",
        limit: PowerKnob(
            LimitStyle(.powerControl).with { $0.isRangeEnforced = false }, 300...3000, setPoint: 500,
            exception: "HardPowerOff", isArmed: false)
    ).with {
        $0.vendor = "AMI"
        $0.system = "Self"
        $0.chassis = "Self"
        $0.manager = "Self"
        $0.success = .empty
        $0.tags = .strong
        $0.requiresMatch = true
    }
}
