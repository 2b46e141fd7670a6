/// The name of a member: in today's records, and where it was another one in those before them.
struct RecordName: Sendable {
    /// Lower case with underscores, with the unit of a number that has one.
    let name: String
    /// In records of version 0, which were written under the names of Swift's properties.
    let earlier: String
    /// As it is written, with a comma before it and a colon behind.
    let key: [UInt8]

    init(_ name: String, earlier: String? = nil) {
        self.name = name
        self.earlier = earlier ?? name
        key = Array(",\"\(name)\":".utf8)
    }

    func spelled(in source: RecordSource) -> String { source.isEarlier ? earlier : name }
}
