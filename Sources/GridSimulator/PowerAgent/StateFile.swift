import Foundation
import StrictJSON

/// A small JSON file that is either the old one or the new one, never half of either.
struct StateFile: Sendable {
    let path: String

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// - Returns: nil where there is none
    func read() throws -> JSONValue? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failed(description: "\(path): cannot be read")
        }
        do { return try JSONValue(parsing: data) } catch { throw Failed(description: "\(path): \(error)") }
    }

    func write(_ value: JSONValue) throws {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be written", errno) }
        var bytes = value.bytes[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { break }
        }
        let code = errno
        let isSynced = fsync(descriptor) == 0
        close(descriptor)
        guard bytes.isEmpty, isSynced else { throw failure("cannot be written", code) }
        guard rename(temporary, path) == 0 else { throw failure("cannot be replaced", errno) }
    }

    private func failure(_ what: String, _ code: Int32) -> Failed {
        Failed(description: "\(path): \(what): \(String(cString: strerror(code)))")
    }
}
