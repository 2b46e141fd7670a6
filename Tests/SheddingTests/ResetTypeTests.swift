import PowerEvents
import Testing

@testable import Shedding

struct ResetTypeTests {
    @Test(arguments: ["Suspend", "Pause", "GracefulShutdown", "Off", "ForceOff", "On", "ForceOn", "Resume", "Nmi", ""])
    func keepsTheSpellingOfTheBMC(spelling: String) {
        let type = ResetType(rawValue: spelling)
        #expect(type.rawValue == spelling)
        #expect("\(type)" == spelling)
        let isOther = if case .other = type { true } else { false }
        #expect(isOther == ["Nmi", ""].contains(spelling))
    }

    /// HPE Cray EX says `Off` for a graceful shutdown, beside its `ForceOff`.
    @Test func aGracefulShutdownIsCalledOffBySome() {
        #expect(ResetType.gracefulShutdown.asOffered(among: ["On", "Off", "ForceOff"]) == .off)
        #expect(ResetType.gracefulShutdown.asOffered(among: ["Off", "GracefulShutdown"]) == .gracefulShutdown)
        #expect(!ResetType.gracefulShutdown.isOffered(among: ["On", "ForceOff", "PushPowerButton"]))
        #expect(!ResetType.forceOff.isOffered(among: ["Off"]))
    }

    /// Nothing of ours went out: what is waited for is no write, and the words say so.
    @Test func aShutdownThatIsUnderWayIsWaitedFor() {
        var drive = ConvergenceTests.Drive(.demands([.suspended]), entry: Fixture.entry("n1", .powerState))
        drive.run { _ in .success(Fixture.power(.poweringOff)) }
        #expect(drive.outcome?.code == .failed)
        #expect(drive.outcome?.message == "still PoweringOff at the deadline")
        #expect(drive.steps.allSatisfy { $0 == "read" })
    }
}
