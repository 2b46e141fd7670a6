import Site

extension Setting {
    /// The path of a file with a secret.
    public func secretFile() -> String? {
        guard let path = path() else { return nil }
        guard problems.checksFiles, let objection = SecretFile.objection(to: path) else { return path }
        return fail("\(path): \(objection)", showingValue: false)
    }
}
