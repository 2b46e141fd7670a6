import PowerEvents
import Shedding

/// The real journal beside the disk in memory: it gets the same records, and must hold the same.
protocol JournalMirror {
    func receive(_ alert: ReceivedAlert, now: Timestamp)
    func write(_ records: Records, now: Timestamp)
    /// What a start would find otherwise.
    func difference(from contents: Core.Contents) -> String?
}

#if !canImport(Journal)
    /// Where only the core is built there is no journal.
    func makeJournalMirror() throws -> (any JournalMirror)? { nil }
#endif
