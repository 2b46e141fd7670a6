import Curl
import Foundation
import Shedding

extension AgentConfiguration {
    /// With answers after 200 ms, as many as one core takes on in the time of one.
    private static let slotsPerCore = 512
    /// A first look takes a good dozen answers; of 200 ms each, these are a hundred BMCs a second on a core.
    private static let visitsPerCore = 256

    /// How much is done at once on this machine.
    var bounds: Bounds {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return Bounds(
            slots: min(pool.maximumInFlight, Self.slotsPerCore * cores), visits: Self.visitsPerCore * cores,
            slotsPerBMC: pool.connectionsPerOrigin, patrolEvery: patrolEvery)
    }
}
