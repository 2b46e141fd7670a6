import CommandLineTool
import Curl
import Foundation
import OperatorAPI
import StrictJSON

/// Talks to the running agent over its control socket.
enum ControlClient {
    /// A value for a query string or a part of a path (RFC 3986 section 3.4).
    static func escape(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
            ?? ""
    }

    static func ask(_ path: String, _ options: SocketOption) async throws -> JSONValue {
        let answer = try await send(.get, path, body: nil, options)
        guard let json = try? JSONValue(parsing: answer) else { throw Failure("the agent's answer is no JSON") }
        return json
    }

    /// Asks an agent that may not be there.
    static func ask(_ path: String, sending body: [UInt8], to socket: String) async throws -> JSONValue {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let response = try await pool.send(
            HTTPRequest(
                .post, url: "http://ima\(path)", headers: [("Content-Type", "application/json")], body: body,
                timeout: .seconds(60), unixSocket: socket))
        guard response.status == 200 else { throw Failure("\(socket): HTTP \(response.status)") }
        return try JSONValue(parsing: response.body)
    }

    /// - Returns: the answer's bytes, whatever they are
    static func fetch(_ path: String, _ options: SocketOption) async throws -> [UInt8] {
        try await send(.get, path, body: nil, options)
    }

    /// - Returns: the answer's bytes
    static func command(_ path: String, _ request: CommandRequest, _ options: SocketOption) async throws -> [UInt8] {
        try await send(.post, path, body: request.json, options)
    }

    /// Gives a command, and prints what happens next.
    static func obey(_ path: String, _ request: CommandRequest, _ options: SocketOption, done: String) async throws {
        let reply = try CommandReply(json: try await command(path, request, options))
        print("\(done)\(reply.breach.map { " \($0)" } ?? ""): \(reply.next)")
    }

    private static func send(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8]?, _ options: SocketOption
    ) async throws -> [UInt8] {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        var failures: [String] = []
        for socket in try options.candidates() {
            let request = HTTPRequest(
                method, url: "http://ima\(path)", headers: body == nil ? [] : [("Content-Type", "application/json")],
                body: body, timeout: .seconds(60), unixSocket: socket)
            let response: HTTPResponse
            do {
                response = try await pool.send(request)
            } catch {
                failures.append("\(socket): no agent answers (\((error as? CurlError)?.message ?? "\(error)"))")
                continue
            }
            if response.status == 200 { return response.body }
            let json = try? JSONValue(parsing: response.body)
            // 400: what was asked is no question, whatever the state of the agent.
            throw Failure(
                json?["error"]?.string ?? "\(socket): HTTP \(response.status)", code: response.status == 400 ? 2 : 1)
        }
        throw Failure(failures.joined(separator: "; "))
    }
}
