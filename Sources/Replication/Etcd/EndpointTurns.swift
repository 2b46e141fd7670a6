import StrictJSON

/// Asks one member after the other, until one answers.
struct EndpointTurns: Sendable {
    private let endpoints: [EtcdEndpoint]

    init(_ endpoints: [EtcdEndpoint]) { self.endpoints = endpoints }

    func each(_ ask: (EtcdEndpoint) async throws -> JSONValue) async throws -> JSONValue {
        var last: any Error = CancellationError()
        for endpoint in endpoints {
            do { return try await ask(endpoint) } catch let error as EtcdError where error.isTransient { last = error }
        }
        throw last
    }
}
