import Synchronization

/// How much has come that nobody has taken yet.
final class UntakenBytes: Sendable {
    private let most: Int
    private let count = Atomic<Int>(0)

    init(most: Int) { self.most = most }

    /// - Returns: whether more may come
    func add(_ bytes: Int) -> Bool { count.wrappingAdd(bytes, ordering: .relaxed).newValue <= most }

    func take(_ bytes: Int) { count.wrappingSubtract(bytes, ordering: .relaxed) }
}
