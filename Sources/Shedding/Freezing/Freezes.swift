import PowerEvents
public import Site

/// What operators have frozen. Durable: a restart thaws nothing.
public struct Freezes: Sendable {
    /// Those in force, in the order in which they were asked for.
    public private(set) var all: [Freeze]
    /// What each of them comes to at the present site.
    private var coverages: [Coverage] = []
    /// How many resources with a BMC are frozen.
    public private(set) var resourceCount = 0

    /// More at once than operators can keep track of.
    public static let most = 100

    private struct Coverage: Sendable {
        let scope: FreezeCoverage?
        let exceptions: [FreezeCoverage]

        init(_ freeze: Freeze, at site: Site) {
            scope = freeze.scope.map { FreezeCoverage($0, at: site) }
            exceptions = freeze.exceptions.map { FreezeCoverage($0, at: site) }
        }

        func contains(_ resource: String, at bmc: BMC.Address?) -> Bool {
            (scope?.contains(resource, at: bmc) ?? true)
                && !exceptions.contains { $0.contains(resource, at: bmc) }
        }
    }

    init(_ all: [Freeze] = [], at site: Site) {
        self.all = all
        resolve(at: site)
    }

    public var isEmpty: Bool { all.isEmpty }

    /// Whether nothing may be written anywhere.
    public var isWhole: Bool { all.contains(where: \.isWhole) }

    /// When the next one ends by itself; nil where none does.
    var nextEnd: Timestamp? { all.compactMap(\.until).min() }

    /// - Parameter bmc: where the resource is reached; nil where it has none
    public func contains(_ resource: String, at bmc: BMC.Address?) -> Bool {
        coverages.contains { $0.contains(resource, at: bmc) }
    }

    /// Those that cover a resource, in the order in which they were asked for.
    ///
    /// - Parameter bmc: where the resource is reached; nil where it has none
    public func covering(_ resource: String, at bmc: BMC.Address?) -> [Freeze] {
        zip(all, coverages).filter { $0.1.contains(resource, at: bmc) }.map(\.0)
    }

    /// The inventory was read again, or a freeze came or went.
    mutating func resolve(at site: Site) {
        coverages = all.map { Coverage($0, at: site) }
        let isAny = !coverages.isEmpty
        resourceCount =
            isAny ? site.resources.values.count { $0.bmc != nil && contains($0.id, at: $0.bmc?.address) } : 0
    }

    /// - Returns: whether there was room for it
    mutating func add(_ freeze: Freeze, at site: Site) -> Bool {
        var others = all.filter { !$0.isReplaced(by: freeze) }
        guard others.count < Self.most else { return false }
        others.append(freeze)
        self = Freezes(others, at: site)
        return true
    }

    /// Ends what lies in a scope; of what lies in it in part, that part.
    ///
    /// - Parameter scope: nil for everything
    /// - Returns: whether anything of it was frozen
    mutating func remove(_ scope: FreezeScope?, at site: Site) -> Bool {
        guard let scope else {
            defer { self = Freezes(at: site) }
            return !isEmpty
        }
        let thawed = FreezeCoverage(scope, at: site)
        var left: [Freeze] = []
        var isAny = false
        for (freeze, coverage) in zip(all, coverages) {
            var freeze = freeze
            let frozen = site.resources.values.filter { coverage.contains($0.id, at: $0.bmc?.address) }
            let hit = frozen.count { thawed.contains($0.id, at: $0.bmc?.address) }
            let isSame = freeze.scope?.selection == scope.selection
            if isSame || (freeze.scope != nil && hit == frozen.count && hit > 0) {
                isAny = true
                continue
            }
            if hit > 0 {
                isAny = true
                if !freeze.exceptions.contains(scope) { freeze.exceptions.append(scope) }
            }
            left.append(freeze)
        }
        self = Freezes(left, at: site)
        return isAny
    }

    /// Takes out those that are over.
    mutating func takeEnded(_ now: Timestamp, at site: Site) -> [Freeze] {
        guard let next = nextEnd, next <= now else { return [] }
        let ended = all.filter { $0.until.map { $0 <= now } ?? false }
        self = Freezes(all.filter { !ended.contains($0) }, at: site)
        return ended
    }
}
