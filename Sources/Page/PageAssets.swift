/// A file that the page consists of, as it lies in the program.
public struct PageAsset: Sendable {
    public let name: String
    public let type: String
    public let bytes: [UInt8]
    /// Of the content, so that a browser keeps one until there is another.
    public let tag: String

    init(_ name: String, _ type: String, _ bytes: [UInt8]) {
        self.name = name
        self.type = type
        self.bytes = bytes
        tag = ContentTag.of(bytes)
    }

    /// With its tag, so that a browser never asks for an old one.
    public var address: String { "/assets/\(name)?\(tag)" }
}

/// The files of `Assets`.
public enum PageAssets {
    public static let style = PageAsset("page.css", "text/css; charset=utf-8", PackageResources.page_css)
    public static let script = PageAsset("page.js", "text/javascript; charset=utf-8", PackageResources.page_js)
    public static let icon = PageAsset("icon.svg", "image/svg+xml", PackageResources.icon_svg)
    public static let interface = PageAsset("openapi.json", "application/json", PackageResources.openapi_json)

    public static let all = [style, script, icon]

    /// What the page may do and load: what this agent serves, and no script or style in line.
    public static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
        base-uri 'none'; frame-ancestors 'none'
        """
}
