import Curl

/// How the descriptors that a process may have are shared out among its connections to BMCs.
///
/// They must never be used up: libdispatch ends a process that has none left.
extension HTTPClientPool.Configuration {
    /// This configuration, within what the system allows.
    ///
    /// Connections that are not kept have room for as many BMCs as are spoken to at once, and up to a second after it.
    ///
    /// - Parameter room: for as many connections there are descriptors
    func fitted(room: Int = ProcessLimits.connections) -> Self {
        var pool = self
        pool.maximumConnections = min(maximumConnections, room - min(room / 2, 4096))
        pool.maximumPassing = room - pool.maximumConnections
        pool.maximumInFlight = min(maximumInFlight, room)
        return pool
    }
}
