import JOSE
import PowerEvents
import Settings

/// Reads the section `trust:`, in which one source may stand several times, with a file of keys each.
enum TrustReader {
    static let keys = ["source", "jwks", "allow_unsigned"]

    static func read(_ section: Setting?) -> [AgentConfiguration.TrustedSource] {
        guard let section else { return [] }
        var keys: [String: [String: (key: JWK, path: String)]] = [:]
        var keyless: [(file: Setting, path: String, source: String)] = []
        var sources: [AgentConfiguration.TrustedSource] = []
        for entry in section.elements() {
            guard let source = readSource(entry, &keys, &keyless) else { continue }
            sources.append(source)
        }
        for (file, path, source) in keyless {
            file.warn(
                "\(path): holds no key that can be used"
                    + (keys[source] == nil ? ": nothing that \(source) signs is believed" : ""))
        }
        if sources.isEmpty { section.note("should name at least one source of alerts") }
        return sources
    }

    private static func readSource(
        _ setting: Setting, _ keys: inout [String: [String: (key: JWK, path: String)]],
        _ keyless: inout [(file: Setting, path: String, source: String)]
    ) -> AgentConfiguration.TrustedSource? {
        let members = setting.members(Self.keys)
        guard let source = members.required("source", of: setting), let text = source.nonEmptyString() else {
            return nil
        }
        guard let parsed = EventSource(text), parsed.role == .powerAgent else {
            return source.fail("should be //grid/v1/poweragent/<identifier>")
        }
        let allowUnsigned = members["allow_unsigned"]?.bool() ?? false
        if allowUnsigned {
            members["allow_unsigned"]?.warn("anybody who can publish as \(parsed) is believed; for a laboratory only")
        }
        let path = members["jwks"]?.path()
        if let path, let file = members["jwks"] {
            WritableByAll.warn(of: path, at: file, "can add a key and raise alerts with it")
        }
        if let path, let file = members["jwks"], let set = KeyFiles.check(jwks: path, at: file) {
            if set.isEmpty { keyless.append((file, path, parsed.description)) }
            for id in set.keyIDs {
                guard let key = set[id] else { continue }
                if let first = keys[parsed.description]?[id] {
                    if !first.key.isSame(as: key) {
                        let _: Never? = file.fail(
                            "\(path): the key \"\(id)\" of \(parsed) is another one in \(first.path); "
                                + "a kid names one key of a source", showingValue: false)
                    }
                } else {
                    keys[parsed.description, default: [:]][id] = (key, path)
                }
            }
        }
        if members["jwks"] == nil, !allowUnsigned { _ = members.required("jwks", of: setting) }
        return AgentConfiguration.TrustedSource(
            source: parsed.description, jwks: path, allowUnsigned: allowUnsigned)
    }
}
