public import StrictJSON

/// Where a BMC holds what a control is: with the BMC and the facet, a control's ``ControlIdentity``, whichever resource
/// led there.
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
    /// - Parameters:
    ///   - uri: of what is written, as any document spells it
    ///   - source: what that is an excerpt of, if it is one
    ///   - member: of several at `uri`; an excerpt's member is named by its source already
    public init(uri: String, source: String? = nil, member: String? = nil, dialect: String) {
        let path = source.map(ResourceURI.canonical) ?? ResourceURI.canonical(uri) + (member.map { "#" + $0 } ?? "")
        self.init(path: path, dialect: dialect)
    }

    /// From what is kept of a control's location, a ``Reading/locator``; nil where that is of another version.
    public init?(locator: JSONValue?) {
        guard let dialect = locator?["dialect"]?.string, let uri = locator?["uri"]?.string else { return nil }
        self.init(
            uri: uri, source: locator?["source"]?.string, member: locator?["member"]?.string, dialect: dialect)
    }
}
