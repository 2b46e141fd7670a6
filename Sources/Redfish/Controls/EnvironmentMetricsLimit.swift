import StrictJSON

/// `EnvironmentMetrics.PowerLimitWatts` of a chassis or processor (DSP2046, EnvironmentMetrics).
enum EnvironmentMetricsLimit: PowerLimitDialect {
    static let name = "environment-metrics"

    static func reading(in document: JSONValue, member: String?) -> LimitReading? {
        guard let control = document["PowerLimitWatts"], control.object != nil else { return nil }
        return SetPointFragment.reading(control)
    }

    static func body(settingWatts watts: Int, in document: JSONValue, member: String?) -> JSONValue {
        let control = document["PowerLimitWatts"] ?? .null
        return ["PowerLimitWatts": .object(SetPointFragment.members(settingWatts: watts, in: control))]
    }

    static func body(restoring fragment: JSONValue, in document: JSONValue, member: String?) -> JSONValue {
        let control = document["PowerLimitWatts"] ?? .null
        return ["PowerLimitWatts": .object(SetPointFragment.members(restoring: fragment, in: control))]
    }
}
