import PowerEvents
import Shedding
import StrictJSON
import Testing

struct MachineIdentityTests {
    static let uuid = "4C4C4544-0051-3610-8052-B4C04F4E3733"
    static let machine = MachineIdentity(uuid: uuid, serial: "ABC123")

    /// Other ways in which one machine says the same.
    @Test(
        arguments: [
            (uuid.lowercased(), "ABC123"), (nil, "ABC123"), ("", "ABC123"), (uuid, "ABC123   "), (uuid, "\0\0ABC123\0"),
            ("00000000-0000-0000-0000-000000000000", "abc123"), ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", nil),
            (uuid, "To Be Filled By O.E.M."), (uuid, nil), (uuid, "0000000000"), (uuid, "Not Specified"),
            (uuid, "Default string"), ("03000200-0400-0500-0006-000700080009", "ABC123"),
            (uuid.replacing("-", with: ""), "ABC123"),
        ] as [(String?, String?)])
    func spellingIsNoOtherMachine(uuid: String?, serial: String?) throws {
        let machine = try #require(Self.machine)
        guard let told = MachineIdentity(uuid: uuid, serial: serial) else { return }
        #expect(!machine.contradicts(told))
        #expect(!told.contradicts(machine))
    }

    @Test(
        arguments: [
            ("4C4C4544-0051-3610-8052-B4C04F4E3734", "ABC123"), (uuid, "ABC124"), (nil, "XYZ"),
            ("4C4C4544-0051-3610-8052-B4C04F4E3734", nil),
        ] as [(String?, String?)])
    func anotherMachineIsOne(uuid: String?, serial: String?) throws {
        let machine = try #require(Self.machine)
        #expect(machine.contradicts(try #require(MachineIdentity(uuid: uuid, serial: serial))))
    }

    @Test func whatTellsNothingIsUnknown() {
        #expect(MachineIdentity(uuid: nil, serial: nil) == nil)
        #expect(MachineIdentity(uuid: "0", serial: "N/A") == nil)
        #expect(MachineIdentity(uuid: "", serial: "  \0") == nil)
    }

    /// A machine that is exchanged while it is held is neither capped nor given the other's prior.
    @Test func anExchangedMachineIsLeftAlone() {
        var entry = ConvergenceTests.held(700, 500)
        entry.identity = Self.machine
        for goal in [Convergence.Goal.prior, .demands([.cap(Watts(500))])] {
            var drive = ConvergenceTests.Drive(goal, entry: entry)
            drive.run { _ in .success(Fixture.limit(1000, identity: "OTHER")) }
            #expect(drive.kinds == ["read"])
            #expect(drive.outcome?.code == .failed)
        }
    }

    /// A restore asks the machine who it is right before; a cap lives with what the patrol knows.
    @Test func aRestoreAsksAnew() {
        let terms = Convergence.Terms(floor: nil, policy: Policy(), deadline: Fixture.start + .seconds(60))
        let entry = ConvergenceTests.held(700, 500)
        #expect(Convergence(entry: entry, goal: .prior, terms: terms).identityAge == .zero)
        #expect(Convergence(entry: entry, goal: .demands([.cap(Watts(1))]), terms: terms).identityAge == .seconds(60))
    }

    /// Behind another address a prior is put back only where it is known to be the same machine.
    @Test(arguments: [("ABC123", true), ("OTHER", false), (nil, false)] as [(String?, Bool)])
    func aMovedBMCHasToProveItself(serial: String?, isWritten: Bool) {
        var entry = ConvergenceTests.held(700, 500)
        entry.identity = MachineIdentity(uuid: nil, serial: "ABC123")
        entry.isMoved = true
        var drive = ConvergenceTests.Drive(.prior, entry: entry)
        drive.run {
            var reading = Fixture.limit($0 == 1 ? 500 : 700)
            reading.identity = MachineIdentity(uuid: nil, serial: serial)
            return .success(reading)
        }
        #expect(drive.kinds.contains("write") == isWritten)
    }

    // MARK: Whose machine it is

    private static func suspended(_ state: PowerState) -> ControlEntry {
        var entry = Fixture.entry("n1", .powerState)
        entry.identity = MachineIdentity(uuid: nil, serial: "m")
        entry.prior = .init(value: .power(.on), fragment: ["PowerState": "On"], takenAt: Fixture.start)
        entry.intent = .power(.off)
        entry.held = .power(state)
        return entry
    }

    /// People powered it on again and again, and it was left to them; what they do with it later is theirs.
    @Test func whatPeopleTookOverIsNotPoweredOn() {
        var entry = Self.suspended(.off)
        entry.reassertions = Policy().reassertLimit
        var watch = ConvergenceTests.Drive(.demands([.suspended]), entry: entry)
        watch.run { _ in .success(Fixture.power(.on)) }
        #expect(watch.outcome?.message?.hasPrefix("contended") == true)
        #expect(watch.kinds == ["read"])

        var later = ConvergenceTests.Drive(.demands([.suspended]), entry: watch.convergence.entry)
        later.run { _ in .success(Fixture.power(.off)) }
        #expect(later.outcome?.message == "already off")

        var release = ConvergenceTests.Drive(.prior, entry: later.convergence.entry)
        release.run { _ in .success(Fixture.power(.off)) }
        #expect(release.kinds == ["read"])
    }

    @Test(arguments: [PowerState.off, .paused, .sleeping])
    func everyWayDownCountsAsACorrection(state: PowerState) {
        var entry = Self.suspended(state)
        for round in 0..<Policy().reassertLimit {
            var drive = ConvergenceTests.Drive(.demands([.suspended]), entry: entry)
            drive.run { .success(Fixture.power($0 == 1 ? .on : state)) }
            #expect(drive.outcome?.code == .applied)
            entry = drive.convergence.entry
            #expect(entry.reassertions == round + 1)
        }
        var last = ConvergenceTests.Drive(.demands([.suspended]), entry: entry)
        last.run { _ in .success(Fixture.power(.on)) }
        #expect(last.outcome?.message?.hasPrefix("contended") == true)
    }
}
