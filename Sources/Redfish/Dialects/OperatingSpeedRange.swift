import Shedding
import StrictJSON

/// `Processor.OperatingSpeedRangeMHz` (DSP2046, Processor): its upper bound limits the clock.
enum OperatingSpeedRange: ControlDialect {
    static let name = "operating-speed-range"
    static let shape = ControlShape.processor
    static let patience: Duration? = NVIDIAEnvironmentMetrics.deviceWait

    static func objection(to document: JSONValue, at place: Locator) -> String? {
        document["OperatingSpeedRangeMHz"].flatMap(SettingMaxFragment.objection)
    }

    static func reading(in document: JSONValue, at place: Locator) -> Reading? {
        guard let range = document["OperatingSpeedRangeMHz"], range["SettingMax"] != nil else { return nil }
        return SettingMaxFragment.reading(
            range, minimum: range["AllowableMin"] ?? document["MinSpeedMHz"],
            maximum: range["AllowableMax"] ?? document["MaxSpeedMHz"])
    }

    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep? {
        let range = document["OperatingSpeedRangeMHz"]
        return SettingMaxFragment.member(change, maximum: range?["AllowableMax"] ?? document["MaxSpeedMHz"])
            .map { .change([ControlRequest(["OperatingSpeedRangeMHz": $0])]) }
    }
}
