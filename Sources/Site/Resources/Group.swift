/// Resources under one name that a hint may have: racks, a row, a whole feed, a tenant. What it is, is the operator's affair.
public struct Group: Sendable, Hashable {
    public let id: String
    /// Ids of resources and of other groups, in the order of the file.
    public let members: [String]

    public init(id: String, members: [String]) {
        self.id = id
        self.members = members
    }
}
