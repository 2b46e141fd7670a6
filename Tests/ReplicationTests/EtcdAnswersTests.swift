import StrictJSON
import Testing

@testable import Replication

/// The gateway's answers: its traps, and what is no answer.
struct EtcdAnswersTests {
    private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    private let transaction = EtcdTransaction(
        compares: [.init(key: "k", createRevision: 0)], operations: [.put("k", [1])], otherwise: [.get(EtcdRange("k"))])

    @Test func aCompareThatFailedHasNoSucceeded() throws {
        let answer = try EtcdAnswers.transaction(
            json(
                #"{"header":{"revision":"7"},"responses":[{"response_range":{"header":{"revision":"7"},"kvs":[{"key":"aw==","create_revision":"3","mod_revision":"3","version":"1","value":"AQ=="}],"count":"1"}}]}"#
            ), of: transaction)
        #expect(!answer.hasSucceeded && answer.revision == 7)
        let pair = EtcdKeyValue(key: "k", value: [1], createRevision: 3, modRevision: 3)
        #expect(answer.pages == [EtcdPage(pairs: [pair], revision: 7)])
    }

    @Test func aTransactionThatSucceeded() throws {
        let answer = try EtcdAnswers.transaction(
            json(#"{"header":{"revision":"8"},"succeeded":true,"responses":[{"response_put":{}}]}"#), of: transaction)
        #expect(answer.hasSucceeded)
    }

    @Test func responsesToOtherOperationsAreNoAnswer() throws {
        #expect(throws: EtcdAnswers.Malformed.self) {
            try EtcdAnswers.transaction(json(#"{"header":{"revision":"8"},"succeeded":true}"#), of: transaction)
        }
    }

    @Test func aLostLeaseIs200WithoutTTL() throws {
        #expect(try EtcdAnswers.keepAlive(json(#"{"result":{"header":{"revision":"1"},"ID":"5"}}"#), of: 5) == nil)
        #expect(try EtcdAnswers.keepAlive(json(#"{"result":{"ID":"5","TTL":"-1"}}"#), of: 5) == nil)
        #expect(try EtcdAnswers.keepAlive(json(#"{"result":{"ID":"5","TTL":"2"}}"#), of: 5) == .seconds(2))
        #expect(throws: EtcdAnswers.Malformed.self) {
            try EtcdAnswers.keepAlive(json(#"{"result":{"ID":"6","TTL":"2"}}"#), of: 5)
        }
    }

    /// One is added to revisions. Leases are drawn from all positive numbers.
    @Test func revisionsHaveRoomAboveThemAndLeasesNeedNone() throws {
        let most = "4611686018427387904"
        #expect(try EtcdAnswers.page(json(#"{"header":{"revision":"\#(most)"}}"#)).revision == 1 << 62)
        for number in ["4611686018427387905", "9223372036854775807"] {
            #expect(throws: EtcdAnswers.Malformed.self) {
                try EtcdAnswers.page(json(#"{"header":{"revision":"\#(number)"}}"#))
            }
            for name in ["mod_revision", "create_revision"] {
                #expect(throws: EtcdAnswers.Malformed.self) {
                    try EtcdAnswers.page(
                        json(#"{"header":{"revision":"4"},"kvs":[{"key":"aw==","\#(name)":"\#(number)"}]}"#))
                }
            }
        }
        #expect(try EtcdAnswers.grant(json(#"{"ID":"9223372036854775807","TTL":"5"}"#)).id == .max)
    }

    @Test func anEmptyRangeHasNoKeys() throws {
        #expect(try EtcdAnswers.page(json(#"{"header":{"revision":"4"}}"#)) == EtcdPage(revision: 4))
    }

    @Test func keysThatWereNotAskedForAreNoAnswer() throws {
        let answer = try json(#"{"header":{"revision":"4"},"kvs":[{"key":"aw==","value":"AQ=="}]}"#)
        #expect(try EtcdAnswers.page(answer, of: EtcdRange("k")).pairs.count == 1)
        #expect(throws: EtcdAnswers.Malformed.self) { try EtcdAnswers.page(answer, of: EtcdRange("l")) }
        #expect(throws: EtcdAnswers.Malformed.self) { try EtcdAnswers.page(answer, of: EtcdRange(from: "a", to: "k")) }
    }

    @Test(arguments: [
        #"{"header":{"revision":"-1"}}"#, #"{"header":{"revision":"9223372036854775808"}}"#,
        #"{"header":{"revision":{}}}"#, #"{"header":{"revision":"4"},"kvs":{}}"#,
        #"{"header":{"revision":"4"},"kvs":[{"key":"?","value":"AQ=="}]}"#,
        #"{"header":{"revision":"4"},"kvs":[{"value":"AQ=="}]}"#, #"{"header":{"revision":"4"},"kvs":[7]}"#,
        #"{"header":{"revision":"4"},"kvs":[{"key":"/w==","value":"AQ=="}]}"#,
        #"{"header":{"revision":"4"},"more":"yes"}"#, "7", "null", "[]",
    ])
    func whatIsNoRangeIsRefused(_ text: String) throws {
        #expect(throws: EtcdAnswers.Malformed.self) { try EtcdAnswers.page(json(text)) }
    }

    @Test func aPutOfAWatchHasNoType() throws {
        let news = try EtcdWatchNews(
            Array(
                #"{"result":{"header":{"revision":"9"},"events":[{"kv":{"key":"aw==","value":"AQ=="}},{"type":"DELETE","kv":{"key":"bA=="}}]}}"#
                    .utf8), endpoint: "e")
        #expect(news.revision == 9)
        #expect(news.events == [.put(.init(key: "k", value: [1])), .delete("l")])
    }

    @Test(arguments: [
        (#"{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader"}}"#, EtcdError.Kind.away),
        (#"{"result":{"header":{"revision":"9"},"canceled":true,"compact_revision":"5"}}"#, .compacted),
        (#"{"result":{"header":{"revision":"9"},"canceled":true,"cancel_reason":"permission denied"}}"#, .denied),
        (#"{"result":{"header":{"revision":"9"},"events":[{"type":"MOVE","kv":{"key":"aw=="}}]}}"#, .malformed),
        ("{}", .malformed), ("nonsense", .malformed),
    ])
    func aWatchThatIsOverSaysWhy(_ line: String, _ kind: EtcdError.Kind) throws {
        let error = try #require(throws: EtcdError.self) { try EtcdWatchNews(Array(line.utf8), endpoint: "e") }
        #expect(error.kind == kind)
    }

    @Test(arguments: [
        (401, #"{"error":"x","message":"etcdserver: invalid auth token","code":16}"#, EtcdError.Kind.token),
        (400, #"{"message":"etcdserver: user name is empty","code":3}"#, .token),
        (400, #"{"message":"etcdserver: authentication failed, invalid user ID or password","code":3}"#, .denied),
        (403, #"{"message":"etcdserver: permission denied","code":7}"#, .denied),
        (503, #"{"message":"etcdserver: request timed out","code":14}"#, .away),
        (502, "<html>", .away), (404, "", .refused),
        (429, #"{"message":"etcdserver: mvcc: database space exceeded","code":8}"#, .refused),
        (400, #"{"message":"etcdserver: mvcc: required revision has been compacted","code":11}"#, .compacted),
    ])
    func refusalsAreTold(_ status: Int, _ body: String, _ kind: EtcdError.Kind) {
        #expect(EtcdAnswers.refusal(Array(body.utf8), status: status, endpoint: "e").kind == kind)
    }

    @Test func int64AreStringsAndKeysBase64() throws {
        #expect(EtcdRequests.grant(seconds: 2) == #"{"TTL":"2"}"#)
        let range = EtcdRequests.range(EtcdRange(prefix: "a/"), limit: 5)
        #expect(range == #"{"key":"YS8=","range_end":"YTA=","limit":"5"}"#)
        let text = EtcdRequests.transaction(transaction)
        #expect(
            text
                == #"{"compare":[{"result":"EQUAL","target":"CREATE","key":"aw==","create_revision":"0"}],"success":[{"request_put":{"key":"aw==","value":"AQ=="}}],"failure":[{"request_range":{"key":"aw=="}}]}"#
        )
    }

    @Test func linesOfAStreamComeInPieces() throws {
        var lines = StreamLines(longest: 8)
        #expect(try lines.add(Array("ab".utf8)).isEmpty)
        #expect(try lines.add(Array("c\n\nde\nf".utf8)) == [Array("abc".utf8), Array("de".utf8)])
        #expect(try lines.add(Array("\n".utf8)) == [Array("f".utf8)])
        #expect(throws: StreamLines.TooLong.self) { try lines.add(Array("123456789".utf8)) }
        var others = StreamLines(longest: 8)
        #expect(throws: StreamLines.TooLong.self) { try others.add(Array("123456789\n".utf8)) }
    }

    @Test(arguments: [
        ("http://127.0.0.1:2379", "http://127.0.0.1:2379"),
        ("https://etcd-1.example.com", "https://etcd-1.example.com:2379"),
        ("http://[::1]:1", "http://[::1]:1"), ("http://localhost", "http://localhost:2379"),
    ])
    func endpointsAreAddresses(_ text: String, _ url: String) throws {
        #expect(try EtcdEndpoint(checking: text).url == url)
    }

    @Test(arguments: [
        "http://10.0.0.1:2379", "http://127.evil.example.com", "http://127.0.0.010", "ftp://127.0.0.1", "https://a/b",
        "https://u@a", "127.0.0.1:2379", "http://0x7f.1", "",
    ])
    func plainHTTPIsForThisMachineOnly(_ text: String) {
        #expect(throws: (any Error).self) { try EtcdEndpoint(checking: text) }
    }

    @Test func oneMemberAfterTheOther() {
        var order = EndpointOrder(count: 3)
        order.failed(0, "gone")
        #expect(order.current == 1)
        // Several requests that failed at the same member move on once.
        order.failed(0, "gone")
        #expect(order.current == 1 && order.troubles[0] == "gone")
        order.failed(1, "gone")
        order.failed(2, "gone")
        #expect(order.current == 0)
        order.succeeded(0)
        #expect(order.troubles == [nil, "gone", "gone"] && order.answered == [true, false, false])
    }
}
