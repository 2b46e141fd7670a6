import COpenSSL

/// A refusal by OpenSSL: what was tried, and what the library said.
public struct OpenSSLError: Error, Sendable, CustomStringConvertible {
    public let operation: String
    /// The library's own words, oldest first; empty where it left none.
    public let reasons: [String]

    public init(operation: String, reasons: [String] = []) {
        self.operation = operation
        self.reasons = reasons
    }

    public var description: String {
        reasons.isEmpty ? "\(operation) failed" : "\(operation) failed: \(reasons.joined(separator: "; "))"
    }

    /// Takes what this thread's error queue holds, and leaves the queue empty for the next call.
    static func draining(_ operation: String) -> OpenSSLError {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            var buffer = [CChar](repeating: 0, count: 256)
            ERR_error_string_n(code, &buffer, buffer.count)
            reasons.append(String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        return OpenSSLError(operation: operation, reasons: reasons)
    }

    /// Runs calls of which one may fail, with an error queue that is clean before and after.
    static func checking<Result>(_ operation: String, _ body: () -> Result?) throws -> Result {
        ERR_clear_error()
        guard let result = body() else { throw draining(operation) }
        return result
    }
}
