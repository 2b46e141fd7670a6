/// Records of one step that become durable together, in one transaction and after those of all earlier batches.
public struct Batch: Sendable {
    public enum Patience: Sendable, Hashable {
        /// They are dropped where the disk refuses. For an intent: a write that cannot be recorded now does not happen now.
        case once
        /// They stay first in line. For what has happened already.
        case untilDone
    }

    public let id: BatchID
    public let records: Records
    public let patience: Patience
    /// Only once the records are durable.
    public let effectsAfter: [Effect]

    init(id: BatchID, records: Records, patience: Patience, effectsAfter: [Effect] = []) {
        self.id = id
        self.records = records
        self.patience = patience
        self.effectsAfter = effectsAfter
    }
}
