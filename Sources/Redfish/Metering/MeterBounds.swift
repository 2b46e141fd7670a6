import PowerEvents
import Site

/// What is past any machine that there is, so that it is no measurement.
enum MeterBounds {
    static func most(_ type: ResourceType) -> Watts {
        switch type {
        case .gpu: Watts(20_000)
        case .node: Watts(1_000_000)
        case .chassis: Watts(10_000_000)
        }
    }
}
