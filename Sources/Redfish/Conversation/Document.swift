import StrictJSON

/// A resource as a BMC returned it.
struct Document: Sendable {
    let uri: String
    let json: JSONValue
    /// For `If-Match`: the header where it is well formed, else `@odata.etag` (DSP0266, 6.5).
    let etag: String?
}
