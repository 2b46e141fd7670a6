import PowerEvents
import Site

/// What one step of the core has come to so far.
struct Progress: Sendable {
    /// An intent that a write waits for.
    struct Intent: Sendable {
        let run: RunID
        let entry: ControlEntry
        /// How the control stood when it was decided.
        let outcome: Outcome?
    }

    let now: Timestamp
    var effects: [Effect] = []
    var intents: [Intent] = []
    /// What the book wants done once its changes are durable.
    var actions: [Action] = []
    /// Slots that go on once what their work came to is durable.
    var held: [Slot] = []

    init(now: Timestamp) { self.now = now }
}
