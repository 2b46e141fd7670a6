import PowerEvents
import Shedding
import Site
import StrictJSON

/// What is frozen, by whom and until when, as JSON.
enum FreezeAnswer {
    /// - Returns: null where nothing is; else the widest freeze, and all of them
    static func json(_ freezes: Freezes, controls: Int) -> JSONValue {
        guard let first = freezes.all.first(where: \.isWhole) ?? freezes.all.first else { return .null }
        var object = object(of: first)
        object["scope"] = freezes.isWhole ? "all" : .string(freezes.all.map(\.scopeText).joined(separator: "; "))
        object["resources"] = .number(JSONNumber(freezes.resourceCount))
        object["controls"] = .number(JSONNumber(controls))
        object["freezes"] = .array(freezes.all.map { .object(Self.object(of: $0)) })
        return .object(object)
    }

    /// Of one resource.
    ///
    /// - Parameter freezes: that cover it
    /// - Returns: null where none does; else the widest of them, and all
    static func json(covering freezes: [Freeze]) -> JSONValue {
        guard let first = freezes.first(where: \.isWhole) ?? freezes.first else { return .null }
        var object = object(of: first)
        object["freezes"] = .array(freezes.map { .object(Self.object(of: $0)) })
        return .object(object)
    }

    private static func object(of freeze: Freeze) -> JSONObject {
        var object = JSONObject()
        object["scope"] = .string(freeze.scopeText)
        if let selection = freeze.scope?.selection {
            object["names"] = .array(selection.names.map(JSONValue.string))
            object["feeds"] = .array(selection.feeds.map(JSONValue.string))
            object["bmcs"] = .array(selection.bmcs.map(JSONValue.string))
        }
        object["user"] = freeze.user.map(JSONValue.string) ?? .null
        object["reason"] = freeze.reason.map(JSONValue.string) ?? .null
        object["since"] = freeze.since.milliseconds == 0 ? .null : .string(freeze.since.description)
        object["until"] = freeze.until.map { .string($0.description) } ?? .null
        return object
    }
}
