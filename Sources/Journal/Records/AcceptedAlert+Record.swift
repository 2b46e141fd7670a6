import PowerEvents

/// An alert that is not acted on yet: table `inbox`.
extension AcceptedAlert: JournalRecord {
    static let kind = "alert"
    static let version = 1

    static let fields: [RecordField<AcceptedAlert>] = [
        .fixed("event_id", earlier: "eventID") { $0.eventID },
        .fixed("source") { $0.source },
        .fixed("time") { $0.time },
        .fixed("received_at", earlier: "receivedAt") { $0.receivedAt },
        .optional("trace", { $0.trace }, { $0.trace = $1 }),
        .optional("correlation_id", earlier: "correlationID", { $0.correlationID }, { $0.correlationID = $1 }),
        .fixed("payload") { $0.payload },
        .fixed("breach_id", earlier: "breachID") { $0.breachID },
        .optional("topic", { $0.topic }, { $0.topic = $1 }),
        .optional("digest", { $0.digest }, { $0.digest = $1 }),
    ]

    init(beginning source: RecordSource) throws {
        self.init(
            eventID: try source.required("event_id", earlier: "eventID"), source: try source.required("source"),
            time: try source.required("time"), receivedAt: try source.required("received_at", earlier: "receivedAt"),
            trace: nil,
            correlationID: nil, payload: try source.required("payload"),
            breachID: try source.required("breach_id", earlier: "breachID"))
    }
}
