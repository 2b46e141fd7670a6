import Foundation
import OpenSSL
import StrictJSON

/// Commands that standbys were given, as keys in etcd: taken once, answered in parts, gone by themselves.
final class CallDesk: Sendable {
    struct NoAnswer: Error {}

    /// Of calls that wait; more are refused.
    static let most = 32
    private static let partLength = 512 << 10
    private static let longestPath = 8192
    private static let patience = Duration.seconds(3)

    private let etcd: EtcdClient
    private let keys: LogKeys
    private let leader: Int64
    private let calls: AsyncStream<(ForwardedCall, reply: LeaderTerm.Reply)>.Continuation

    init(
        etcd: EtcdClient, keys: LogKeys, leader: Int64,
        calls: AsyncStream<(ForwardedCall, reply: LeaderTerm.Reply)>.Continuation
    ) {
        self.etcd = etcd
        self.keys = keys
        self.leader = leader
        self.calls = calls
    }

    func finish() { calls.finish() }

    /// Takes a call away, so that nobody does it a second time, and hands it on.
    func take(_ pair: EtcdKeyValue) async {
        let id = String(pair.key.dropFirst(keys.calls.first.count))
        let taking = EtcdTransaction(
            compares: [
                .init(key: keys.leader, createRevision: leader),
                .init(key: pair.key, createRevision: pair.createRevision),
            ], operations: [.delete(EtcdRange(pair.key))])
        guard let call = Self.call(pair.value), id.utf8.count == 32,
            // Where it is not known whether it was taken, it is not done: whoever asked hears nothing, and asks again.
            (try? await etcd.transaction(taking, within: Self.patience))?.hasSucceeded == true
        else { return }
        let desk = self
        // A hand-over is answered while it ends all else: what was done is told to the end, which has its own.
        let reply: LeaderTerm.Reply = { answer in await Task { await desk.answer(id, answer) }.value }
        if case .enqueued = calls.yield((call, reply: reply)) { return }
        await reply(ForwardedAnswer(status: 503, body: Array(#"{"error":"the leader is busy"}"#.utf8)))
    }

    private func answer(_ id: String, _ answer: ForwardedAnswer) async {
        var answer = answer
        if answer.body.count > ForwardedAnswer.mostBytes {
            answer = ForwardedAnswer(status: 500, body: Array(#"{"error":"the answer is too long"}"#.utf8))
        }
        guard let lease = try? await etcd.grant(.seconds(60), within: Self.patience) else { return }
        let parts = stride(from: 0, to: answer.body.count, by: Self.partLength).map {
            answer.body[$0..<min($0 + Self.partLength, answer.body.count)]
        }
        let head: JSONValue = [
            "status": .number(JSONNumber(answer.status)), "type": .string(answer.contentType),
            "parts": .number(JSONNumber(parts.count)), "bytes": .number(JSONNumber(answer.body.count)),
        ]
        for (index, part) in parts.enumerated() {
            let put = EtcdTransaction(
                compares: [], operations: [.put(keys.answer(id, index + 1), Array(part), lease: lease.id)])
            guard (try? await etcd.transaction(put, within: Self.patience)) != nil else { return }
        }
        // The head last: whoever sees it sees everything.
        _ = try? await etcd.transaction(
            EtcdTransaction(compares: [], operations: [.put(keys.answer(id, 0), head.bytes, lease: lease.id)]),
            within: Self.patience)
    }

    private static func call(_ value: [UInt8]) -> ForwardedCall? {
        guard let json = try? JSONValue(parsing: value), let method = json["method"]?.string, method.utf8.count <= 16,
            let path = json["path"]?.string, path.hasPrefix("/"), path.utf8.count <= longestPath,
            let body = json["body"]?.string.flatMap({ Data(base64Encoded: $0) }), body.count <= ForwardedCall.mostBytes
        else { return nil }
        return ForwardedCall(method: method, path: path, body: [UInt8](body), user: json["user"]?.string)
    }

    // MARK: Asking

    static func ask(
        _ call: ForwardedCall, from member: String, _ etcd: EtcdClient, _ keys: LogKeys, within limit: Duration
    ) async throws -> ForwardedAnswer {
        guard call.body.count <= ForwardedCall.mostBytes, call.path.utf8.count <= longestPath else {
            throw ReplicationError("the request is too long to be handed to the leader")
        }
        let id = Hexadecimal.text(try RandomBytes.draw(16))
        var json: JSONValue = [
            "method": .string(call.method), "path": .string(call.path), "from": .string(member),
            "body": .string(EtcdRequests.base64(call.body)),
        ]
        if let user = call.user, case .object(var object) = json {
            object["user"] = .string(user)
            json = .object(object)
        }
        let end = BootClock.now() + limit
        // Nobody does it once nobody waits for it any more.
        let lease = try await etcd.grant(limit, within: patience)
        _ = try await etcd.transaction(
            EtcdTransaction(compares: [], operations: [.put(keys.call(id), json.bytes, lease: lease.id)]),
            within: patience)
        var pause = Duration.milliseconds(10)
        while BootClock.now() < end {
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(100))
            guard let head = try await etcd.range(EtcdRange(keys.answer(id, 0)), within: patience).pairs.first else {
                continue
            }
            let answer = try await read(head, id, etcd, keys)
            try? await etcd.revoke(lease.id, within: patience)
            return answer
        }
        throw NoAnswer()
    }

    private static func read(
        _ head: EtcdKeyValue, _ id: String, _ etcd: EtcdClient, _ keys: LogKeys
    ) async throws -> ForwardedAnswer {
        guard let json = try? JSONValue(parsing: head.value), let status = json["status"]?.number?.int,
            (100..<600).contains(status), let type = json["type"]?.string, let parts = json["parts"]?.number?.int,
            (0...ForwardedAnswer.mostBytes / partLength).contains(parts), let bytes = json["bytes"]?.number?.int
        else { throw ReplicationError("the leader's answer cannot be read") }
        var body: [UInt8] = []
        for part in 0..<parts {
            let page = try await etcd.range(EtcdRange(keys.answer(id, part + 1)), within: patience)
            body += page.pairs.first?.value ?? []
        }
        guard body.count == bytes else { throw ReplicationError("the leader's answer is not whole") }
        return ForwardedAnswer(status: status, contentType: type, body: body)
    }
}
