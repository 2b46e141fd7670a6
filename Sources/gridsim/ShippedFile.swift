import Foundation

/// A file that comes with the program: in a clone below the folder one stands in, installed below `share/ima` beside `bin`.
enum ShippedFile {
    /// - Parameter relative: where it lies in a clone
    /// - Returns: where it is; as given where it is nowhere, so that the error names what was looked for
    static func path(_ relative: String) -> String {
        let files = FileManager.default
        if files.fileExists(atPath: relative) { return relative }
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let installed = program.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("share/ima").appendingPathComponent(relative).path
        return files.fileExists(atPath: installed) ? installed : relative
    }
}
