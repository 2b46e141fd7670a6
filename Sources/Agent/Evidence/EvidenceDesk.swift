import JOSE
import Journal
import PowerEvents
import StrictJSON

/// Makes the evidence of a breach, while the agent runs or of its journal alone.
public struct EvidenceDesk: Sendable {
    public enum Format: String, Sendable, CaseIterable {
        case text, csv, jws
    }

    private let store: any Store
    private let sign: (@Sendable ([UInt8]) throws -> String)?

    /// More lines than a history keeps.
    private static let maximumLines = 2_000_000

    init(store: any Store, sign: (@Sendable ([UInt8]) throws -> String)?) {
        self.store = store
        self.sign = sign
    }

    /// Why there is no evidence.
    public struct Unavailable: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter name: a breach's id, or the first characters of it
    func make(_ name: String, _ format: Format) async throws -> String {
        let evidence = try await evidence(of: name)
        switch format {
        case .csv: return evidence.csv
        case .text: return EvidenceText.lines(evidence).joined(separator: "\n") + "\n"
        case .jws:
            guard let sign else {
                throw Unavailable(
                    description: "nothing to sign with: --jws of a journal alone needs --config for the key")
            }
            return try sign(evidence.json.bytes) + "\n"
        }
    }

    /// - Parameter name: a breach's id, or the first characters of it
    /// - Throws: ``Unavailable``, or what the store throws
    func evidence(of name: String) async throws -> Evidence {
        let id: UUIDText
        do { id = try await BreachName.find(name, in: store) } catch let error as BreachName.NotOne {
            throw Unavailable(description: error.message)
        }
        var lines = try await store.history(HistoryQuery(breach: id, limit: Self.maximumLines))
        if let first = lines.first, let last = lines.last {
            lines += try await store.commands(from: first.at, to: last.at)
            lines.sort { $0.sequence < $1.sequence }
        }
        guard let evidence = Evidence(breach: id, lines: lines, readings: try await store.readings(of: id)) else {
            throw Unavailable(description: "the history knows nothing of breach \(id)")
        }
        return evidence
    }

    /// Of a journal that no agent need be running on.
    ///
    /// - Parameter configuration: for the signing key; nil where nothing is to be signed
    public static func make(
        _ name: String, _ format: Format, journal path: String, configuration: AgentConfiguration?
    ) async throws -> String {
        let store = SQLiteStore(try JournalDatabase(reading: path), now: { WallClock.now() }, onFailure: { _ in })
        var sign: (@Sendable ([UInt8]) throws -> String)?
        if let configuration {
            let key = try KeyFiles.signingKey(configuration.signing.key, keyID: configuration.signing.keyID)
            sign = { try JWS.sign($0, with: key) }
        }
        return try await EvidenceDesk(store: store, sign: sign).make(name, format)
    }
}
