import PowerEvents

/// Makes histories: two or three breaches that overlap, and everything that can go wrong around them.
struct HistoryGenerator {
    private var random: SplitMix
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        random = SplitMix(seed: seed)
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
        }
        return History(seed: seed, moments: moments)
    }

    private mutating func chaos(_ breaches: [Int]) -> History.Moment {
        let after =
            random.chance(50) ? Int.random(in: 0...600, using: &random) : Int.random(in: 0...20_000, using: &random)
        return .init(after: after, step: step(breaches))
    }

    private mutating func step(_ breaches: [Int]) -> HistoryStep {
        let breach = random.pick(breaches)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<44:
            let status: BreachAlert.Status =
                random.chance(12) ? .resolved : random.chance(60) ? .active : .escalated
            return .alert(
                breach: breach, status, isCritical: random.chance(50), status == .resolved ? [] : hints(),
                delivery(mayBeLost: true))
        case 44..<58:
            return .crash(after: Int.random(in: 0...40, using: &random), downSeconds: random.pick([0, 1, 5, 45]))
        case 58..<66:
            return .foreignLimit(
                random.pick(HistorySite.nodes + HistorySite.gpus), watts: random.pick([nil, 150, 300, 450, 800, 1000]))
        case 66..<70: return .foreignPower(random.pick(HistorySite.nodes), isOn: random.chance(50))
        case 70..<74: return .reboot(random.pick(HistorySite.nodes))
        case 74..<86:
            return .fault(
                node: random.pick(HistorySite.nodes), random.pick(HistoryStep.FaultKind.allCases),
                seconds: random.pick([1, 5, 20, 90]))
        case 86..<89: return .clockJump(seconds: random.pick([-7200, -60, -5, 5, 60, 7200]))
        case 89..<91: return .freeze
        case 91..<93: return .thaw
        case 93..<94: return .operatorRelease(breach: breach)
        case 94..<97: return .badDisk(seconds: random.pick([1, 5, 30]))
        default: return .brokerDown(seconds: random.pick([1, 10, 60]))
        }
    }

    private mutating func delivery(mayBeLost: Bool) -> HistoryStep.Delivery {
        var delivery = HistoryStep.Delivery()
        if mayBeLost, random.chance(8) { delivery.copies = 0 } else if random.chance(15) { delivery.copies = 2 }
        if random.chance(20) { delivery.delay = random.pick([50, 700, 5000, 40_000]) }
        return delivery
    }

    private mutating func hints() -> [ShedHint] {
        (0..<Int.random(in: 0...5, using: &random)).map { _ in hint() }
    }

    private mutating func hint() -> ShedHint {
        let priority = Int.random(in: 1...3, using: &random)
        if random.chance(4) {
            return ShedHint(resourceID: "nobody", resourceType: .node, action: .powerCap, priority: priority)
        }
        if random.chance(6) {
            return ShedHint(
                resourceID: "rack", resourceType: .chassis, action: random.pick([.suspend, .throttle]),
                priority: priority)
        }
        let isGPU = random.chance(45)
        let action: ShedAction = random.pick([.powerCap, .powerCap, .powerCap, .throttle, .suspend])
        let target: Int? = action == .powerCap && random.chance(85) ? random.pick([100, 250, 400, 600, 900]) : nil
        return ShedHint(
            resourceID: isGPU ? random.pick(HistorySite.gpus) : random.pick(HistorySite.nodes),
            resourceType: isGPU ? .gpu : .node, action: action, priority: priority,
            targetPower: target.map { PowerQuantity(watts: Watts($0), unit: .watt) })
    }
}
