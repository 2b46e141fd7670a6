import Foundation

/// The host of an address that a user wrote: a name, an IPv4 address or an IPv6 address, understood as one of them and
/// never as text.
///
/// Libraries guess: libcurl reads `127.0.0.010` as octal and `2130706433` as an address, and whoever compares text takes
/// `127.evil.example.com` for the own machine. What could be read in two ways is refused here.
public struct NetworkHost: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// In lower case, without a dot at its end.
        case name(String)
        case ipv4([UInt8])
        /// With the name of an interface for a link-local address.
        case ipv6([UInt8], zone: String?)
    }

    /// Why a text is no host, with what to write instead where that is known.
    public struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String

        public init(description: String) { self.description = description }
    }

    /// As written, in lower case and without brackets.
    public let text: String
    public let kind: Kind

    /// Reads what stands between `//` and the port: `bmc-7.example.com`, `10.20.7.11`, `[fd00::11]`.
    ///
    /// - Throws: ``Invalid``
    public init(_ written: some StringProtocol) throws(Invalid) {
        let lowered = written.lowercased()
        if lowered.hasPrefix("[") {
            guard lowered.hasSuffix("]"), lowered.utf8.count > 2 else {
                throw Invalid(description: "the [ of an IPv6 address has no ]")
            }
            text = String(lowered.dropFirst().dropLast())
            kind = try Self.ipv6(text)
            return
        }
        text = lowered
        guard !text.isEmpty else { throw Invalid(description: "there is no host") }
        guard !text.contains(":") else {
            throw Invalid(description: "an IPv6 address stands in brackets: [\(text)]")
        }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        // As browsers decide it (URL Standard, "ends in a number"): no top-level domain is numeric.
        let last = labels.last { !$0.isEmpty } ?? ""
        if Self.isDigits(last) || Self.isHexadecimal(last) {
            kind = .ipv4(try Self.ipv4(text, labels))
        } else {
            kind = .name(try Self.name(text, labels))
        }
    }

    /// For binding and connecting by hand: an address as users may write it without a port, with or without brackets.
    public init(bare written: some StringProtocol) throws(Invalid) {
        try self.init(written.contains(":") && !written.hasPrefix("[") ? "[\(written)]" : String(written))
    }

    /// Whether nobody but this machine can be behind it: 127.0.0.0/8, `::1`, and `localhost` (RFC 6761, 6.3).
    public var isLoopback: Bool {
        switch kind {
        case .name(let name): name == "localhost"
        case .ipv4(let bytes): bytes.first == 127
        case .ipv6(let bytes, _): Self.mapped(bytes)?.first == 127 || bytes == Self.loopback
        }
    }

    /// One spelling for all spellings of one host: without a dot at the end, IPv6 as RFC 5952 writes it, an address of
    /// IPv4 in its own form where it is mapped into IPv6, and `127.0.0.1` for `localhost`.
    public var canonical: String {
        switch kind {
        case .name("localhost"): return "127.0.0.1"
        case .name(let name): return name
        case .ipv4(let bytes): return bytes.map(String.init).joined(separator: ".")
        case .ipv6(let bytes, let zone):
            if let four = Self.mapped(bytes) { return four.map(String.init).joined(separator: ".") }
            return "[\(Self.shortest(bytes))\(zone.map { "%25\($0)" } ?? "")]"
        }
    }

    // MARK: The three kinds

    private static func ipv4(_ text: String, _ labels: [Substring]) throws(Invalid) -> [UInt8] {
        guard labels.count == 4, labels.allSatisfy(isDigits) else {
            throw Invalid(description: "\(text) is no IPv4 address; write four decimal numbers, such as 10.20.7.11")
        }
        var bytes: [UInt8] = []
        for label in labels {
            guard label == "0" || !label.hasPrefix("0") else {
                let plain = labels.map { Int($0).map(String.init) ?? String($0) }.joined(separator: ".")
                throw Invalid(
                    description: "\(text) has leading zeros, which some programs read as octal; write \(plain)")
            }
            guard let byte = UInt8(label) else {
                throw Invalid(description: "\(text) is no IPv4 address: \(label) is more than 255")
            }
            bytes.append(byte)
        }
        return bytes
    }

    private static func ipv6(_ text: String) throws(Invalid) -> Kind {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        var zone: String?
        if parts.count == 2 {
            // RFC 6874: a percent sign is itself encoded.
            let name = parts[1].hasPrefix("25") ? parts[1].dropFirst(2) : parts[1]
            guard !name.isEmpty, name.utf8.allSatisfy({ isLetterOrDigit($0) || "._-~".utf8.contains($0) }) else {
                throw Invalid(description: "[\(text)] names no interface after its %")
            }
            zone = String(name)
        }
        var address = in6_addr()
        guard inet_pton(AF_INET6, String(parts[0]), &address) == 1 else {
            throw Invalid(description: "[\(text)] is no IPv6 address")
        }
        return .ipv6(withUnsafeBytes(of: &address) { Array($0) }, zone: zone)
    }

    /// Host names (RFC 1123, 2.1), and the underscore that some sites use.
    private static func name(_ text: String, _ labels: [Substring]) throws(Invalid) -> String {
        let parts = labels.last == "" ? labels.dropLast() : labels[...]
        let isFit =
            !parts.isEmpty && text.utf8.count <= 253
            && parts.allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy {
                        isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    }
            }
        guard isFit else { throw Invalid(description: "\"\(text)\" is no host name") }
        return parts.joined(separator: ".")
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isDigits(_ label: Substring) -> Bool {
        !label.isEmpty && label.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isHexadecimal(_ label: Substring) -> Bool {
        label.hasPrefix("0x") && label.dropFirst(2).allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    // MARK: IPv6

    private static let loopback = [UInt8](repeating: 0, count: 15) + [1]

    /// The IPv4 address in `::ffff:10.0.0.1`.
    private static func mapped(_ bytes: [UInt8]) -> [UInt8]? {
        bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) ? Array(bytes.suffix(4)) : nil
    }

    private static func shortest(_ bytes: [UInt8]) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        var bytes = bytes
        guard inet_ntop(AF_INET6, &bytes, &buffer, socklen_t(buffer.count)) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
