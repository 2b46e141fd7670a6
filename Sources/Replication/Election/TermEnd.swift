/// Why a member leads no more.
public enum TermEnd: Sendable, Hashable, CustomStringConvertible {
    /// The lease was lost: etcd said so, or somebody else leads.
    case lost(String)
    /// It was ended by its owner, to stop or to hand over.
    case ended

    public var description: String {
        switch self {
        case .lost(let reason): "the lease is lost: \(reason)"
        case .ended: "ended"
        }
    }
}
