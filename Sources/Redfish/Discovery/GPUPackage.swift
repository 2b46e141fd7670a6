import PowerEvents
import StrictJSON

/// The GPUs that share one accelerator and so its power limit, as those of a multi-chip module do.
///
/// HPE Cray EX shows the eight dies of four accelerators as `GPU0` to `GPU7`, each under the name of the first die of its
/// package: `GPU 0`, `GPU 0`, `GPU 2`, `GPU 2`, … A GPU goes to the accelerator of its package or nowhere.
struct GPUPackage: Sendable, Hashable {
    struct Die: Sendable, Hashable {
        let uri: String
        /// The number that its Id ends with.
        let number: Int?
        /// The number in a name such as `GPU 2`.
        let named: Int?
        let isOfSeveral: Bool

        init(_ uri: String, _ json: JSONValue) {
            self.uri = uri
            number = AcceleratorName.trailingNumber(Links.lastComponent(uri))
            named = (json["Name"]?.string).flatMap(AcceleratorName.ofGPU)
            isOfSeveral = json["Model"]?.string?.contains("(MCM)") ?? false
        }
    }

    static let unknown = GPUPackage(accelerator: nil, processors: [])

    /// Its number; nil where what the GPUs are called does not tell.
    let accelerator: Int?
    /// The GPUs in it.
    let processors: [String]

    private init(accelerator: Int?, processors: [String]) {
        self.accelerator = accelerator
        self.processors = processors
    }

    /// - Parameters:
    ///   - all: the GPUs of the system, this one among them
    ///   - accelerators: the numbers of those that have a limit
    init(of die: Die, among all: [Die], accelerators: Set<Int>) {
        let byName = Dictionary(grouping: all.filter { $0.named != nil }) { $0.named ?? 0 }
        let dies = byName.values.map(\.count).max() ?? 1
        guard let number = die.number else {
            self = .unknown
            return
        }
        var accelerator: Int?
        if dies > 1 {
            if let first = die.named, first % dies == 0, first <= number, number - first < dies {
                accelerator = first / dies
            }
        } else if die.isOfSeveral {
            // The first die of the first package is in it, however many there are.
            accelerator = number == 0 ? 0 : nil
        } else if all.count <= accelerators.count {
            accelerator = number
        }
        let shared = dies > 1 ? die.named.flatMap { byName[$0] }?.map(\.uri) : nil
        self.init(
            accelerator: accelerator.flatMap { accelerators.contains($0) ? $0 : nil }, processors: shared ?? [die.uri])
    }

    /// Whether what is related to these limits the processor, and nothing beyond its package.
    func isLimited(_ related: [String], _ processor: String) -> Bool {
        guard Links.contains(related, processor) else { return false }
        let own = Set(processors.map(Links.canonical))
        return related.count == 1 || related.allSatisfy { own.contains(Links.canonical($0)) }
    }
}

/// Numbers in what accelerators and GPUs are called.
enum AcceleratorName {
    /// More than any machine has; whoever calls one otherwise has not numbered it.
    private static let numbers = 0...4095

    /// Of `Accelerator0PowerLimit`, `Accelerator0` or `Accelerator0 Power Limit`.
    static func number(_ name: String) -> Int? {
        guard name.hasPrefix("Accelerator") else { return nil }
        let digits = name.dropFirst("Accelerator".count).prefix { $0.isASCII && $0.isNumber }
        let rest = name.dropFirst("Accelerator".count + digits.count).filter { $0 != " " }
        guard rest.isEmpty || rest.hasPrefix("Power") else { return nil }
        return Int(digits, in: numbers)
    }

    /// Of `GPU 2` or `Accelerator 2`, and of nothing longer: other names end with numbers of other things.
    static func ofGPU(_ name: String) -> Int? {
        let plain = name.lowercased().filter { $0 != " " && $0 != "_" }
        for word in ["gpu", "accelerator"] where plain.hasPrefix(word) {
            return Int(plain.dropFirst(word.count), in: numbers)
        }
        return nil
    }

    static func trailingNumber(_ id: String) -> Int? {
        Int(String(id.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()), in: numbers)
    }
}
