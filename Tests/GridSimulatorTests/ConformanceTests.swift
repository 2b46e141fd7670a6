import GridSimulator
import JOSE
import OpenSSL
import PowerEvents
import StrictJSON
import Testing

/// Who judges others is judged by planted violations, of each rule one at least.
struct ConformanceTests {
    @Test(arguments: [nil, .isv, .powerAgent, .infra] as [EventSource.Role?])
    func aGoodConversationConforms(role: EventSource.Role?) throws {
        let conversation = try Conversation.make()
        let report = conversation.judged(by: role, keys: try conversation.jwks)
        #expect(report.conforms && report.findings.isEmpty, "\(report.text)")
        #expect(report.judged == (role == nil ? 9 : role == .isv ? 1 : role == .powerAgent ? 6 : 2))
    }

    /// A violation that is planted, and the rule that has to find it.
    struct Plant: Sendable, CustomTestStringConvertible {
        let rule: String
        let place: Conversation.Place
        let change: @Sendable () throws -> Conversation.Change
        var testDescription: String { "\(rule) at \(place)" }

        init(
            _ rule: String, _ place: Conversation.Place, _ change: @escaping @Sendable () throws -> Conversation.Change
        ) {
            self.rule = rule
            self.place = place
            self.change = change
        }
    }

    private static func payload(_ change: @escaping (inout JSONObject) -> Void) -> Conversation.Change {
        Conversation.Change(payload: change)
    }
    private static func envelope(_ change: @escaping (inout JSONObject) -> Void) -> Conversation.Change {
        Conversation.Change(envelope: change)
    }
    private static func message(_ change: @escaping (inout CapturedMessage) -> Void) -> Conversation.Change {
        Conversation.Change(message: change)
    }

    /// Changes one member of an object in an object.
    private static func set(_ object: inout JSONObject, _ outer: String, _ inner: String, _ value: JSONValue?) {
        guard var member = object[outer]?.object else { return }
        member[inner] = value
        object[outer] = .object(member)
    }

    private static func header(_ json: JSONValue) -> @Sendable (inout JSONObject) -> Void {
        { envelope in
            guard let data = envelope["data"]?.string else { return }
            let rest = data.split(separator: ".").dropFirst()
            envelope["data"] = .string(([Base64URL.encode(json.bytes)] + rest.map(String.init)).joined(separator: "."))
        }
    }

    private static let other = "00000000-0000-4000-8000-00000000000a"

    static let plants: [Plant] = [
        Plant("envelope.json", .active) { message { $0.payload = "power!" } },
        Plant("envelope.schema", .active) { envelope { $0["specversion"] = "1.0" } },
        Plant("envelope.schema", .target) { envelope { $0["time"] = "yesterday" } },
        Plant("envelope.schema", .applied) { envelope { $0["traceparent"] = nil } },
        Plant("envelope.schema", .applied) { envelope { $0["datacontenttype"] = "text/plain" } },
        Plant("envelope.id", .active) { envelope { $0["id"] = "5157a1de-0000-1000-8000-000000000001" } },
        Plant("topic.channel", .active) { message { $0.topic += "/alert" } },
        Plant("topic.source", .active) { message { $0.topic = "grid/v1/poweragent/somebody/powerbreach" } },
        Plant("topic.source", .active) { message { $0.topic = "grid/v1/dsx-flex-agent/dps/powerbreach" } },
        Plant("topic.type", .active) { message { $0.topic = "grid/v1/poweragent/dps/powerstate/status" } },
        Plant("envelope.subject", .active) { envelope { $0["subject"] = "grid.v1.poweragent.dps.powerbreach" } },
        Plant("envelope.time", .active) { envelope { $0["time"] = "2026-01-01T00:00:00Z" } },
        Plant("trace.valid", .active) {
            envelope { $0["traceparent"] = .string("00-\(String(repeating: "0", count: 32))-00f067aa0ba902b7-01") }
        },
        Plant("signature.present", .active) { envelope { $0["data"] = ["feed_tag": "main-a"] } },
        Plant("signature.present", .active) { envelope { $0["data"] = "not.a.jws" } },
        Plant("signature.header", .active) { envelope(header(["alg": "HS256", "kid": "poweragent-1"])) },
        Plant("signature.header", .active) { envelope(header(["alg": "ES256"])) },
        Plant("signature.header", .active) {
            envelope(header(["alg": "ES256", "kid": "poweragent-1", "jku": "https://example.com"]))
        },
        Plant("signature.verifies", .active) {
            .init(key: try SigningKey(PrivateKey.generate(.p256), keyID: "poweragent-1"))
        },
        Plant("signature.verifies", .active) {
            .init(key: try SigningKey(PrivateKey.generate(.p256), keyID: "unknown"))
        },
        Plant("signature.key-owner", .active) {
            .init(event: { $0.source = EventSource(role: .powerAgent, identifier: "another") })
        },
        Plant("payload.schema", .active) { payload { $0["measured_load"] = ["value": 1, "unit": "horse"] } },
        Plant("payload.schema", .target) { payload { $0["targets"] = [] } },
        Plant("payload.schema", .rampEnd) { payload { $0["snapshot_time"] = nil } },
        Plant("payload.schema", .applied) { payload { $0["code"] = "fine" } },
        Plant("mqtt.qos", .active) { message { $0.qos = 1 } },
        Plant("mqtt.qos", .target) { message { $0.qos = 0 } },
        Plant("mqtt.retained", .active) { message { $0.retained = true } },
        Plant("size.limit", .applied) { payload { $0["diag_msg"] = .string(String(repeating: "x", count: 4 << 20)) } },
        Plant("size.forwarded", .applied) {
            payload { $0["diag_msg"] = .string(String(repeating: "x", count: 80_000)) }
        },
        Plant("trace.propagated", .applied) {
            .init(event: {
                $0.trace = TraceContext(traceID: String(repeating: "c", count: 32), spanID: "00f067aa0ba902b7")
            })
        },
        Plant("trace.propagated", .active) {
            .init(event: {
                $0.trace = TraceContext(traceID: String(repeating: "c", count: 32), spanID: "00f067aa0ba902b7")
            })
        },
        Plant("target.correlation", .target) { envelope { $0["correlationid"] = nil } },
        Plant("target.positive", .target) {
            payload {
                $0["targets"] = [
                    ["interval": [:], "feed_tags": ["main-a"], "load_constraint": ["value": 0, "unit": "watt"]]
                ]
            }
        },
        Plant("target.interval", .target) {
            payload {
                $0["targets"] = [
                    [
                        "interval": ["start_time": "2026-11-21T05:00:00Z", "end_time": "2026-11-21T04:00:00Z"],
                        "load_constraint": .null,
                    ]
                ]
            }
        },
        Plant("status.event", .rampEnd) { payload { $0["event"] = nil } },
        Plant("status.compliant", .targetSet) { payload { change($0["feeds"], &$0) { $0["compliant"] = true } } },
        Plant("status.active", .rampEnd) {
            payload {
                change($0["feeds"], &$0) { state in
                    guard let targets = state["targets"]?.array else { return }
                    state["targets"] = .array(targets + targets)
                }
            }
        },
        Plant("status.ramps", .rampEnd) { payload { $0["event"] = "end_ramp_up" } },
        Plant("status.ramps", .rampDown) { payload { change($0["feeds"], &$0) { $0["in_flight"] = false } } },
        Plant("status.target-set", .targetSet) { .init(isLeftOut: true) },
        Plant("status.correlation", .rampEnd) { envelope { $0["correlationid"] = .string(other) } },
        Plant("breach.order", .active) { .init(isLeftOut: true) },
        Plant("breach.final", .active) {
            payload {
                $0["status"] = "resolved"
                set(&$0, "breach", "resolved_at", "2027-01-15T08:00:25Z")
                $0["shed_hints"] = nil
            }
        },
        Plant("breach.stable", .escalated) { payload { set(&$0, "breach", "detected_at", "2027-01-15T08:00:01Z") } },
        Plant("breach.stable", .escalated) { payload { $0["feed_tag"] = "main-b" } },
        Plant("breach.resolved-at", .resolved) { payload { set(&$0, "breach", "resolved_at", nil) } },
        Plant("breach.resolved-at", .active) { payload { set(&$0, "breach", "resolved_at", "2027-01-15T08:00:25Z") } },
        Plant("breach.hints", .active) { payload { $0["shed_hints"] = nil } },
        Plant("breach.hints", .resolved) { payload { $0["shed_hints"] = [] } },
        Plant("breach.hint-power", .active) {
            payload {
                $0["shed_hints"] = [
                    ["resource_id": "node-1", "resource_type": "node", "action": "power_cap", "priority": 1]
                ]
            }
        },
        Plant("breach.hint-order", .active) {
            payload { $0["shed_hints"] = .array(($0["shed_hints"]?.array ?? []).reversed()) }
        },
        Plant("breach.severity", .active) { payload { $0["severity"] = "critical" } },
        Plant("breach.severity", .escalated) { payload { $0["severity"] = "warning" } },
        Plant("breach.exceeds", .active) { payload { set(&$0, "measured_load", "value", 6) } },
        Plant("breach.actions", .escalated) {
            payload { $0["infrastructure_actions"] = ["TRIP_BREAKERS", "SHUTDOWN_NODES"] }
        },
        Plant("breach.actions", .resolved) { payload { $0["infrastructure_actions"] = ["SHUTDOWN_NODES"] } },
        Plant("breach.target", .active) { payload { set(&$0, "target", "correlation_id", .string(other)) } },
        Plant("breach.resolves", .resolved) { .init(isLeftOut: true) },
        Plant("enforcement.breach", .applied) { payload { $0["breach_id"] = .string(other) } },
        Plant("enforcement.breach", .applied) { payload { $0["feed_tag"] = "main-b" } },
        Plant("enforcement.results", .applied) {
            payload {
                $0["results"] = [
                    [
                        "resource_id": "node-9", "resource_type": "node", "requested_action": "power_cap",
                        "code": "applied",
                    ]
                ]
            }
        },
        Plant("enforcement.results", .applied) {
            payload {
                $0["results"] = [
                    [
                        "resource_id": "node-1", "resource_type": "node", "requested_action": "suspend",
                        "code": "applied",
                    ]
                ]
            }
        },
        Plant("enforcement.code", .applied) { payload { $0["code"] = "error" } },
        Plant("enforcement.code", .applied) {
            payload {
                $0["results"] = [
                    [
                        "resource_id": "node-1", "resource_type": "node", "requested_action": "power_cap",
                        "code": "failed",
                    ]
                ]
            }
        },
        Plant("enforcement.reverted", .applied) { payload { $0["action"] = "reverted" } },
    ]

    /// Changes the one feed of a snapshot.
    private static func change(
        _ feeds: JSONValue?, _ payload: inout JSONObject, _ change: (inout JSONObject) -> Void
    ) {
        guard var map = feeds?.object, var state = map["main-a"]?.object else { return }
        change(&state)
        map["main-a"] = .object(state)
        payload["feeds"] = .object(map)
    }

    @Test(arguments: plants) func aPlantedViolationIsFound(plant: Plant) throws {
        let conversation = try Conversation.make(plant.place, plant.change())
        let report = conversation.judged(keys: try conversation.jwks)
        #expect(report.findings.contains { $0.rule.id == plant.rule }, "\(report.text)")
        let rule = try #require(ConformanceRule.named(plant.rule))
        if rule.level == .violation { #expect(!report.conforms) }
        #expect(report.text.contains(rule.source) && report.json["findings"]?.array?.isEmpty == false)
    }

    @Test func everyRuleHasAPlantedViolation() {
        // These need more than one event that is wrong, or none: they have tests of their own.
        let own: Set = ["signature.unchecked", "trace.span", "enforcement.answered"]
        #expect(Set(ConformanceRule.all.map(\.id)).subtracting(Self.plants.map(\.rule)) == own)
    }

    @Test func signaturesThatNobodyCouldCheckAreSaidToBe() throws {
        let report = try Conversation.make().judged(keys: nil)
        #expect(report.conforms && report.findings.map(\.rule.id) == ["signature.unchecked"])
    }

    @Test func anEventThatIsNoSpanOfItsOwnIsFound() throws {
        let span = "00f067aa0ba902b7"
        var messages: [CapturedMessage] = []
        let conversation = try Conversation.make()
        for message in conversation.messages {
            var json = try #require(try JSONValue(parsing: Array(message.payload.utf8)).object)
            let trace = try #require(
                TraceContext(traceparent: json["traceparent"]?.string ?? "", tracestate: nil))
            json["traceparent"] = .string("00-\(trace.traceID)-\(span)-01")
            messages.append(
                CapturedMessage(time: message.time, topic: message.topic, payload: JSONValue.object(json).text, qos: 2))
        }
        var judge = ConformanceJudge(.init(role: .infra, keys: try conversation.jwks))
        for message in messages { judge.take(message) }
        #expect(judge.finish().findings.contains { $0.rule.id == "trace.span" })
    }

    @Test func anAlertThatNobodyAnswersIsFound() throws {
        let conversation = try Conversation.make()
        var judge = ConformanceJudge(
            .init(role: nil, keys: try conversation.jwks))
        for message in conversation.messages where !message.topic.contains("infra") { judge.take(message) }
        // Time passes, as any message shows.
        var later = try #require(conversation.messages.first)
        later.time = later.time + .seconds(200)
        judge.take(later)
        #expect(judge.finish().findings.contains { $0.rule.id == "enforcement.answered" })
    }

    /// As QoS 1 makes them.
    @Test func secondCopiesAreNotJudgedTwice() throws {
        let conversation = try Conversation.make(.active, .init(isTwice: true))
        #expect(conversation.judged(keys: try conversation.jwks).findings.isEmpty)
    }

    @Test func othersFaultsAreNotTheJudgedOnes() throws {
        let conversation = try Conversation.make(.active, .init(payload: { $0["severity"] = "critical" }))
        #expect(conversation.judged(by: .infra, keys: try conversation.jwks).conforms)
        #expect(!conversation.judged(by: .powerAgent, keys: try conversation.jwks).conforms)
    }

    @Test func nothingToJudgeIsNoConformance() throws {
        var judge = ConformanceJudge(.init(role: .infra, keys: nil))
        #expect(!judge.finish().conforms)
    }

    @Test func aPieceOfAConversationMayEndInTheMiddle() throws {
        let conversation = try Conversation.make(.resolved, .init(isLeftOut: true))
        let report = conversation.judged(by: .powerAgent, keys: try conversation.jwks, isComplete: false)
        #expect(report.conforms, "\(report.text)")
    }

    @Test func capturesAreReadLineByLine() throws {
        let message = try #require(try Conversation.make().messages.first)
        let read = try CapturedMessage(line: message.line)
        #expect(read.topic == message.topic && read.payload == message.payload && read.time == message.time)
        #expect(throws: CapturedMessage.Unreadable.self) { try CapturedMessage(line: #"{"time":"x"}"#) }
    }
}
