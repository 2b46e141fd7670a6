import PowerEvents
import StrictJSON

/// An event that was read as far as it goes, with what the rules about whole conversations need of it.
struct JudgedEvent {
    let message: CapturedMessage
    let envelope: JSONValue
    let source: EventSource
    let type: EventType
    /// Empty where the signature hides none that can be read.
    let payload: JSONValue
    let trace: TraceContext?
    let correlationID: UUIDText?
    /// Whether anybody could believe it: it is signed, and nothing speaks against its signature.
    let isBelievable: Bool

    var time: Timestamp { message.time }
    var id: String? { envelope["id"]?.string }
}
