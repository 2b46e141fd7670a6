import Journal
import Shedding

/// What a journal knows of payloads that were signed: which are taken in, and which came to nothing.
protocol KnownPayloads: Sendable {
    func hasSeen(_ mark: PayloadMark) async throws -> Bool
    /// - Parameter digest: of the payload
    func hasRefused(_ digest: String) async throws -> Bool
}

extension FollowedJournal: KnownPayloads {}
extension SQLiteStore: KnownPayloads {}
