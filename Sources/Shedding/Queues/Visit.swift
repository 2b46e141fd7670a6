/// A look of the patrol that is under way on a BMC.
struct Visit: Sendable {
    let id: RunID
    let resource: String
    /// Whether enforcement wants the BMC, so that it is to end.
    var isEnding = false
}
