import Settings
import Site

/// Reads `credentials:` of inventory files. A name stands for one login in all of them: BMCs of one file may use a login that
/// another defines.
struct CredentialReader {
    private(set) var all: [String: CredentialReference] = [:]
    /// Where each name was first defined, also where that cannot be used.
    private var places: [String: Setting] = [:]

    /// Whether a file defines a login of this name, which need not be one that can be used.
    func names(_ name: String) -> Bool { places[name] != nil }

    /// Notes a login that another file defines otherwise: were one of them to win, passwords would be sent to BMCs that they
    /// were never meant for. The very same login may stand in every file, so that each can be used alone.
    mutating func read(_ section: Setting, checksFiles: Bool) {
        for (name, entry) in section.namedEntries() {
            let first = places[name]
            if first == nil { places[name] = entry }
            guard let login = login(entry, checksFiles: checksFiles) else { continue }
            guard let known = all[name], let first else {
                all[name] = login
                continue
            }
            if known != login {
                entry.note(
                    "the login \"\(name)\" is another one at \(first.file):\(first.line ?? 0); give each a name of its own"
                )
            }
        }
    }

    private func login(_ entry: Setting, checksFiles: Bool) -> CredentialReference? {
        let members = entry.members(InventoryKeys.credential)
        guard let username = members.required("username", of: entry)?.nonEmptyString() else { return nil }
        switch (members["password"], members["password_file"]) {
        case (let value?, nil):
            guard value.refersToEnvironment else {
                return value.fail(
                    "a password may not stand in the file; write ${NAME} or use password_file", showingValue: false)
            }
            return value.string().map { CredentialReference(username: username, secret: .value($0)) }
        case (nil, let file?):
            guard let path = file.path() else { return nil }
            if checksFiles, let objection = SecretFile.objection(to: path) {
                let _: Never? = file.fail("\(path): \(objection)", showingValue: false)
            }
            return CredentialReference(username: username, secret: .file(path))
        default:
            return members.hasValueless(["password", "password_file"])
                ? nil : entry.fail("should have either password_file or password")
        }
    }
}
