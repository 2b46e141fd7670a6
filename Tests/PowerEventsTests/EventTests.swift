import PowerEvents
import StrictJSON
import Testing

struct EventTests {
    static let id = "7c5663bd-044b-4721-b837-1cba1c5e7128"

    static let envelope = """
        {"specversion":"1.0.2","id":"\(id)","source":"//grid/v1/poweragent/dps-prod",
         "type":"grid.powerbreach.alert.v1","time":"2026-11-21T04:20:00Z","datacontenttype":"application/json",
         "subject":"grid.v1.whatever","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
         "tracestate":"vendor=1","data":"a.b.c","extension9":"tolerated"}
        """

    static let alert = """
        {"feed_tag":"main-a","status":"active","severity":"warning",
         "breach":{"breach_id":"\(id)","detected_at":"2026-11-21T04:20:00Z"},
         "target":{"correlation_id":"\(id)","load_constraint":{"value":1,"unit":"megawatt"}},
         "measured_load":{"value":1150.5,"unit":"kilowatt"},
         "shed_hints":[{"resource_id":"dgx-01","resource_type":"node","action":"power_cap","priority":1,
                        "target_power":{"value":0.7,"unit":"kilowatt"}}],
         "infrastructure_actions":["SHUTDOWN_NODES"]}
        """

    static func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test func readsAnEnvelope() throws {
        let event = try CloudEvent(json: Self.json(Self.envelope))
        #expect(event.source.role == .powerAgent)
        #expect(event.trace?.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(event.trace?.state == "vendor=1")
        #expect(event.data == .signed("a.b.c"))
    }

    @Test(arguments: [
        ("1.0.2", "1.0"), ("application/json", "application/json"),
        ("\"subject\":\"grid.v1.whatever\"", "\"subject\":\"\""),
        ("poweragent", "dsx-flex-agent"), ("-b7ad6b7169203331-", "-0000000000000000-"),
    ])
    func tolerates(old: String, new: String) throws {
        #expect(throws: Never.self) {
            try CloudEvent(json: Self.json(Self.envelope.replacing(old, with: new)))
        }
    }

    @Test(arguments: [
        ("\"specversion\":\"1.0.2\",", "", "$.specversion"), ("1.0.2", "0.3", "$.specversion"),
        ("\"id\":\"\(id)\",", "", "$.id"), (id, "42", "$.id"), ("//grid/v1/poweragent/dps-prod", "dps", "$.source"),
        ("poweragent", "infrastructure", "$.source"), ("grid.powerbreach.alert.v1", "other", "$.type"),
        ("2026-11-21T04:20:00Z", "yesterday", "$.time"), ("application/json", "text/plain", "$.datacontenttype"),
        ("-b7ad6b7169203331-", "-B7AD6B7169203331-", "$.traceparent"), ("\"a.b.c\"", "7", "$.data"),
        ("\"a.b.c\"", "null", "$.data"), ("\"subject\":\"grid.v1.whatever\",", "", "$.subject"),
        ("\"extension9\"", "\"data_base64\"", "$.data_base64"),
    ])
    func refusesEnvelopes(old: String, new: String, path: String) throws {
        let error = try #require(throws: EventDecodingError.self) {
            try CloudEvent(json: Self.json(Self.envelope.replacing(old, with: new)))
        }
        #expect(error.path == path)
    }

    @Test func anEnvelopeSurvivesTheRoundTrip() throws {
        let event = try CloudEvent(json: Self.json(Self.envelope))
        #expect(try CloudEvent(json: event.json) == event)
        #expect(event.json["specversion"] == "1.0.2")
    }

    @Test func readsAnAlert() throws {
        let alert = try BreachAlert(json: Self.json(Self.alert))
        #expect(alert.shedHints[0].targetPower?.watts == Watts(700))
        #expect(alert.measuredLoad.watts.microwatts == 1_150_500_000_000)
        #expect(alert.infrastructureActions == [.shutdownNodes])
        #expect(try BreachAlert(json: alert.json) == alert)
    }

    @Test(arguments: [
        ("\"active\"", "\"Active\"", "$.status"), ("\"priority\":1", "\"priority\":0", "$.shed_hints[0].priority"),
        ("\"priority\":1", "\"priority\":1.5", "$.shed_hints[0].priority"),
        ("\"node\"", "\"rack\"", "$.shed_hints[0].resource_type"),
        ("0.7,", "-0.7,", "$.shed_hints[0].target_power.value"),
        ("0.7,", "\"0.7\",", "$.shed_hints[0].target_power.value"),
        ("1150.5,\"unit\":\"kilowatt\"", "1,\"unit\":\"horsepower\"", "$.measured_load.unit"),
        ("\"severity\":\"warning\",", "", "$.severity"),
        ("\"SHUTDOWN_NODES\"", "\"EXPLODE\"", "$.infrastructure_actions[0]"),
        ("\"feed_tag\":\"main-a\",", "\"feed_tag\":\"\",", "$.feed_tag"),
        (
            "\"infrastructure_actions\":[\"SHUTDOWN_NODES\"]", "\"infrastructure_actions\":{}",
            "$.infrastructure_actions"
        ),
    ])
    func refusesAlerts(old: String, new: String, path: String) throws {
        let error = try #require(throws: EventDecodingError.self) {
            try BreachAlert(json: Self.json(Self.alert.replacing(old, with: new)))
        }
        #expect(error.path == path)
    }

    @Test func absentHintsAreNoHints() throws {
        var object = try #require(try Self.json(Self.alert).object)
        object["shed_hints"] = nil
        #expect(try BreachAlert(json: .object(object)).shedHints.isEmpty)
        object["shed_hints"] = .null
        #expect(try BreachAlert(json: .object(object)).shedHints.isEmpty)
    }

    @Test func payloadsOfOtherKindsAreRefused() throws {
        let breach = try #require(UUIDText(Self.id))
        let enforcement = Enforcement(
            breachID: breach, feedTag: "main-a", action: .applied, code: .success, results: [],
            timestamp: Timestamp(milliseconds: 0))
        let target = LoadTargetSet(targets: [.init(loadConstraint: nil)])
        #expect(throws: EventDecodingError.self) { try BreachAlert(json: enforcement.json) }
        #expect(throws: EventDecodingError.self) { try BreachAlert(json: target.json) }
        // One payload that satisfies two schemas is neither.
        var both = try #require(try Self.json(Self.alert).object)
        for member in try #require(enforcement.json.object) { both[member.key] = member.value }
        #expect(throws: EventDecodingError.self) { try BreachAlert(json: .object(both)) }
        #expect(throws: EventDecodingError.self) { try Enforcement(json: .object(both)) }
    }

    @Test func enforcementsSurviveTheRoundTrip() throws {
        let result = EnforcementResult(
            resourceID: "dgx-01", resourceType: .node, requestedAction: .powerCap, code: .applied, message: "raised",
            appliedPower: PowerQuantity(watts: Watts(3200), unit: .kilowatt))
        let enforcement = Enforcement(
            breachID: try #require(UUIDText(Self.id)), feedTag: "main-a", action: .reverted, code: .partial,
            diagnosticMessage: "d", results: [result], timestamp: try #require(Timestamp("2026-11-21T04:20:00Z")))
        #expect(try Enforcement(json: enforcement.json) == enforcement)
        #expect(enforcement.json["results"]?.array?[0]["applied_power", "value"]?.text == "3.2")
    }

    @Test func loadTargetsSurviveTheRoundTrip() throws {
        let target = LoadTargetSet(targets: [
            .init(
                interval: Interval(start: Timestamp("2026-11-21T04:20:00Z")), feedTags: ["main-a"],
                loadConstraint: PowerQuantity(watts: Watts(900_000), unit: .kilowatt), bestEffort: true),
            .init(loadConstraint: nil),
        ])
        #expect(try LoadTargetSet(json: target.json) == target)
        #expect(throws: EventDecodingError.self) { try LoadTargetSet(json: ["targets": []]) }
    }

    @Test func powerStatesAreReadInBothLayouts() throws {
        let feed: (PowerStateStatus.Event?) -> FeedState = { event in
            let power = PowerQuantity(watts: Watts(1_000_000), unit: .megawatt)
            return FeedState(
                powerMinimum: power, powerMaximum: power, defaultConstraint: power, calculatedLoad: power, event: event)
        }
        let time = Timestamp(milliseconds: 0)
        let old = PowerStateStatus(snapshotTime: time, event: .periodic, feeds: [(tag: "main-a", state: feed(nil))])
        let new = PowerStateStatus(snapshotTime: time, feeds: [(tag: "main-a", state: feed(.startRampDown))])
        #expect(try PowerStateStatus(json: old.json) == old)
        #expect(try PowerStateStatus(json: new.json) == new)
        let neither = PowerStateStatus(snapshotTime: time, feeds: [(tag: "main-a", state: feed(nil))])
        let error = try #require(throws: EventDecodingError.self) { try PowerStateStatus(json: neither.json) }
        #expect(error.path == "$.feeds.main-a.event")
    }

    @Test func topicsCarryPrefixAndRole() throws {
        let source = try #require(EventSource("//grid/v1/dsx-flex-agent/maxlps"))
        let topic = Topic(.breachAlert, publisher: source, prefix: "cpc/1/")
        #expect(topic.description == "cpc/1/grid/v1/dsx-flex-agent/maxlps/powerbreach")
        let read = try #require(Topic("cpc/1/grid/v1/poweragent/maxlps/powerbreach", prefix: "cpc/1/"))
        #expect(read.publisher == source)
        #expect(Topic("grid/v1/poweragent/maxlps/powerbreach", prefix: "cpc/1/") == nil)
        #expect(Topic("grid/v1/infra/x/powerbreach") == nil)
        #expect(Topic("grid/v1/infra/x/powerbreach/enforcement")?.type == .enforcement)
    }

    @Test(arguments: EventType.allCases)
    func topicsAreBuiltAsTheyAreRead(type: EventType) throws {
        let role: EventSource.Role =
            switch type {
            case .loadTargetSet: .isv
            case .powerStateStatus, .breachAlert: .powerAgent
            case .enforcement: .infra
            }
        let source = EventSource(role: role, identifier: "x-1")
        let topics = Topic.all(type, publisher: source, prefix: "cpc/1/")
        #expect(topics.count == (role == .powerAgent ? 2 : 1))
        for text in topics {
            let topic = try #require(Topic(text, prefix: "cpc/1/"), "\(text)")
            #expect(topic.type == type && topic.publisher == source)
            #expect(Topic(type, publisher: topic.publisher, prefix: "cpc/1/").description == text)
        }
    }

    @Test func filtersNameEveryPublisher() {
        #expect(Topic.filter(.enforcement) == "grid/v1/infra/+/powerbreach/enforcement")
        #expect(Topic.filter(.breachAlert, prefix: "cpc/1/") == "cpc/1/grid/v1/+/+/powerbreach")
    }

    @Test func childSpansStayInTheTrace() throws {
        let parent = try #require(
            TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=b"))
        let child = parent.child(randomBytes: [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(child.traceparent == "00-0af7651916cd43dd8448eb211c80319c-0102030405060708-01")
        #expect(child.state == "a=b")
        #expect(
            TraceContext(traceparent: "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: nil) == nil
        )
    }
}
