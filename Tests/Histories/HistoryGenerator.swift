import PowerEvents
import Shedding

/// Makes histories: two or three breaches that overlap, and everything that can go wrong around them.
struct HistoryGenerator {
    private var random: SplitMix
    /// Of what is frozen, so that everything else of a seed stays what it was before there were parts.
    private var partRandom: SplitMix
    /// Of what is released without delay, for the same reason.
    private var hurryRandom: SplitMix
    /// Of drills, of the rest of the policy, and of very large alerts, for the same reason.
    private var lateRandom: SplitMix
    /// Of disks that lie, for the same reason.
    private var lieRandom: SplitMix
    /// Of what may be asked for, for the same reason.
    private var boundRandom: SplitMix
    private let seed: UInt64
    /// Whether there is something that is met by budgets, which then meets with most of what happens.
    private let hasTrays: Bool
    private let nodes: [String]
    private let gpus: [String]

    /// Of so many histories one has trays.
    private static let traysEvery: UInt64 = 3

    init(seed: UInt64) {
        self.seed = seed
        hasTrays = seed % Self.traysEvery == 0
        nodes = HistorySite.nodes + (hasTrays ? HistorySite.trays + HistorySite.trays : [])
        gpus = HistorySite.gpus + (hasTrays ? HistorySite.trayGPUs + HistorySite.trayGPUs : [])
        random = SplitMix(seed: seed)
        partRandom = SplitMix(seed: ~seed)
        hurryRandom = SplitMix(seed: ~seed ^ 0x5A5A)
        lateRandom = SplitMix(seed: ~seed ^ 0xC3C3)
        lieRandom = SplitMix(seed: ~seed ^ 0x11E5)
        boundRandom = SplitMix(seed: ~seed ^ 0xB0B0)
    }

    mutating func make() -> History {
        var moments: [History.Moment] = []
        let breaches = Array(1...Int.random(in: 1...3, using: &random))
        for _ in 0..<Int.random(in: 3...9, using: &random) { moments.append(chaos(breaches)) }
        if random.chance(60) {
            moments.append(.init(after: 1000, step: .calm))
            for _ in 0..<Int.random(in: 1...5, using: &random) { moments.append(chaos(breaches)) }
        }
        for breach in breaches {
            moments.append(
                .init(
                    after: Int.random(in: 0...8000, using: &random),
                    step: .alert(breach: breach, .resolved, isCritical: false, [], delivery(mayBeLost: false))))
            if random.chance(40) { moments.append(chaos(breaches)) }
            if hurryRandom.chance(10) { moments.append(hurry(breach)) }
        }
        if lateRandom.chance(10) { moments.insert(contentsOf: rehearsal(), at: 0) }
        if lateRandom.chance(5) {
            // When all is over.
            moments.append(.init(after: 1000, step: .calm))
            moments += rehearsal()
        }
        return History(seed: seed, moments: moments, hasTrays: hasTrays)
    }

    /// An operator rehearses, and something may come between.
    private mutating func rehearsal() -> [History.Moment] {
        let names = nodes + gpus + ["rack"] + (hasTrays ? [HistorySite.trayRack, "mixed", "row"] : [])
        let drill = HistoryStep.drill(
            (0..<Int.random(in: 1...3, using: &lateRandom)).map { _ in lateRandom.pick(names) },
            percent: lateRandom.pick([30, 50, 80]), seconds: lateRandom.pick([1, 10, 60]))
        var moments = [History.Moment(after: Int.random(in: 0...500, using: &lateRandom), step: drill)]
        if lateRandom.chance(30) {
            let crash = HistoryStep.crash(
                after: Int.random(in: 0...40, using: &lateRandom), downSeconds: lateRandom.pick([0, 5]))
            moments.append(.init(after: Int.random(in: 0...3000, using: &lateRandom), step: crash))
        }
        if lateRandom.chance(30) {
            moments.append(.init(after: Int.random(in: 0...90_000, using: &lateRandom), step: .calm))
        }
        return moments
    }

    private mutating func chaos(_ breaches: [Int]) -> History.Moment {
        let after =
            random.chance(50) ? Int.random(in: 0...600, using: &random) : Int.random(in: 0...20_000, using: &random)
        return .init(after: after, step: step(breaches))
    }

    private mutating func step(_ breaches: [Int]) -> HistoryStep {
        let breach = random.pick(breaches)
        if hasTrays, random.chance(8) { return load() }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40:
            let status: BreachAlert.Status =
                random.chance(12) ? .resolved : random.chance(60) ? .active : .escalated
            return .alert(
                breach: breach, status, isCritical: random.chance(50), status == .resolved ? [] : hints(),
                delivery(mayBeLost: true))
        case 40..<52:
            let after = Int.random(in: 0...40, using: &random)
            let seconds = random.pick([0, 1, 5, 45])
            return lieRandom.chance(10)
                ? .lyingDisk(after: after, downSeconds: seconds) : .crash(after: after, downSeconds: seconds)
        case 52..<60: return somebodyElse()
        case 60..<75:
            return .fault(
                node: random.pick(nodes), random.pick(HistoryStep.FaultKind.allCases),
                seconds: random.pick([1, 5, 20, 90]))
        case 75..<81: return machine()
        case 81..<84: return clock()
        case 84..<86: return freeze()
        case 86..<88: return partRandom.chance(75) ? .thaw : .thawPart(part())
        case 88..<89: return .operatorRelease(breach: breach, isHurried: hurryRandom.chance(50))
        case 89..<92: return disk()
        case 92..<94: return .brokerDown(seconds: random.pick([1, 10, 60]))
        case 94..<97: return reload()
        default: return broker(breach)
        }
    }

    private mutating func somebodyElse() -> HistoryStep {
        let limits: [Int?] = [nil, 150, 300, 450, 800, 1000]
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<8: return .foreignLimit(random.pick(nodes + gpus), watts: random.pick(limits))
        case 8..<12: return .foreignPower(random.pick(nodes), isOn: random.chance(50))
        case 12:
            return .contention(
                random.pick(["n1", "n2", "n4", "n2-gpu0"]), watts: 950, times: Int.random(in: 2...9, using: &random))
        default: return .reboot(random.pick(nodes))
        }
    }

    /// What becomes of machines and their BMCs. Who is told apart by an identity must have one, and whose address changes.
    private mutating func machine() -> HistoryStep {
        switch Int.random(in: 0..<8, using: &random) {
        case 0..<3: .move(random.pick(nodes + gpus))
        case 3..<5: .exchange(node: random.pick(["n2", "n3"]))
        case 5: .spelling(node: random.pick(["n4", "store"]), random.pick([.absent, .zeros]))
        default: .spelling(node: random.pick(nodes), random.pick([.plain, .shouting, .padded]))
        }
    }

    /// What lets go already is not to wait any longer.
    private mutating func hurry(_ breach: Int) -> History.Moment {
        .init(
            after: Int.random(in: 0...12_000, using: &hurryRandom),
            step: .operatorRelease(breach: breach, isHurried: true))
    }

    private mutating func freeze() -> HistoryStep {
        if partRandom.chance(40) { return .freeze }
        return .freezePart(part(), seconds: partRandom.pick([nil, 2, 20, 90]))
    }

    private mutating func part() -> String {
        partRandom.pick(["rack", "n1", "n2", "n2-gpu0", "n3", "store", "main-b"])
    }

    private mutating func clock() -> HistoryStep {
        random.chance(70)
            ? .clockJump(seconds: random.pick([-7200, -60, -5, 5, 60, 7200]))
            : .steadyJump(seconds: random.pick([1, 20, 600]))
    }

    private mutating func disk() -> HistoryStep {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: .badDisk(seconds: random.pick([1, 5, 30]))
        case 5..<7: .slowDisk(seconds: random.pick([5, 30]))
        case 7..<9: .backup
        default: .restoreBackup
        }
    }

    private mutating func reload() -> HistoryStep {
        switch Int.random(in: 0..<4, using: &random) {
        case 0..<2: return .reloadSite(random.pick(HistorySite.Variant.allCases))
        case 2:
            let variant = Int.random(in: 0...2, using: &random)
            return .reloadPolicy(lateRandom.chance(30) ? 3 : boundRandom.chance(25) ? 4 : variant)
        default: return .reloadMode(random.pick([.observe, .enforce]))
        }
    }

    private mutating func broker(_ breach: Int) -> HistoryStep {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: return .foreignResolved(breach: breach)
        case 5..<9: return .flood(breaches: Int.random(in: 1...10, using: &random))
        default:
            let hints = hints()
            let few = Int.random(in: 257...300, using: &random)
            let many = lateRandom.chance(2) ? Int.random(in: 300...20_000, using: &lateRandom) : few
            return .largeAlert(breach: breach, hints, unknown: many)
        }
    }

    private mutating func delivery(mayBeLost: Bool) -> HistoryStep.Delivery {
        var delivery = HistoryStep.Delivery()
        if mayBeLost, random.chance(8) { delivery.copies = 0 } else if random.chance(15) { delivery.copies = 2 }
        if random.chance(20) { delivery.delay = random.pick([50, 700, 5000, 40_000]) }
        if random.chance(10) { delivery.skew = random.pick([-9000, -200, 200]) }
        delivery.isForged = delivery.copies > 1 && random.chance(50)
        return delivery
    }

    private mutating func hints() -> [ShedHint] {
        (0..<Int.random(in: 0...5, using: &random)).map { _ in hint() }
    }

    /// What machines draw.
    private mutating func load() -> HistoryStep {
        random.chance(50)
            ? .rest(node: random.pick(HistorySite.trays), watts: random.pick([100, 200, 400, 500]))
            : .workload(
                random.pick(HistorySite.trayGPUs + ["n1", "n4"]), watts: random.pick([0, 150, 500, 900, 1200]))
    }

    /// Of something that is met through what is inside.
    private mutating func budgetHint(_ priority: Int) -> ShedHint {
        let (name, type, targets): (String, ResourceType, [Int]) = random.pick([
            ("t1", .node, [450, 700, 1000, 1400]), ("t2", .node, [450, 700, 1000, 1400]),
            (HistorySite.trayRack, .chassis, [900, 1400, 2000, 2600]), ("mixed", .chassis, [900, 1300, 1700]),
            ("row", .chassis, [1500, 2200, 3200]), ("rack", .chassis, [1200, 2000, 3000]),
        ])
        let action: ShedAction =
            random.chance(75) ? .powerCap : name == "rack" ? .powerCap : random.pick([.throttle, .suspend, .powerCap])
        let target = action == .powerCap && random.chance(90) ? random.pick(targets) : nil
        return ShedHint(
            resourceID: name, resourceType: type, action: action, priority: priority,
            targetPower: target.map { PowerQuantity(watts: Watts($0), unit: .watt) })
    }

    private mutating func hint() -> ShedHint {
        let priority = Int.random(in: 1...3, using: &random)
        if hasTrays, random.chance(50) { return budgetHint(priority) }
        if random.chance(4) {
            return ShedHint(resourceID: "nobody", resourceType: .node, action: .powerCap, priority: priority)
        }
        if random.chance(6) {
            return ShedHint(
                resourceID: "rack", resourceType: .chassis, action: random.pick([.suspend, .throttle]),
                priority: priority)
        }
        if random.chance(5) {
            return ShedHint(
                resourceID: HistorySite.board, resourceType: .chassis, action: .powerCap, priority: priority,
                targetPower: PowerQuantity(watts: Watts(random.pick([300, 500, 700])), unit: .watt))
        }
        let isGPU = random.chance(45)
        let action: ShedAction = random.pick([.powerCap, .powerCap, .powerCap, .throttle, .suspend])
        let target: Int? = action == .powerCap && random.chance(85) ? random.pick([100, 250, 400, 600, 900]) : nil
        return ShedHint(
            resourceID: isGPU ? random.pick(gpus) : random.pick(nodes),
            resourceType: isGPU ? .gpu : .node, action: action, priority: priority,
            targetPower: target.map { PowerQuantity(watts: Watts($0), unit: .watt) })
    }
}
