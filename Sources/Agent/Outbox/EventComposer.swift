import JOSE
import Journal
import OpenSSL
import PowerEvents
import Shedding
import StrictJSON

/// Makes signed events of reports, each with an id that it keeps for ever.
struct EventComposer: Sendable {
    let source: EventSource
    let topicPrefix: String
    let key: SigningKey
    let maximumEventBytes: Int

    /// The events of one report, in one part or several.
    func compose(_ report: Report, now: Timestamp) throws -> [OutboxEvent] {
        // Base64 makes four bytes of three, and the envelope and the JWS's other parts take their share.
        let payloadLimit = max(1024, (maximumEventBytes - 1536) * 3 / 4)
        return try report.split(maximumPayloadBytes: payloadLimit).map { enforcement in
            var enforcement = enforcement
            enforcement.timestamp = now
            let id = UUIDText(randomBytes: try RandomBytes.draw(16))
            let trace =
                try report.origin.trace?.child(randomBytes: RandomBytes.draw(8))
                ?? TraceContext(randomBytes: RandomBytes.draw(24))
            let event = CloudEvent(
                id: id, source: source, type: .enforcement, time: now, trace: trace,
                correlationID: report.origin.correlationID,
                data: .signed(try JWS.sign(enforcement.json.bytes, with: key)))
            return OutboxEvent(
                eventID: id, breachID: enforcement.breachID,
                topic: Topic(.enforcement, publisher: source, prefix: topicPrefix).description,
                payload: event.json.bytes, createdAt: now)
        }
    }
}
