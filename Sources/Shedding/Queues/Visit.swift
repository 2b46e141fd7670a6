/// A look of the patrol, or a turn of metering, that is under way on a BMC.
struct Visit: Sendable {
    let id: RunID
    /// What the patrol looks at; nil for a turn of metering.
    let resource: String?
    /// Whether enforcement wants the BMC, so that it is to end.
    var isEnding = false
}
