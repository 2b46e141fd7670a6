import Foundation

extension Setting {
    /// A file's path; a relative one counts from the folder of the file that it stands in.
    public func path() -> String? {
        guard let text = nonEmptyString() else { return nil }
        if text.hasPrefix("/") { return text }
        return URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(text)
            .standardizedFileURL.path
    }
}
