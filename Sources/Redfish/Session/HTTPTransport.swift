public import Curl

/// Whatever carries requests to BMCs: the worker pool, or a test's stand-in.
public protocol HTTPTransport: Sendable {
    func send(_ request: HTTPRequest) async throws -> HTTPResponse
}

extension HTTPClientPool: HTTPTransport {}
