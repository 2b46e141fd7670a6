import Foundation
import StrictJSON

/// Answers of the gateway, checked: what is 0 or false is absent, int64 are strings, and nothing else is believed.
struct EtcdAnswers {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// More than any page or transaction of ours has.
    private static let mostPairs = 10_000

    /// Revisions: etcd counts them one by one, so that none comes near the end, and one can be added to any.
    static let revisions: ClosedRange<Int64> = 0...(1 << 62)
    /// etcd draws the numbers of leases from all that are positive; nothing is computed with one.
    private static let leases: ClosedRange<Int64> = 0...Int64.max

    static func int64(_ value: JSONValue?, _ name: String, in range: ClosedRange<Int64> = revisions) throws -> Int64 {
        var number: Int64?
        switch value {
        case nil: number = 0
        case .string(let text): number = Int64(text)
        case .number(let literal): number = Int64(literal.text)
        default: break
        }
        guard let number, range.contains(number) else {
            throw Malformed(description: "\(name) is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func flag(_ value: JSONValue?, _ name: String) throws -> Bool {
        switch value {
        case nil: return false
        case .bool(let flag): return flag
        default: throw Malformed(description: "\(name) is \(value?.kind ?? "")")
        }
    }

    private static func bytes(_ value: JSONValue?, _ name: String) throws -> [UInt8] {
        guard let value else { return [] }
        guard let text = value.string, let data = Data(base64Encoded: text) else {
            throw Malformed(description: "\(name) is no base64")
        }
        return [UInt8](data)
    }

    static func revision(_ answer: JSONValue) throws -> Int64 {
        guard let header = answer["header"]?.object else { throw Malformed(description: "there is no header") }
        return try int64(header["revision"], "header.revision")
    }

    static func pair(_ value: JSONValue) throws -> EtcdKeyValue {
        guard value.object != nil else { throw Malformed(description: "a key is \(value.kind)") }
        guard let key = String(validating: try bytes(value["key"], "key"), as: UTF8.self), !key.isEmpty else {
            throw Malformed(description: "a key is no text")
        }
        return EtcdKeyValue(
            key: key, value: try bytes(value["value"], "value"),
            createRevision: try int64(value["create_revision"], "create_revision"),
            modRevision: try int64(value["mod_revision"], "mod_revision"),
            lease: try int64(value["lease"], "lease", in: leases))
    }

    static func page(_ answer: JSONValue, of range: EtcdRange? = nil) throws -> EtcdPage {
        guard answer.object != nil else { throw Malformed(description: "a range is \(answer.kind)") }
        let pairs: [EtcdKeyValue]
        switch answer["kvs"] {
        case nil: pairs = []
        case .array(let values) where values.count <= mostPairs: pairs = try values.map(pair)
        default: throw Malformed(description: "kvs is no list of at most \(mostPairs) keys")
        }
        if let range {
            let isWithin = pairs.allSatisfy { pair in
                range.end.map { pair.key >= range.first && pair.key < $0 } ?? (pair.key == range.first)
            }
            guard isWithin else { throw Malformed(description: "there are keys that were not asked for") }
        }
        return EtcdPage(
            pairs: pairs, hasMore: try flag(answer["more"], "more"),
            revision: answer["header"] == nil ? 0 : try revision(answer))
    }

    static func transaction(_ answer: JSONValue, of transaction: EtcdTransaction) throws -> EtcdTransaction.Answer {
        let hasSucceeded = try flag(answer["succeeded"], "succeeded")
        let operations = hasSucceeded ? transaction.operations : transaction.otherwise
        let responses = answer["responses"]?.array ?? []
        guard responses.count == operations.count else {
            throw Malformed(description: "\(responses.count) responses to \(operations.count) operations")
        }
        let pages = try zip(operations, responses).map { operation, response in
            guard case .get(let range) = operation else { return EtcdPage() }
            return try page(response["response_range"] ?? .null, of: range)
        }
        return .init(hasSucceeded: hasSucceeded, revision: try revision(answer), pages: pages)
    }

    /// A lease that was granted: its id, and how long it lives.
    static func grant(_ answer: JSONValue) throws -> (id: Int64, ttl: Duration) {
        let id = try int64(answer["ID"], "ID", in: leases)
        let seconds = try int64(answer["TTL"], "TTL", in: 0...1_000_000)
        guard id != 0, seconds > 0 else { throw Malformed(description: "no lease was granted") }
        return (id, .seconds(seconds))
    }

    /// What is left of a lease that was kept alive; nil where there is no such lease: that is 200 without `TTL`.
    static func keepAlive(_ answer: JSONValue, of lease: Int64) throws -> Duration? {
        guard let result = answer["result"], result.object != nil else {
            throw Malformed(description: "there is no result")
        }
        guard try int64(result["ID"], "ID", in: leases) == lease else {
            throw Malformed(description: "it is another lease's")
        }
        let seconds = try int64(result["TTL"], "TTL", in: -1...1_000_000)
        return seconds > 0 ? .seconds(seconds) : nil
    }

    /// What the gateway says of a request that it did not carry out.
    static func refusal(_ body: [UInt8], status: Int, endpoint: String) -> EtcdError {
        let json = try? JSONValue(parsing: body.prefix(64 << 10))
        let inner = json?["error"]?.object == nil ? json : json?["error"]
        let message = inner?["message"]?.string ?? inner?["error"]?.string ?? "no answer of etcd's"
        let code = (inner?["code"] ?? inner?["grpc_code"])?.number?.int
        return .refusal(
            status: status, code: code, message: "HTTP \(status): \(String(message.prefix(300)))", endpoint: endpoint)
    }
}
