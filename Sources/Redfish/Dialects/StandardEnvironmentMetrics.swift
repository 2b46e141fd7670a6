import Shedding
import StrictJSON

/// `EnvironmentMetrics.PowerLimitWatts` of a chassis or processor (DSP2046, EnvironmentMetrics), as upstream OpenBMC
/// and others have it.
enum StandardEnvironmentMetrics: ControlDialect {
    static let name = "environment-metrics"
    static let shape = ControlShape.environmentMetrics

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        guard let control = document["PowerLimitWatts"], control.object != nil else { return nil }
        return SetPointFragment.objection(control)
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard let control = document["PowerLimitWatts"], control.object != nil else { return nil }
        return SetPointFragment.reading(control)
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        SetPointFragment.members(change, in: document["PowerLimitWatts"] ?? .null)
            .map { .change([ControlRequest($0.map { ["PowerLimitWatts": $0] })]) }
    }
}
