import CommandLineTool
import FleetSimulator
import Foundation
import StrictJSON

/// The same stage with an etcd of three members, and two agents that are each other's standby.
extension DemoStage {
    static let pair = ["ima-a", "ima-b"]

    /// Starts everything, and returns when one agent leads and the other could take over.
    ///
    /// - Returns: who leads
    func startPair() async throws -> String {
        guard let program = LocalEtcd.program else { throw Failure("\(LocalEtcd.Missing())", code: 2) }
        let etcd = try LocalEtcd(in: folder)
        for member in etcd.members { try children.launch(member.name, program, etcd.arguments(of: member)) }
        try await startSurroundings()
        let endpoints = etcd.members.map { "\"\($0.endpoint)\"" }.joined(separator: ", ")
        for name in Self.pair {
            let text = Self.configuration(brokerPort: brokerPort)
                .replacing("agent: { id: ima-demo }", with: "agent: { id: \(name) }")
                .replacing("ima.sqlite", with: "\(name).sqlite").replacing("ima.sock", with: "\(name).sock")
            try PrivateFile.write(
                text + "\nstandby: { etcd: { endpoints: [\(endpoints)] }, site: demo }\n",
                to: folder.appendingPathComponent("\(name).yaml"))
            try startAgent(name)
        }
        return try await settled()
    }

    /// Waits until one of the two leads and the other could take over. - Returns: who leads
    func settled() async throws -> String {
        for _ in 0..<600 {
            if let name = children.firstEnded { throw Failure("\(name) ended: \(children.lastWords(of: name))") }
            let roles = Self.pair.map { standing(of: $0) }
            if roles.compactMap(\.?.role).sorted() == ["leader", "standby"], roles.allSatisfy({ $0?.isReady == true }),
                let leader = Self.pair.first(where: { standing(of: $0)?.role == "leader" })
            {
                return leader
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("the agents did not get ready: \(Self.pair.map { children.lastWords(of: $0) })")
    }

    /// Ends an agent as a machine that loses its power.
    func killAgent(_ name: String) { if let id = children.id(of: name) { children.kill(id) } }

    /// What an agent says of itself; nil where it does not answer.
    func standing(of name: String) -> (role: String, isReady: Bool)? {
        let text = ask("status", ["--json"], of: name)
        guard let json = try? JSONValue(parsing: Array(text.utf8), limits: .widest),
            let role = json["standby"]?["role"]?.string
        else { return nil }
        let isReady = json["broker"] == "subscribed" && json["standby"]?["trouble"]?.string == nil
        return (role, isReady)
    }

    func log(of name: String) -> String { children.log(of: name) }
}
