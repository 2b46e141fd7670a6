public import StrictJSON

/// How a cap in watts on a resource would be met.
public enum CapPath: Sendable, Hashable, CustomStringConvertible {
    /// By a control of its own.
    case own(uri: String)
    /// By the one control for all of its GPUs, after taking off what the rest of the node draws.
    case gpuTotal(uri: String)
    /// By a budget over so many of its GPUs that are in the inventory, each by its own control.
    case gpus(Int, of: Int)
    /// By a policy of this agent's own in its Node Manager.
    case nodeManager(uri: String)
    case nothing(reason: String)

    public var description: String {
        switch self {
        case .own: "its own control"
        case .gpuTotal(let uri): "a budget for its GPUs, by \(uri)"
        case .gpus(let count, let all) where count == all: "a budget over its \(all) GPU\(all == 1 ? "" : "s")"
        case .gpus(let count, let all): "a budget over \(count) of its \(all) GPUs"
        case .nodeManager(let uri): "a policy of this agent in \(uri)"
        case .nothing(let reason): "nothing: \(reason)"
        }
    }

    /// What programs know it by.
    public var name: String {
        switch self {
        case .own: "own"
        case .gpuTotal: "gpu_total"
        case .gpus: "gpus"
        case .nodeManager: "node_manager"
        case .nothing: "none"
        }
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["kind"] = .string(name)
        switch self {
        case .own(let uri), .gpuTotal(let uri), .nodeManager(let uri): object["control"] = .string(uri)
        case .gpus(let count, let all):
            object["gpus"] = .number(JSONNumber(count))
            object["of"] = .number(JSONNumber(all))
        case .nothing(let reason): object["reason"] = .string(reason)
        }
        return .object(object)
    }
}
