import StrictJSON

/// What a watch tells.
struct EtcdWatchNews: Sendable, Hashable {
    enum Event: Sendable, Hashable {
        case put(EtcdKeyValue)
        case delete(String)

        var key: String {
            switch self {
            case .put(let pair): pair.key
            case .delete(let key): key
            }
        }
    }

    var revision: Int64
    var isCreated = false
    var events: [Event] = []

    /// Reads one line of the stream.
    ///
    /// - Throws: ``EtcdError`` where the watch is over, and for what is no news
    init(_ line: [UInt8], endpoint: String) throws {
        do {
            let json = try JSONValue(parsing: line)
            if json["error"] != nil { throw EtcdAnswers.refusal(line, status: 200, endpoint: endpoint) }
            guard let result = json["result"] else { throw EtcdAnswers.Malformed(description: "there is no result") }
            let compacted = try EtcdAnswers.int64(result["compact_revision"], "compact_revision")
            if compacted > 0 {
                throw EtcdError(
                    kind: .compacted, endpoint: endpoint, message: "the watch begins before revision \(compacted)")
            }
            if result["canceled"]?.bool == true {
                let reason = result["cancel_reason"]?.string ?? "without a reason"
                throw EtcdError.refusal(
                    status: 200, code: nil, message: "the watch was ended: \(reason)", endpoint: endpoint)
            }
            revision = try EtcdAnswers.revision(result)
            isCreated = result["created"]?.bool == true
            events = try (result["events"]?.array ?? []).map(Self.event)
        } catch let error as EtcdError {
            throw error
        } catch {
            throw EtcdError(kind: .malformed, endpoint: endpoint, message: "news of the watch: \(error)")
        }
    }

    private static func event(_ value: JSONValue) throws -> Event {
        guard let pair = value["kv"] else { throw EtcdAnswers.Malformed(description: "an event is of no key") }
        let read = try EtcdAnswers.pair(pair)
        // PUT is 0, so it is absent.
        switch value["type"] {
        case nil, .string("PUT"): return .put(read)
        case .string("DELETE"): return .delete(read.key)
        default: throw EtcdAnswers.Malformed(description: "an event is of an unknown type")
        }
    }
}
