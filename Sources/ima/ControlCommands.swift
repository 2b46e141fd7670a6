import Agent
import ArgumentParser
import CommandLineTool
import Curl
import Foundation
import StrictJSON

/// Talks to the running agent over its control socket.
enum ControlClient {
    /// A value for a query string (RFC 3986 section 3.4).
    static func escape(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
            ?? ""
    }

    static func ask(_ method: HTTPRequest.Method, _ path: String, _ options: ConfigOption) async throws -> JSONValue {
        let configuration = try options.load()
        guard let socket = configuration.controlSocket else {
            throw Failure("\(options.config): control: names no socket, so the agent cannot be asked", code: 2)
        }
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let request = HTTPRequest(
            method, url: "http://ima\(path)", body: method == .post ? [] : nil, unixSocket: socket)
        let response: HTTPResponse
        do {
            response = try await pool.send(request)
        } catch {
            throw Failure("\(socket): no agent answers (\((error as? CurlError)?.message ?? "\(error)"))")
        }
        let json = (try? JSONValue(parsing: response.body)) ?? .null
        guard response.status == 200 else { throw Failure(json["error"]?.string ?? "HTTP \(response.status)") }
        return json
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What the running agent holds, and for which breaches.")

    @OptionGroup var options: ConfigOption
    @Flag(name: .long, help: "Print JSON.") var json = false

    func run() async throws {
        let status = try await ControlClient.ask(.get, "/status", options)
        if json { return print(status.text) }
        let breaches = status["breaches"]?.array ?? []
        let controls = status["controls"]?.array ?? []
        let frozen = status["frozen"] == true ? ", FROZEN" : ""
        print(
            "\(status["resources"]?.text ?? "0") resources, \(breaches.count) breaches, \(controls.count) controls\(frozen)"
        )
        if let reason = status["awaiting_resume"]?.string { print("NOT RESUMED: the journal is not taken up;", reason) }
        let readiness = status["readiness"]
        print(
            "patrol: \(readiness?["enforceable"]?.text ?? "0") of the",
            "\(readiness?["visited"]?.text ?? "0") probed resources are enforceable",
            "(\(readiness?["of"]?.text ?? "0") have a BMC)")
        for one in readiness?["not_enforceable"]?.array ?? [] {
            print("  \(one["resource"]?.string ?? ""): \(one["why"]?.string ?? "")")
        }
        for breach in breaches {
            print(
                "breach \(breach["breach_id"]?.string ?? "") on \(breach["feed"]?.string ?? ""):",
                breach["phase"]?.string ?? "",
                breach["awaiting_resume"] == true ? "(waits for `ima resume` or `ima release`)" : "")
        }
        for control in controls {
            print(
                "\(control["control"]?.string ?? ""): before \(control["prior"]?.string ?? "unread"),",
                "holds \(control["held"]?.string ?? "nothing confirmed"), \(control["code"]?.string ?? "")",
                control["message"]?.string.map { "(\($0))" } ?? "")
        }
    }
}

struct FreezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze", abstract: "Stops all writes of the running agent; state is kept, nothing is undone.")

    @OptionGroup var options: ConfigOption

    func run() async throws {
        _ = try await ControlClient.ask(.post, "/freeze", options)
        print("frozen")
    }
}

struct ThawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw", abstract: "Lets the running agent write again.")

    @OptionGroup var options: ConfigOption

    func run() async throws {
        _ = try await ControlClient.ask(.post, "/thaw", options)
        print("thawed")
    }
}

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Ends a breach as its resolved alert would; everything is put back.")

    @OptionGroup var options: ConfigOption
    @Argument(help: "The breach_id.") var breach: String

    func run() async throws {
        _ = try await ControlClient.ask(.post, "/release/\(breach)", options)
        print("releasing \(breach)")
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Takes up what an old journal holds, which the running agent does not do by itself.")

    @OptionGroup var options: ConfigOption

    func run() async throws {
        _ = try await ControlClient.ask(.post, "/resume", options)
        print("resumed")
    }
}
