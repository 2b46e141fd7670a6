import Foundation
import OpenSSL
import OperatorAPI
import Replication
import Settings
import TestSupport
import Testing

@testable import Agent

/// The section `standby:`, with every way in which it can be wrong.
struct StandbyReaderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try ConfigurationTests().folder }

    private func load(_ section: String) throws -> AgentConfiguration {
        try ConfigurationReader.load(
            folder.write(ConfigurationTests.good + section, to: "ima.yaml"), environment: [:])
    }

    private func problems(_ section: String) throws -> [Problem] {
        try #require(throws: Problems.self) { try load(section) }.all
    }

    private static let three =
        #""http://127.0.0.1:2379", "http://127.0.0.1:22379", "http://[::1]:32379""#

    @Test func withoutTheSectionOneAgentIsAlone() throws {
        #expect(try load("").standby == nil)
    }

    @Test func whatIsAbsentHasItsDefault() throws {
        let standby = try #require(try load("standby: { etcd: { endpoints: [\(Self.three)] } }").standby)
        #expect(
            standby.endpoints == ["http://127.0.0.1:2379", "http://127.0.0.1:22379", "http://[::1]:32379"])
        #expect(standby.prefix == "/ima")
        #expect(standby.site == "main")
        #expect(standby.shard == "a")
        #expect(standby.ttl == .seconds(2))
        #expect(standby.tls == nil)
        #expect(standby.login == nil)
    }

    @Test func everySettingIsRead() throws {
        try folder.write(CertificateAuthority(name: "test").certificatePEM, to: "etcd-ca.pem")
        try folder.write("secret", to: "etcd-password")
        let configuration = try load(
            """
            enforcement: { answer_foreign: false }
            standby:
              etcd:
                endpoints: [https://etcd1, "https://etcd2:2379", "https://[fd00::3]:4001"]
                tls: { ca: etcd-ca.pem }
                username: ima
                password_file: etcd-password
                prefix: /power/ima
              site: north-1
              shard: b
              ttl: 5s
            """)
        let standby = try #require(configuration.standby)
        #expect(standby.endpoints == ["https://etcd1:2379", "https://etcd2:2379", "https://[fd00::3]:4001"])
        #expect(standby.tls == .init(authorities: folder.path("etcd-ca.pem")))
        #expect(standby.login == .init(username: "ima", passwordFile: folder.path("etcd-password")))
        #expect(standby.prefix == "/power/ima")
        #expect(standby.site == "north-1")
        #expect(standby.shard == "b")
        #expect(standby.ttl == .seconds(5))
        #expect(configuration.warnings.filter { $0.key.hasPrefix("standby") } == [])
    }

    @Test(arguments: [
        ("standby: {}", "standby.etcd", "is missing"),
        ("standby: { etcd: {} }", "standby.etcd.endpoints", "is missing"),
        ("standby: { etcd: { endpoints: [] } }", "standby.etcd.endpoints", "at least one"),
        ("standby: { etcd: { endpoints: [etcd1] } }", "standby.etcd.endpoints[0]", "https://host[:port]"),
        ("standby: { etcd: { endpoints: [\"http://10.0.0.1:2379\"] } }", "standby.etcd.endpoints[0]", "loopback only"),
        (
            "standby: { etcd: { endpoints: [\"http://127.evil.example.com:2379\"] } }", "standby.etcd.endpoints[0]",
            "loopback only"
        ),
        (
            "standby: { etcd: { endpoints: [\"https://a:2379\", \"https://A:2379\"] } }", "standby.etcd.endpoints[1]",
            "named twice"
        ),
        ("standby: { etcd: { endpoints: [\"https://a:2379/v3\"] } }", "standby.etcd.endpoints[0]", "without a path"),
        ("standby: { etcd: { endpoints: [https://a], username: u } }", "standby.etcd", "go together"),
        ("standby: { etcd: { endpoints: [https://a], password: p } }", "standby.etcd.password", "not a known key"),
        ("standby: { etcd: { endpoints: [https://a], prefix: ima } }", "standby.etcd.prefix", "such as /ima"),
        ("standby: { etcd: { endpoints: [https://a], prefix: /ima/ } }", "standby.etcd.prefix", "such as /ima"),
        ("standby: { etcd: { endpoints: [https://a] }, site: a/b }", "standby.site", "should be a name"),
        ("standby: { etcd: { endpoints: [https://a] }, shard: \"\" }", "standby.shard", "empty"),
        ("standby: { etcd: { endpoints: [https://a] }, ttl: 500ms }", "standby.ttl", "1s to 60s"),
        ("standby: { etcd: { endpoints: [https://a] }, ttl: 1500ms }", "standby.ttl", "whole seconds"),
        ("standby: { etcd: { endpoints: [https://a] }, ttl: 2m }", "standby.ttl", "1s to 60s"),
        ("standby: { etcd: { endpoints: [https://a] }, shards: b }", "standby.shards", "did you mean shard?"),
        (
            "standby: { etcd: { endpoints: [https://a], tls: { ca: none.pem } } }", "standby.etcd.tls.ca",
            "cannot be read"
        ),
        (
            "standby: { etcd: { endpoints: [\"http://127.0.0.1:1\"], tls: { ca: password } } }", "standby.etcd.tls",
            "should be https://"
        ),
    ])
    func whatIsWrongIsNamed(section: String, key: String, words: String) throws {
        let found = try problems(section)
        #expect(found.contains { $0.key == key && $0.message.contains(words) }, "\(found)")
        #expect(found.allSatisfy { $0.line != nil }, "\(found)")
    }

    @Test(arguments: [
        ("standby: { etcd: { endpoints: [\(three)] } }", "2 members are on 127.0.0.1"),
        ("standby: { etcd: { endpoints: [https://a] } }", "one member only"),
        ("standby: { etcd: { endpoints: [https://a, https://b] } }", "three or five"),
        ("standby: { etcd: { endpoints: [https://a] } }", "without username"),
        ("standby: { etcd: { endpoints: [https://a] }, shard: b }", "answer_foreign: false"),
    ])
    func whatIsLikelyAMistakeIsWarnedOf(section: String, words: String) throws {
        let warnings = try load(section).warnings
        #expect(warnings.contains { $0.message.contains(words) }, "\(warnings)")
    }

    @Test func aChangeNeedsARestart() throws {
        let old = try load("standby: { etcd: { endpoints: [https://a] } }")
        let new = try load("standby: { etcd: { endpoints: [https://a, https://b] }, ttl: 3s }")
        let difference = ConfigurationDifference(from: old, to: new)
        #expect(difference.needsRestart.map(\.key) == ["standby.etcd.endpoints", "standby.ttl"])
        #expect(ConfigurationDifference(from: try load(""), to: old).needsRestart.count == 5)
    }
}
