import StrictJSON
import Terminal
import Testing

/// What a person on call reads: few lines at any size, the worst first.
struct StatusTextTests {
    private static func breach(_ index: Int, failed: Int = 0, priorities: Int = 3) -> JSONValue {
        let counts: JSONValue = [
            "applied": 165, "failed": .number(JSONNumber(failed)), "skipped": 0, "in_progress": 8,
        ]
        let power: JSONValue = [
            "asked_watts": 4800, "confirmed_watts": 4710, "measured_watts": 46_600, "coverage": 1,
        ]
        return [
            "id": .string("\(10_000_000 + index)-0000-4000-8000-000000000000"), "feed": "main-a",
            "severity": "critical",
            "phase": "open", "opened_at": "2026-11-21T04:15:48Z", "counts": counts, "power": power,
            "priorities": .array(
                (0..<priorities).map { priority in
                    var object = counts.object ?? JSONObject()
                    object["priority"] = .number(JSONNumber(priority))
                    object["power"] = power
                    return .object(object)
                }), "release": .null, "awaiting_resume": false,
        ]
    }

    private static func status(_ changes: [String: JSONValue] = [:]) -> JSONValue {
        var object: JSONObject =
            ([
                "agent": "ima-test", "version": "1.0.0 (abc)", "at": "2026-11-21T04:20:00Z", "mode": "enforce",
                "standby": ["role": "leader", "leader": "ima-test"], "generation": 2, "frozen": .null,
                "broker": "subscribed", "journal": "open", "journal_failure": .null, "awaiting_resume": .null,
                "configuration": ["generation": 2, "errors": [], "needs_restart": []], "resources": 181,
                "breaches": [], "controls": [],
                "readiness": ["enforceable": 181, "visited": 181, "of": 181, "total": 181, "not_enforceable": []],
                "bmcs": ["total": 54, "healthy": 54, "failing": 0, "recovering": 0, "unknown": 0, "failures": []],
            ] as JSONValue).object ?? JSONObject()
        for (key, value) in changes { object[key] = value }
        return .object(object)
    }

    @Test func allIsWell() {
        let lines = StatusText.lines(Self.status())
        #expect(lines.first?.hasPrefix("ima-test: OK - mode enforce, leader, 181 resources") == true, "\(lines)")
        #expect(lines.count == 2)
        #expect(StatusJudgement(Self.status()).isGood)
    }

    @Test func aBreachTellsItsCountsWattsAndPriorities() {
        let status = Self.status(["breaches": [Self.breach(1, failed: 8)]])
        let lines = StatusText.lines(status)
        #expect(lines.contains("breach 10000001 critical on main-a: open for 4m12s"), "\(lines)")
        #expect(lines.contains("  165 applied, 8 failed, 8 in progress"))
        #expect(lines.contains("  asked 4800 W, confirmed 4710 W, measured 46.60 kW (coverage 100 %)"))
        #expect(lines.contains { $0.hasPrefix("  priority 2: 165 applied, 8 failed, 8 in progress, ") })
        #expect(lines[1].hasPrefix("! 8 failed in breach 10000001"))
        #expect(!StatusJudgement(status).isGood)
    }

    @Test func whatPeopleAreToDoIsTold() {
        func lines(_ actions: JSONValue) -> [String] {
            var breach = Self.breach(1).object ?? JSONObject()
            breach["infrastructure_actions"] = actions
            return StatusText.lines(Self.status(["breaches": [.object(breach)]]))
        }
        let told = "  for people to do, not executed: SHUTDOWN_NODES, TRIP_BREAKERS"
        #expect(lines(["SHUTDOWN_NODES", "TRIP_BREAKERS"]).contains(told))
        for nothing in [JSONValue.null, []] { #expect(!lines(nothing).contains { $0.contains("for people") }) }
    }

    @Test func aLostKeyFileIsAProblem() {
        let files = (1...5).map { JSONValue.string("/etc/ima/\($0).json") }
        let status = Self.status(["configuration": ["generation": 2, "key_files_lost": .array(files)]])
        let problems = StatusJudgement(status).problems
        #expect(problems.count == 4 && !StatusJudgement(status).isGood)
        #expect(problems.first?.hasPrefix("KEY FILE LOST: /etc/ima/1.json is gone or no key set") == true)
        #expect(problems.last == "KEY FILE LOST: 2 more files: `ima status --json`")
    }

    @Test func whatIsFrozenSaysByWhomAndWhy() {
        let freeze: JSONValue = [
            "scope": "rack-2", "user": "root", "reason": "cooling works", "since": .null, "until": .null,
        ]
        #expect(
            StatusJudgement.freezes(of: ["frozen": freeze]) == [
                "FROZEN: rack-2 by root (cooling works): nothing is written there; `ima thaw`"
            ])
        #expect(StatusJudgement.freezes(of: ["frozen": .null]).isEmpty)
    }

    private static let pair: JSONValue = [
        "role": "standby", "leader": "ima-a", "since": "2026-11-21T04:00:00Z", "site": "main", "shard": "a",
        "entry": 4711, "lag": 3,
        "members": [
            ["endpoint": "https://etcd1:2379", "healthy": true], ["endpoint": "https://etcd2:2379", "healthy": false],
        ], "trouble": .null,
    ]

    @Test func aStandbySaysWhoLeads() {
        let status = Self.status(["standby": Self.pair])
        let lines = StatusText.lines(status)
        #expect(lines.first?.hasPrefix("ima-test: OK - mode enforce, standby of ima-a, 181 ") == true, "\(lines)")
        #expect(lines.contains("- STANDBY of ima-a: it enforces nothing"))
        #expect(lines.contains("- 1 of 2 members of etcd do not answer: https://etcd2:2379"))
        #expect(
            lines.contains(
                "standby: main/a; ima-a leads since 2026-11-21T04:00:00Z; entry 4711, 3 behind; etcd: 1 of 2 members answer"
            ), "\(lines)")
        #expect(StatusJudgement(status).isGood)
    }

    @Test func shardsTellWhatCountsOverAll() {
        var shard = Self.pair.object ?? JSONObject()
        shard["role"] = "leader"
        func count(_ name: String, _ down: Int) -> JSONValue {
            ["shard": .string(name), "nodes": 6, "down": .number(JSONNumber(down))]
        }
        shard["site_counts"] = ["nodes": 6, "down": 1, "shards": [count("a", 1)], "trouble": .null]
        let alone = StatusText.lines(Self.status(["standby": .object(shard)]))
        #expect(alone.contains { $0.hasSuffix("1 of 2 members answer") }, "\(alone)")
        shard["site_counts"] = ["nodes": 12, "down": 3, "shards": [count("a", 1), count("b", 2)], "trouble": .null]
        let lines = StatusText.lines(Self.status(["standby": .object(shard)]))
        #expect(lines.contains { $0.hasSuffix("answer; 3 of 12 nodes down over 2 shards") }, "\(lines)")
        shard["site_counts"] = ["nodes": .null, "down": .null, "shards": [], "trouble": "a key cannot be read"]
        let unknown = Self.status(["standby": .object(shard)])
        #expect(!StatusJudgement(unknown).isGood)
        #expect(StatusText.lines(unknown)[1].hasPrefix("! SHARDS: what the others hold down is not known"))
    }

    @Test(arguments: [("standby", "NOT READY TO TAKE OVER: no majority"), ("leader", "ETCD: no majority; nothing is ")])
    func anEtcdThatIsAwayIsAProblem(role: String, words: String) {
        var standby = Self.pair.object ?? JSONObject()
        standby["role"] = .string(role)
        standby["trouble"] = "no majority"
        let status = Self.status(["standby": .object(standby)])
        #expect(!StatusJudgement(status).isGood)
        #expect(StatusText.lines(status)[1].hasPrefix("! \(words)"), "\(StatusText.lines(status))")
    }

    @Test func aBreachTellsWhatItsFeedCarriesAndMay() {
        var breach = Self.breach(1, failed: 0).object ?? JSONObject()
        breach["load"] = ["measured_watts": 1_150_000, "target_watts": 1_000_000, "at": "2026-11-21T04:19:48Z"]
        let status = Self.status(["at": "2026-11-21T04:20:00Z", "breaches": [.object(breach)]])
        let lines = StatusText.lines(status)
        #expect(
            lines.contains { $0.hasPrefix("  feed: 1150") && $0.contains("too much, said the alert 12s ago") },
            "\(lines)")
    }

    /// Each by itself is wrong, and says what helps.
    @Test(arguments: [
        ("broker", #""not subscribed""#, "DEAF"), ("journal_failure", #""disk full""#, "JOURNAL"),
        ("awaiting_resume", #""it is old""#, "NOT RESUMED"),
        ("frozen", #"{"user":"root","since":"2026-11-21T04:00:00Z","reason":"row 7"}"#, "FROZEN by root"),
        ("configuration", #"{"generation":1,"errors":["ima.yaml:3: no"],"needs_restart":[]}"#, "RELOAD FAILED"),
        ("configuration", #"{"generation":1,"errors":[],"needs_restart":["http"]}"#, "HALF-APPLIED"),
        ("readiness", #"{"enforceable":177,"visited":181,"total":181,"not_enforceable":[]}"#, "4 resources not"),
    ])
    func somethingIsWrong(key: String, value: String, words: String) throws {
        let status = Self.status([key: try JSONValue(parsing: Array(value.utf8))])
        #expect(!StatusJudgement(status).isGood)
        let lines = StatusText.lines(status)
        #expect(lines[0].contains("1 PROBLEM") && lines[1].hasPrefix("! \(words)"), "\(lines)")
    }

    @Test func observingIsAsItWasWanted() {
        let status = Self.status(["mode": "observe"])
        #expect(StatusJudgement(status).isGood)
        #expect(StatusText.lines(status)[1].hasPrefix("- OBSERVE"))
    }

    /// Everything at once, of ten thousand resources.
    @Test(arguments: [0, 1, 3, 40])
    func itFitsWhateverTheSize(breaches: Int) {
        let failures: [JSONValue] = (0..<12).map { cause in
            [
                "cause": "unreachable", "message": .string("cause \(cause) " + String(repeating: "x", count: 300)),
                "count": 1000, "recovering": 3, "since": "2026-11-21T04:00:00Z", "next": "looked at again",
                "bmcs": .array((0..<1000).map { .string("10.\(cause).\($0 / 250).\($0 % 250 + 1):443") }),
                "resources": .array((0..<1000).map { .string("dgx-\(cause)-\($0)") }),
            ]
        }
        let controls: [JSONValue] = (0..<10_000).map { index in
            [
                "control": .string("dgx-\(index)/power_limit"),
                "bmc": .string("https://10.1.\(index / 250).\(index % 250 + 1)"),
                "held": .string("\(index % 20) W"), "code": index % 3 == 0 ? "failed" : "applied",
                "message": .string("reason \(index % 30)\n" + String(repeating: "y", count: 400)),
            ]
        }
        let status = Self.status([
            "breaches": .array((0..<breaches).map { Self.breach($0, failed: $0 % 2, priorities: 12) }),
            "controls": .array(controls), "broker": "not subscribed", "journal_failure": "disk full",
            "awaiting_resume": "old", "frozen": ["user": "root"], "mode": "observe",
            "readiness": [
                "enforceable": 1, "visited": 9999, "total": 10_000,
                "not_enforceable": .array(
                    (0..<100).map { ["resource": .string("n-\($0)"), "why": .string("why \($0)")] }),
            ],
            "bmcs": [
                "total": 12_000, "healthy": 0, "failing": 12_000, "recovering": 0, "unknown": 7,
                "failures": .array(failures),
            ],
        ])
        let lines = StatusText.lines(status)
        #expect(lines.count <= 40)
        #expect(lines.allSatisfy { $0.count <= 160 && !$0.contains("\n") })
        #expect(lines.contains { $0.hasPrefix("failed: ") })
        if breaches > 0 { #expect(lines.contains { $0.hasPrefix("breach 1000") }) }
        if breaches == 40 { #expect(lines.contains { $0.hasSuffix("more breaches: `ima status --json`") }) }
    }

    private static func failed(_ index: Int, bmc: String, reason: String, cause: String) -> JSONValue {
        [
            "control": .string("a-machine-with-a-very-long-name-r\(index * 7)-\(index % 5)/power_limit"),
            "bmc": .string("https://\(bmc)"), "held": .null, "code": "failed", "reason": .string(reason),
            "cause": .string(cause), "message": .string(cause),
        ]
    }

    @Test func manyNamesDoNotPushTheCauseOutOfTheLine() {
        let controls = (0..<200).map {
            Self.failed($0, bmc: "10.1.\($0).7:\(20_000 + $0)", reason: "refused", cause: "the BMC says no: 403")
        }
        let lines = StatusText.lines(Self.status(["controls": .array(controls)]))
        let line = lines.first { $0.hasPrefix("failed: 200 controls on 10.1.") }
        #expect(line?.hasSuffix(": the BMC says no: 403") == true, "\(lines)")
    }

    @Test func ofSeveralWaysNotToBeReachedTheMostFrequentIsTold() {
        let controls =
            (0..<3).map { Self.failed($0, bmc: "10.1.0.1", reason: "unreachable", cause: "unreachable: reset") }
            + [Self.failed(4, bmc: "10.1.0.2", reason: "circuit_open", cause: "unreachable: refused")]
        let groups = FailureGroup.groups(controls)
        #expect(groups.map(\.message) == ["unreachable: reset"])
        #expect(groups.first?.controls == 4 && groups.first?.bmcs.count == 2)
    }

    /// By whom and until when is asked first of something that is frozen, also where several froze something.
    @Test func eachOfSeveralFreezesSaysWhoseItIs() throws {
        func freezes(_ count: Int) throws -> JSONValue {
            let all = (0..<count).map {
                #"{"scope":"rack-\#($0)","user":"u\#($0)","since":"2026-11-21T04:00:00Z","reason":"why \#($0)","until":null}"#
            }
            let text = #"{"scope":"many","user":"u0","freezes":[\#(all.joined(separator: ","))]}"#
            return Self.status(["frozen": try JSONValue(parsing: Array(text.utf8))])
        }
        let two = try StatusText.lines(freezes(2))
        #expect(two[0].contains("2 PROBLEMS"), "\(two)")
        #expect(
            two[2] == "! FROZEN: rack-1 by u1 since 2026-11-21T04:00:00Z (why 1): nothing is written there; `ima thaw`")
        #expect(try StatusText.lines(freezes(5))[4] == "! FROZEN: 2 more freezes: `ima status --json`")
    }
}
