import Shedding
import StrictJSON

/// The power limit Control of Lenovo XCC: `Manual` is the mode that is on, and a set point of null turns it off. A
/// number together with `Disabled`, or null together with `Manual`, is a conflict there.
enum LenovoControl: ControlDialect {
    static let name = "lenovo-control"
    static let shape = ControlShape.control

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        document["Oem", "Lenovo"]?.object == nil ? nil : StandardControl.objection(to: document, at: place)
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard document["Oem", "Lenovo"]?.object != nil, StandardControl.isPowerInWatts(document) else { return nil }
        return SetPointFragment.reading(document)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        if case .restore(let fragment) = change, fragment["SetPoint"]?.isNull ?? true {
            return .change([ControlRequest(["SetPoint": .null])])
        }
        return SetPointFragment.members(change, in: document, modes: ["Manual", "Automatic"])
            .map { .change([ControlRequest($0)]) }
    }
}
