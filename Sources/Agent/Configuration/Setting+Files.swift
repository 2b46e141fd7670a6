import Foundation
import Settings

extension Setting {
    /// The path of a file that exists and can be read.
    func existingFile() -> String? {
        guard let path = path() else { return nil }
        return !problems.checksFiles || FileManager.default.isReadableFile(atPath: path)
            ? path : fail("cannot be read: \(path)")
    }
}
