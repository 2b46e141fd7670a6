import PowerEvents
import Shedding
import Synchronization

/// Breaches that nothing is to be said of, since they wait to be resumed: for the outbox, which has their reports from the
/// journal. nil until that is known.
final class ParkedBreaches: Sendable {
    private struct State {
        var breaches: Set<UUIDText>?
        var mode: Mode
    }

    private let state: Mutex<State>

    init(mode: Mode) { state = Mutex(State(mode: mode)) }

    var value: Set<UUIDText>? {
        get { state.withLock { $0.breaches } }
        set { state.withLock { $0.breaches = newValue } }
    }

    /// In `mode: observe` nothing is published, whatever it is of and whenever it was written.
    var mode: Mode {
        get { state.withLock { $0.mode } }
        set { state.withLock { $0.mode = newValue } }
    }

    /// The same as ``value``, and nil where nothing at all is to be said.
    var toldOf: Set<UUIDText>? { state.withLock { $0.mode == .observe ? nil : $0.breaches } }
}
