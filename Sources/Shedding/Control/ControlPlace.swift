public import StrictJSON

/// Where a BMC holds what a control is: with the BMC and the facet, a control's identity, whichever resource led there.
public struct ControlPlace: Sendable, Hashable, CustomStringConvertible {
    /// The canonical URI of what is held, with its member where it has several. Of an excerpt (DSP2046,
    /// `DataSourceUri`), its source.
    public let path: String
    /// The way in which it is spelled. Raw fragments of one dialect mean nothing to another.
    public let dialect: String

    public init(path: String, dialect: String) {
        self.path = path
        self.dialect = dialect
    }

    public var description: String { path }
}

extension ControlPlace {
    /// From what is kept of a control's location: `uri`, or its `source` where it is an excerpt, its `member` and its
    /// `dialect`. Case and trailing slashes are written as each document likes.
    public init?(locator: JSONValue?) {
        guard let dialect = locator?["dialect"]?.string, let uri = locator?["source"]?.string ?? locator?["uri"]?.string
        else { return nil }
        var path = uri.lowercased()
        while path.hasSuffix("/") { path.removeLast() }
        // An excerpt's member is named by its source already.
        if locator?["source"]?.string == nil, let member = locator?["member"]?.string { path += "#" + member }
        self.init(path: path, dialect: dialect)
    }
}
