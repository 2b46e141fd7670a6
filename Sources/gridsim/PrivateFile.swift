import CommandLineTool
import Foundation

/// Files that only their owner may read.
enum PrivateFile {
    static func write(_ text: String, to file: URL) throws {
        guard
            FileManager.default.createFile(
                atPath: file.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Failure("\(file.path): cannot be written", code: 2) }
    }
}
