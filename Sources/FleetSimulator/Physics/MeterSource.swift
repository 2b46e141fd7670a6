/// What a BMC's meters are made of when one is asked.
struct MeterSource {
    /// nil while nothing has changed since the BMC began.
    let physics: MachinePhysics?
    /// When the BMC began, in seconds on the fleet's clock.
    let born: Double
    let now: Double
    let seed: UInt64
    /// Those that the request meets.
    let faults: [Fault.Kind]
    /// What the meters stood still at.
    let frozen: MachinePower?

    func meter(of machine: SimulatedMachine) -> Meter {
        Meter(
            physics ?? MachinePhysics(PowerInputs(machine), seed: seed, at: born), faults: faults,
            frozen: faults.contains(.meterStale) ? frozen : nil, seed: seed,
            sensing: machine.personality.meters.sensing, now: now)
    }
}
