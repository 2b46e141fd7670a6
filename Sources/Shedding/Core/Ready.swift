/// What a step of the ``Core`` came to.
///
/// The order is the promise. The effects of now only look, or write what was recorded before: a crash need not remember
/// them. The batches are to be made durable, in their order, each answered by ``Input/durable(_:)``; what a batch carries
/// along is for after that. A write to a BMC is an effect of now of the step that was told of its intent's durability, so
/// that what came in while the disk was at work (a `resolved`, a freeze) still counts.
public struct Ready: Sendable {
    public internal(set) var effectsNow: [Effect] = []
    public internal(set) var batches: [Batch] = []
    /// Of a ``Input/command(_:)``.
    public internal(set) var answer = CommandAnswer.done
    /// Whether there is more to lay out or to begin than what waits by now should have to wait for: a ``Input/proceed``,
    /// after what came in meanwhile, goes on with it, and any other input does so as well.
    public internal(set) var isUnfinished = false

    /// Nothing, of who does not lead any more.
    static let notLeading: Self = {
        var ready = Ready()
        ready.answer = .notLeading
        return ready
    }()
}
