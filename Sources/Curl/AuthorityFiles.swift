import Foundation

/// The files with authorities that requests of a worker named, to notice when one of them changes.
///
/// libcurl keeps the certificates of a file for 24 hours with each `curl_multi` handle, connections and TLS sessions longer
/// than that: a removed authority would go on being trusted. Reading the file at each connection instead would cost more
/// than the handshake. So the file is looked at, and what was made of its old content is dropped when it changes.
struct AuthorityFiles {
    /// How often files are looked at.
    static let period = Duration.seconds(1)

    /// What tells one content of a file from the next.
    struct Stamp: Equatable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        /// Of content and of attributes: seconds and nanoseconds each.
        var changed: [Int]
    }

    private struct Known {
        /// Of the content that is in force.
        var inForce: Stamp?
        /// As last seen, where that is another. A file that is being written changes from one look to the next.
        var candidate: Stamp?
    }

    private var files: [String: Known] = [:]
    private var lastLook: ContinuousClock.Instant?
    private let stamp: (String) -> Stamp?
    private let isUsable: (String) -> Bool

    init(stamp: @escaping (String) -> Stamp? = stamp(of:), isUsable: @escaping (String) -> Bool = holdsCertificates) {
        self.stamp = stamp
        self.isUsable = isUsable
    }

    /// Notes that a request relies on a file.
    mutating func note(_ path: String) {
        if files[path] == nil { files[path] = Known(inForce: stamp(path)) }
    }

    /// Whether a file has another content than the one in force: seen twice, and such that libcurl could use it. What
    /// cannot be used, or is gone, leaves the old content in force.
    ///
    /// - Parameter immediately: without waiting for the next look, and believing the first sight
    mutating func changed(now: ContinuousClock.Instant, immediately: Bool = false) -> Bool {
        if !immediately, let lastLook, now - lastLook < Self.period { return false }
        lastLook = now
        var isChanged = false
        for (path, known) in files {
            let seen = stamp(path)
            guard let seen, seen != known.inForce else {
                files[path]?.candidate = nil
                continue
            }
            guard immediately || known.candidate == seen else {
                files[path]?.candidate = seen
                continue
            }
            guard isUsable(path) else { continue }
            files[path] = Known(inForce: seen)
            isChanged = true
        }
        return isChanged
    }

    static func stamp(of path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            changed: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec])
    }

    /// Whether a file looks like a whole set of certificates.
    static func holdsCertificates(_ path: String) -> Bool {
        guard let text = FileManager.default.contents(atPath: path).map({ String(decoding: $0, as: UTF8.self) }) else {
            return false
        }
        let begun = text.ranges(of: "-----BEGIN ").count
        return text.contains("CERTIFICATE-----") && begun == text.ranges(of: "-----END ").count
    }
}
