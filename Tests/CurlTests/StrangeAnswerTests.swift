import Curl
import Foundation
import TestSupport
import Testing

/// Answers that no server should give: each ends the request, none the process, and none grows without bound.
@Suite(.timeLimit(.minutes(1))) struct StrangeAnswerTests {
    private static let pool = HTTPClientPool(.init(workers: 1))

    private func ask(
        _ answer: [UInt8], tail: [UInt8] = [], decodes: Bool = false, headers: [(name: String, value: String)] = [],
        limit: Int = 10_000
    ) async throws -> (response: HTTPResponse, asked: String) {
        let server = try RawServer(answer, tail: tail)
        defer { server.close() }
        var request = HTTPRequest(
            .get, url: "http://127.0.0.1:\(server.port)/", headers: headers, timeout: .seconds(2),
            maximumBodySize: limit, freshConnection: true, followup: .none)
        request.decodesContent = decodes
        let response = try await Self.pool.send(request)
        return (response, server.requests.joined())
    }

    private func answer(_ headers: String, _ body: [UInt8]) -> [UInt8] {
        Array("HTTP/1.1 200 OK\r\n\(headers)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    private static let document = #"{"SetPoint":700}"#
    private static let gzip = "H4sIAAAAAAACA6tWCk4tCcjPzCtRsjI3MKgFAAmI+0oQAAAA"
    private static let deflate = "eJyrVgpOLQnIz8wrUbIyNzCoBQAvIwVE"
    /// 200,000 times the same letter.
    private static let bomb =
        "H4sIAAAAAAACA+3BMQEAAADCoNqLbwZ/oAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AACA1wByAr9RQA0DAA=="

    private func bytes(_ base64: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: base64))) }

    @Test(arguments: [("gzip", gzip), ("x-gzip", gzip), ("deflate", deflate), ("GZIP", gzip)])
    func whatIsCompressedIsReadWhereThatIsWanted(coding: String, body: String) async throws {
        let answer = answer("Content-Encoding: \(coding)\r\n", try bytes(body))
        let decoded = try await ask(answer, decodes: true)
        #expect(String(decoding: decoded.response.body, as: UTF8.self) == Self.document)
        #expect(decoded.asked.contains("Accept-Encoding: gzip, deflate"))
        #expect(try await ask(answer).response.body == bytes(body), "as it came")
        let plain = try await ask(answer, decodes: true, headers: [("Accept-Encoding", "identity")])
        #expect(plain.asked.contains("Accept-Encoding: identity") && !plain.asked.contains("gzip"))
        #expect(String(decoding: plain.response.body, as: UTF8.self) == Self.document)
    }

    @Test func whatIsPackedTightlyIsBoundedAsItIsUnpacked() async throws {
        let answer = answer("Content-Encoding: gzip\r\n", try bytes(Self.bomb))
        let error = await #expect(throws: CurlError.self) { try await ask(answer, decodes: true) }
        #expect(error?.kind == .tooLarge)
        #expect(try await ask(answer, decodes: true, limit: 200_000).response.body.count == 200_000)
    }

    @Test(arguments: ["gzip", "br", "gzip, gzip, gzip, gzip, gzip, gzip, gzip", "no-such-coding"])
    func aCodingThatIsNoneEndsTheRequest(coding: String) async throws {
        let answer = answer("Content-Encoding: \(coding)\r\n", Array(Self.document.utf8))
        await #expect(throws: CurlError.self) { try await ask(answer, decodes: true) }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}", "{}", "<html>", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n", "",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}",
        "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 1 << 20))\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\n\(String(repeating: "X: y\r\n", count: 5000))\r\n{}",
    ])
    func whatIsNoAnswerEndsTheRequest(answer: String) async {
        await #expect(throws: CurlError.self) { _ = try await ask(Array(answer.utf8)) }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n\r\n", "x"), ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
        ("", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"), ("HTTP/1.1 200 OK\r\n", "X: y\r\n"),
        ("HTTP/1.1 200 OK\r\nX: ", "x"), ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"),
    ])
    func whatNeverEndsIsEnded(answer: String, tail: String) async {
        let many = Array(String(repeating: tail, count: 1000).utf8)
        await #expect(throws: CurlError.self) { _ = try await ask(Array(answer.utf8), tail: many) }
    }

    @Test func anyStatusIsAnAnswer() async throws {
        let answer = Array("HTTP/1.1 999 \u{FF}\r\nContent-Length: 2\r\nRetry-After: \u{1}\r\n\r\n{}".utf8)
        #expect(try await ask(answer).response.status == 999)
    }
}
