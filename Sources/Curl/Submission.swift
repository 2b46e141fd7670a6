/// A request that waits for its turn on a worker.
struct Submission: Sendable {
    let id: UInt64
    let request: HTTPRequest
    let origin: String
    let continuation: CheckedContinuation<HTTPResponse, any Error>

    /// Lower numbers first; within one, first come first served.
    func precedes(_ other: Submission) -> Bool {
        (request.priority, id) < (other.request.priority, other.id)
    }

    func fail(_ kind: CurlError.Kind, _ message: String) {
        continuation.resume(
            throwing: CurlError(kind: kind, url: request.url, message: message, mayHaveBeenObeyed: false))
    }
}
