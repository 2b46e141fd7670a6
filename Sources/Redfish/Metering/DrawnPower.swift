import PowerEvents
import StrictJSON

/// The power that a machine draws, as far as the resource of its limit tells. For comparing, not for measuring.
enum DrawnPower {
    static func shown(in document: JSONValue, at place: Locator) -> Watts? {
        let texts: [JSONValue?]
        switch ControlDialects.named(place.dialect)?.shape {
        case .power?:
            let member = PowerControlLimit.control(in: document, member: place.member)
            texts = [member?["PowerConsumedWatts"], member?["PowerMetrics", "MaxConsumedWatts"]]
        case .environmentMetrics?:
            texts = [document["PowerLimitWatts", "Reading"], document["PowerWatts", "Reading"]]
        case .control?: texts = [document["Sensor", "Reading"]]
        case .dellAttributes?, .hpeAccelerators?, .processor?, .system?, .nodeManager?, nil: texts = []
        }
        return texts.compactMap { RedfishNumber.positiveWatts($0) }.max()
    }
}
