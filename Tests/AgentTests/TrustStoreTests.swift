import Foundation
import JOSE
import Logging
import OpenSSL
import PowerEvents
import StrictJSON
import TestSupport
import Testing

@testable import Agent

/// Keys that come and go while the agent runs.
struct TrustStoreTests {
    private let folder: TemporaryFolder
    private let keys: [SigningKey]
    private static let source = EventSource(role: .powerAgent, identifier: "dps")
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        folder = try TemporaryFolder()
        keys = try ["a", "b", "c"].map { try SigningKey(PrivateKey.generate(.p256), keyID: $0) }
    }

    private func write(_ keys: [SigningKey], to name: String, foreign: String = "") throws {
        let text = try JWKSet(keys.map { try $0.jwk() }).json().text
        try folder.write(text.replacing("\"keys\":[", with: "\"keys\":[" + foreign), to: name)
    }

    private func store(_ files: String..., metrics: AgentMetrics? = nil) throws -> TrustStore {
        try TrustStore(
            files.map { .init(source: Self.source.description, jwks: folder.path($0)) }, logger: Self.quiet,
            metrics: metrics)
    }

    private func ids(_ trust: TrustStore) -> [String]? { trust.keys(of: Self.source)?.keys.keyIDs }

    @Test func aRevokedKeyCountsNoMoreWhateverElseIsInTheSet() throws {
        try write([keys[0], keys[1]], to: "one.json")
        let trust = try store("one.json")
        #expect(ids(trust) == ["a", "b"])
        try write([keys[1]], to: "one.json", foreign: #"{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"AA"},"#)
        #expect(ids(trust) == ["b"])
    }

    @Test func aSetWithoutAUsableKeyRevokesAll() throws {
        try write([keys[0]], to: "one.json")
        let trust = try store("one.json")
        try folder.write(#"{"keys":[{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"AA"}]}"#, to: "one.json")
        #expect(ids(trust) == [])
        let started = try store("one.json")
        #expect(ids(started) == [], "an agent that starts with it believes nobody")
        #expect(started.trusts(Self.source))
        try write([keys[2]], to: "one.json")
        #expect(ids(trust) == ["c"])
    }

    /// As it is documented, and without harm to the others.
    @Test func revokingAllKeysOfASourceLetsTheNextStartAndReloadsGoOn() throws {
        let other = EventSource(role: .powerAgent, identifier: "other")
        try write([keys[0]], to: "one.json")
        try write([keys[1]], to: "two.json")
        let sources: [AgentConfiguration.TrustedSource] = [
            .init(source: Self.source.description, jwks: folder.path("one.json")),
            .init(source: other.description, jwks: folder.path("two.json")),
        ]
        let trust = try TrustStore(sources, logger: Self.quiet)
        try folder.write(#"{"keys":[]}"#, to: "one.json")
        for trust in [trust, try TrustStore(sources, logger: Self.quiet)] {
            trust.adopt(try trust.prepare(sources))
            #expect(ids(trust) == [])
            #expect(trust.keys(of: other)?.keys.keyIDs == ["b"])
        }
        try write([keys[2]], to: "one.json")
        #expect(ids(trust) == ["c"])
        try folder.write(#"{"keys":{}}"#, to: "one.json")
        #expect(throws: KeyFiles.Unusable.self, "what is no set is an error") { try trust.prepare(sources) }
        #expect(throws: KeyFiles.Unusable.self) { try TrustStore(sources, logger: Self.quiet) }
    }

    @Test func aFileThatVanishedKeepsItsKeysUntilTheNextStart() throws {
        let metrics = AgentMetrics()
        func lost() -> Bool { metrics.page.contains("\nima_key_files_lost 1") }
        try write([keys[0]], to: "one.json")
        let trust = try store("one.json", metrics: metrics)
        #expect(!lost() && metrics.page.contains("\nima_key_files_lost 0"))
        try FileManager.default.removeItem(atPath: folder.path("one.json"))
        trust.refresh()
        #expect(ids(trust) == ["a"])
        #expect(lost())
        #expect(throws: KeyFiles.Unusable.self) { try store("one.json") }
        try folder.write("{", to: "one.json")
        trust.refresh()
        #expect(ids(trust) == ["a"])
        #expect(lost())
        try write([keys[1]], to: "one.json")
        trust.refresh()
        #expect(ids(trust) == ["b"])
        #expect(!lost())
    }

    @Test func aFileThatVanishedIsNamedInTheStatusUntilItIsBack() throws {
        let state = ConfigurationState(startedAt: Timestamp(milliseconds: 0), metrics: AgentMetrics())
        func lost() -> JSONValue? { state.json["key_files_lost"] }
        try write([keys[0]], to: "one.json")
        let trust = try TrustStore(
            [.init(source: Self.source.description, jwks: folder.path("one.json"))], logger: Self.quiet,
            onLost: { state.lost(keyFiles: $0) })
        #expect(lost() == [])
        try FileManager.default.removeItem(atPath: folder.path("one.json"))
        trust.refresh()
        #expect(lost() == [.string(folder.path("one.json"))])
        try write([keys[0]], to: "one.json")
        trust.refresh()
        #expect(lost() == [])
    }

    @Test func allFilesOfASourceCount() throws {
        try write([keys[0]], to: "one.json")
        try write([keys[1]], to: "two.json")
        let trust = try store("one.json", "two.json", "one.json")
        #expect(ids(trust) == ["a", "b"])
        try write([keys[2]], to: "two.json")
        #expect(ids(trust) == ["a", "c"])
    }

    /// The key that was there first stays, wherever the other one comes; when it goes, the other one counts.
    @Test(arguments: [("one.json", "two.json"), ("two.json", "one.json")])
    func aNewcomerUnderAKnownKidIsNotUsed(first: String, second: String) throws {
        let other = try SigningKey(PrivateKey.generate(.p256), keyID: "a")
        try write([keys[0]], to: first)
        try write([keys[1]], to: second)
        let trust = try store("one.json", "two.json")
        func isFirst() throws -> Bool? { try trust.keys(of: Self.source)?.keys["a"]?.isSame(as: keys[0].jwk()) }
        try write([keys[1], other], to: second)
        #expect(try isFirst() == true)
        #expect(throws: KeyFiles.Unusable.self) { try store("one.json", "two.json") }
        try write([keys[2]], to: first)
        #expect(try isFirst() == false)
        #expect(ids(trust) == ["a", "b", "c"])
    }

    @Test func sourcesChangeAllAtOnceOrNotAtAll() throws {
        try write([keys[0]], to: "one.json")
        try write([keys[1]], to: "two.json")
        let trust = try store("one.json")
        let next = EventSource(role: .powerAgent, identifier: "next")
        #expect(throws: KeyFiles.Unusable.self) {
            try trust.prepare([
                .init(source: next.description, jwks: folder.path("two.json")),
                .init(source: Self.source.description, jwks: folder.path("none.json")),
            ])
        }
        #expect(trust.sources == [Self.source])
        let prepared = try trust.prepare([.init(source: next.description, jwks: folder.path("two.json"))])
        #expect(trust.sources == [Self.source], "not yet")
        trust.adopt(prepared)
        #expect(trust.keys(of: Self.source) == nil)
        #expect(trust.keys(of: next)?.keys.keyIDs == ["b"])
    }
}
