import OperatorAPI
import Testing

struct OperatorAPITests {
    /// The page and `ima status` tell the same groups: both ask this.
    @Test func thatABMCIsNotAskedAnyMoreIsTheTroubleThatItDoesNotAnswer() {
        func cause(_ reason: String, _ words: String) -> FailureCause {
            FailureCause(reason: reason, cause: words, message: "\(words) of this one")
        }
        let silent = cause("unreachable", "unreachable: reset")
        let open = cause("circuit_open", "circuit open: not asked")
        let groups = FailureCause.grouped([open, silent, silent, cause("refused", "no: 403")]) { $0 }
        #expect(groups.map(\.words) == ["unreachable: reset", "no: 403"])
        #expect(groups.map(\.members.count) == [3, 1])
        #expect(FailureCause(reason: nil, cause: nil, message: nil).words == "no reason")
    }

    @Test func aRequestSaysWhatItMeansAndNoMore() throws {
        #expect(try CommandRequest(json: []) == CommandRequest())
        var request = CommandRequest()
        request.feeds = ["main-a"]
        request.duration = "30m"
        request.reason = "a leak"
        #expect(try CommandRequest(json: request.json) == request)
        #expect(request.namesParts)
        let text = String(decoding: request.json, as: UTF8.self)
        #expect(text.contains(#""for":"30m""#))
        let known = try CommandRequest(json: Array(#"{"dry_run":true,"resources":null,"later":1}"#.utf8))
        #expect(known.dryRun && known.resources.isEmpty && !known.namesParts)
    }

    @Test(arguments: ["[]", "7", "{", #"{"resources":"all"}"#, #"{"now":"yes"}"#])
    func whatIsNoRequestIsRefused(text: String) {
        #expect(throws: CommandRequest.Unusable.self) { try CommandRequest(json: Array(text.utf8)) }
    }

    @Test func theHistoryKeepsWhatAReloadDidInOneLine() {
        var reply = ReloadReply()
        reply.generation = 4
        #expect(reply.summary == "generation 4 is in force: nothing had changed")
        reply.changed = (1...30).map { .init(key: "k\($0)", from: "a", to: "b") }
        #expect(reply.summary.hasPrefix("generation 4 is in force: k1: a -> b; k2: a -> b; "))
        #expect(reply.summary.hasSuffix("; and 10 more"))
        reply.errors = ["ima.yaml:3: no", "ima.yaml:4: no"]
        #expect(reply.summary == "refused, generation 4 stays in force: ima.yaml:3: no (and 1 more)")
    }

    @Test func aReloadIsToldInLines() throws {
        var reply = ReloadReply()
        reply.generation = 4
        #expect(reply.lines.first == "generation 4 is in force; nothing had changed")
        reply.changed = [.init(key: "mode", from: "enforce", to: "observe")]
        reply.resources.added = (1...50).map { "n\($0)" }
        reply.needsRestart = [.init(key: "http", from: "none", to: "127.0.0.1:1")]
        reply.files = ["/etc/ima/ca.pem"]
        let lines = reply.lines
        #expect(lines.contains("  mode: enforce -> observe"))
        #expect(lines.contains { $0.hasPrefix("  resources added: n1, ") && $0.hasSuffix("and 10 more") })
        #expect(lines.contains("  file changed: /etc/ima/ca.pem"))
        #expect(lines.contains("  http: none -> 127.0.0.1:1"))
        #expect(try ReloadReply(json: Array(reply.json.utf8)) == reply)
        reply.errors = ["ima.yaml:7: mode: should be one of enforce, observe (got \"x\")"]
        #expect(reply.lines.first == reply.errors.first)
        #expect(reply.lines.last == "nothing was changed; generation 4 stays in force")
    }
}
