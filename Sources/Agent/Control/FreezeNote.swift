import Journal
import PowerEvents
import Shedding
import StrictJSON

/// Who froze the agent, since when and why, as far as this process was told.
struct FreezeNote: Sendable, Hashable {
    var author: CommandAuthor?
    var since: Timestamp

    /// - Parameter note: nil for a freeze that was there before this process
    static func json(_ note: FreezeNote?) -> JSONValue {
        [
            "scope": "all", "user": note?.author?.user.map(JSONValue.string) ?? .null,
            "reason": note?.author?.reason.map(JSONValue.string) ?? .null,
            "since": note.map { .string($0.since.description) } ?? .null, "until": .null,
        ]
    }

    /// Of the latest freeze in the history; for a start that finds itself frozen.
    static func last(in store: any Store) async -> FreezeNote? {
        let lines = (try? await store.history(HistoryQuery(limit: 10_000))) ?? []
        return lines.last { $0.entry.kind == .command && $0.entry.code == "freeze" }
            .map { FreezeNote(author: $0.author, since: $0.at) }
    }
}
