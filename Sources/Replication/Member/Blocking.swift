import Foundation

/// What waits for a disk or for the log, away from the threads that tasks share.
enum Blocking {
    private static let queue = DispatchQueue(
        label: "journal of several agents", qos: .userInitiated, attributes: .concurrent)

    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
