/// Makes histories of several agents: what befalls one, and among it what befalls them and the store that they share.
struct StandbyGenerator {
    private var random: SplitMix
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        random = SplitMix(seed: seed ^ 0x2545_F491_4F6C_DD1D)
    }

    mutating func make() -> History {
        var base = HistoryGenerator(seed: seed)
        var history = base.make()
        history.members = random.chance(70) ? 2 : 3
        history.hasShards = seed.isMultiple(of: 2)
        var moments: [History.Moment] = []
        for moment in history.moments {
            if Self.isOfOneAgent(moment.step) {
                moments.append(.init(after: moment.after, step: step()))
                continue
            }
            moments.append(moment)
            // In the middle of what was just begun.
            if random.chance(35) {
                let after = random.chance(70) ? Int.random(in: 0...1500, using: &random) : 8000
                moments.append(.init(after: after, step: step()))
            }
        }
        history.moments = moments
        return history
    }

    /// Clocks and disks that go wrong are what histories of one agent are about, and so is a journal that is brought back.
    private static func isOfOneAgent(_ step: HistoryStep) -> Bool {
        switch step {
        case .clockJump, .steadyJump, .badDisk, .slowDisk, .backup, .restoreBackup, .lyingDisk: true
        default: false
        }
    }

    private mutating func who() -> StandbyStep.Who {
        random.chance(75) ? .leader : .member(Int.random(in: 0...2, using: &random))
    }

    private mutating func step() -> HistoryStep {
        let seconds = random.pick([1, 2, 4, 8, 30])
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<15: return .standby(.kill(who(), downSeconds: random.pick([0, 1, 5, 40])))
        case 15..<25: return .standby(.pause(who(), seconds: seconds))
        case 25..<40:
            return .standby(.pauseLeader(after: Int.random(in: 0...60, using: &random), seconds: seconds))
        case 40..<52: return .standby(.cutFromStore(who(), seconds: seconds))
        case 52..<58: return .standby(.loseAnswers(who(), seconds: seconds))
        case 58..<63: return .standby(.cutFromBMCs(who(), seconds: seconds))
        case 63..<70: return .standby(.storeAway(seconds: random.pick([1, 3, 10, 60])))
        case 70..<75: return .standby(.slowStore(seconds: seconds))
        case 75..<82: return .standby(.yield)
        default:
            return .standby(
                .slowBMC(node: random.pick(HistorySite.nodes + HistorySite.trays), seconds: random.pick([5, 20, 60])))
        }
    }
}
