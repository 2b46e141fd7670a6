import Foundation

/// What an operator adds to a command on the control socket. Every member may be absent.
public struct CommandRequest: Codable, Sendable, Hashable {
    /// Nodes, GPUs, chassis and groups, or ranges of them; empty for all.
    public var resources: [String] = []
    public var feeds: [String] = []
    /// BMCs by their addresses.
    public var bmcs: [String] = []
    /// For how long, such as `30m`; nil until it is taken back.
    public var duration: String?
    /// Why, in the operator's words; kept in the history.
    public var reason: String?
    /// Without waiting for what a release usually waits for.
    public var now = false
    /// Of a drill: the cap, such as `90%` of each control's maximum.
    public var cap: String?
    /// Says what would change, and changes nothing.
    public var dryRun = false

    enum CodingKeys: String, CodingKey {
        case resources, feeds, bmcs
        case duration = "for"
        case reason, now, cap
        case dryRun = "dry_run"
    }

    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        resources = try container.decodeIfPresent([String].self, forKey: .resources) ?? []
        feeds = try container.decodeIfPresent([String].self, forKey: .feeds) ?? []
        bmcs = try container.decodeIfPresent([String].self, forKey: .bmcs) ?? []
        duration = try container.decodeIfPresent(String.self, forKey: .duration)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        now = try container.decodeIfPresent(Bool.self, forKey: .now) ?? false
        cap = try container.decodeIfPresent(String.self, forKey: .cap)
        dryRun = try container.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
    }

    /// Whether it is for a part of the site only.
    public var namesParts: Bool { !resources.isEmpty || !feeds.isEmpty || !bmcs.isEmpty }
}

extension CommandRequest {
    /// - Parameter json: an empty text is a request without any member
    /// - Throws: ``Unusable``
    public init(json: some Sequence<UInt8>) throws(Unusable) {
        let data = Data(json)
        if data.isEmpty {
            self.init()
            return
        }
        do { self = try JSONDecoder().decode(Self.self, from: data) } catch {
            throw Unusable(description: "the request is no JSON object of the known members: \(Self.words(error))")
        }
    }

    public var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { [UInt8]($0) } ?? Array("{}".utf8)
    }

    public struct Unusable: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}
