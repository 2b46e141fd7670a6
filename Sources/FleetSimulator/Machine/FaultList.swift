/// The faults of one BMC, and how often each has met a request.
struct FaultList {
    var all: Set<Fault> = [] {
        didSet { met = met.filter { all.contains($0.key) } }
    }
    private var met: [Fault: Int] = [:]

    /// The faults that a request meets now. Counted by this.
    mutating func meeting(method: String, path: String, isLogin: Bool) -> [Fault.Kind] {
        var kinds: [Fault.Kind] = []
        for fault in all where fault.concerns(method: method, path: path, isLogin: isLogin) {
            let count = met[fault, default: 0]
            met[fault] = count + 1
            if count >= fault.skip, count - fault.skip < fault.times ?? .max { kinds.append(fault.kind) }
        }
        return kinds
    }

    /// How many requests a fault has met.
    func met(_ fault: Fault) -> Int { met[fault, default: 0] }

    func has(_ kind: Fault.Kind) -> Bool { all.contains { $0.kind == kind } }

    var shutdownSeconds: Double? {
        all.compactMap { if case .slowShutdown(let seconds) = $0.kind { seconds } else { nil } }.first
    }
}
