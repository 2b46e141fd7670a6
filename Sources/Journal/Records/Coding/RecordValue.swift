/// What can stand in a record, and how the journal spells it.
///
/// The spelling belongs to the journal alone: nothing in it is the name of a Swift case or property, so that these can be
/// renamed without a thought of files.
protocol RecordValue: Sendable {
    func write(to text: inout RecordText)
    /// - Throws: ``RecordError``
    init(reading source: RecordSource) throws
}
