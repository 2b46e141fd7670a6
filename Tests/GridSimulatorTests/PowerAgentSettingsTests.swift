import Foundation
import GridSimulator
import JOSE
import OpenSSL
import PowerEvents
import Settings
import StrictJSON
import TestSupport
import Testing

struct PowerAgentSettingsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        try folder.write(key.privateKey.pem(), to: "agent.pem")
        try folder.write(JWKSet([key.jwk()]).json().text, to: "isv.json")
        try folder.write(
            """
            credentials: { bmc: { username: u, password_file: none } }
            defaults: { bmc: { credentials: bmc } }
            chassis: [{ id: rack, feeds: [a, b] }]
            nodes: [{ id: "n[1-2]", bmc: "https://127.0.0.[1-2]:1", chassis: rack }]
            """, to: "site.yaml")
    }

    private func load(_ change: (String) -> String = { $0 }) throws -> PowerAgentSettings {
        let text = """
            agent: { source: //grid/v1/dsx-flex-agent/flex }
            broker: { url: "mqtt://127.0.0.1:1883", topic_prefix: cpc/1/ }
            signing: { key: agent.pem, kid: k }
            trust: [{ source: //grid/v1/isv/acme, jwks: isv.json }]
            feeds: { a: { minimum: 1kW, maximum: 1MW, default_constraint: 900kW } }
            inventory: [site.yaml]
            shed: [{ priority: 2, resources: [rack], action: suspend }, { priority: 1, resources: ["n[1-2]"], lowest: 300W }]
            meter: { url: "http://127.0.0.1:1/meters", every: 500ms, stale_after: 3s }
            timing: { heartbeat: 5s, ramp_step: 6%, max_age: 1m }
            margins: { shed: 3% }
            """
        return try PowerAgentSettings.load(folder.write(change(text), to: "agent.yaml"), environment: [:])
    }

    @Test func everythingIsTakenFromTheFile() throws {
        let settings = try load()
        #expect(settings.participant.source.description == "//grid/v1/dsx-flex-agent/flex")
        #expect(settings.participant.topicPrefix == "cpc/1/" && settings.participant.trusted.count == 1)
        // The later revision's layout goes with the later role.
        #expect(settings.policy.layout == .perFeed && settings.policy.heartbeat == .seconds(5))
        #expect(
            settings.policy.rampStep == 0.06 && settings.policy.shedMargin == 0.03
                && settings.maximumAge == .seconds(60))
        #expect(settings.policy.staleAfter == .seconds(3) && settings.signs && settings.scheduler == nil)
        #expect(settings.feeds.first?.maximum == PowerQuantity(watts: Watts(1_000_000), unit: .megawatt))
        // Of the rack's nodes each stands once, where it is named first in the file, and by priority.
        #expect(settings.topology.resources.map(\.id) == ["n1", "n2"])
        #expect(
            settings.topology.resources.allSatisfy {
                $0.priority == 2 && $0.action == .suspend && $0.feeds == ["a", "b"]
            })
    }

    static let mistakes: [(String, String, String)] = [
        ("dsx-flex-agent/flex", "isv/flex", "agent.source"), ("kid: k", "kind: k", "signing.kid"),
        ("mqtt://127.0.0.1", "mqtt://example.com", "broker.url"),
        ("mqtt://127.0.0.1", "mqtts://127.0.0.1", "broker.url: mqtts needs ca"),
        ("mqtt://127.0.0.1:1883\"", "mqtts://127.0.0.1:1883\", ca: ", "broker.ca: has no value"),
        ("1883\"", "1883\", ca: isv.json", "broker.url: ca is set"), ("margins: { shed: 3% }", "margins:", "margins"),
        ("http://127.0.0.1:1/meters", "http://10.0.0.1:1/meters", "meter.url: should be https://"),
        ("margins: {", "scheduler: { url: http://meter.example }\nmargins: {", "scheduler.url: should be https://"),
        ("jwks: isv.json", "jwks: nothing.json", "trust[0].jwks"),
        ("minimum: 1kW", "minimum: 2MW", "feeds.a"), ("[rack]", "[rock]", "shed[0].resources"),
        ("heartbeat: 5s", "heartbeat: soon", "timing.heartbeat"),
        ("margins: { shed: 3% }", "margins: { resolve: 9% }", "margins"),
        ("inventory:", "inventories:", "inventory"),
    ]

    @Test(arguments: mistakes) func mistakesNameFileLineAndKey(old: String, new: String, key: String) throws {
        let error = #expect(throws: Problems.self) { try load { $0.replacing(old, with: new) } }
        #expect(
            error?.description.contains("agent.yaml:") == true && error?.description.contains(key) == true,
            "\(error.map(\.description) ?? "")")
    }

    @Test func aReadingNeedsATimeAndFeeds() throws {
        func read(_ text: String) throws -> MeterReading? {
            MeterReading(json: try JSONValue(parsing: Array(text.utf8)))
        }
        #expect(try read(#"{"feeds":{"a":1}}"#) == nil && read(#"{"time":"2026-11-21T04:20:00Z"}"#) == nil)
        let reading = try #require(
            try read(#"{"time":"2026-11-21T04:20:00Z","feeds":{"a":1,"b":"2","c":-3,"d":1e300},"nodes":{"n":5}}"#))
        // What is no power is not measured; least of all is it zero.
        #expect(reading.feeds == ["a": 1] && reading.watts(of: "n") == 5 && reading.watts(of: "m") == nil)
    }

    /// No feeds mean all, in this message alone.
    @Test func aTargetWithoutFeedsIsForAll() {
        let feeds = ["a", "b"].map { tag in
            FeedControl(
                FeedProfile(
                    tag: tag, minimum: GridWorld.profile.minimum, maximum: GridWorld.profile.maximum,
                    defaultConstraint: GridWorld.profile.defaultConstraint))
        }
        var core = PowerAgentCore(policy: PowerAgentPolicy(), feeds: feeds, topology: ShedTopology([])) {
            GridWorld.id(1)
        }
        let target = LoadTargetSet.Target(loadConstraint: PowerQuantity(watts: Watts(5000), unit: .kilowatt))
        _ = core.step(
            .targets(LoadTargetSet(targets: [target]), correlationID: GridWorld.correlation, trace: nil),
            at: GridWorld.start)
        #expect(core.feeds.values.allSatisfy { $0.applied?.watts == 5000 && $0.ramp?.direction == .down })
        let one = LoadTargetSet.Target(feedTags: ["b", "c"], loadConstraint: nil)
        let outputs = core.step(
            .targets(LoadTargetSet(targets: [one]), correlationID: GridWorld.id(2), trace: nil),
            at: GridWorld.start + .seconds(1))
        #expect(core.feeds["a"]?.applied != nil && core.feeds["b"]?.applied == nil)
        #expect(outputs.contains { if case .note(let text) = $0 { text.contains("no feed \"c\"") } else { false } })
    }
}
