import EventBus
import Settings
import Site

/// The files beside YAML that a configuration names, as they were at one moment.
struct ConfigurationFiles: Sendable {
    /// What only a start reads, by the key that names it: the signing key.
    private var fixed: [String: (path: String, stamp: FileStamp?)] = [:]
    /// Certificates of the BMCs' authorities, key sets, secrets.
    private var live: [String: FileStamp?] = [:]
    private var authorities: [String: FileStamp?] = [:]
    /// Of the connection to the broker, which is made anew where they change.
    private var broker: [String: FileStamp?] = [:]

    init(_ configuration: AgentConfiguration) {
        func fix(_ key: String, _ path: String?) { if let path { fixed[key] = (path, FileStamp(path)) } }
        if case .file(let path) = configuration.signing.key { fix("signing.key", path) }
        for bmc in configuration.site.bmcs {
            if case .authorities(let path) = bmc.trust { authorities[path] = .some(FileStamp(path)) }
        }
        let tls = configuration.bus.tls
        for path in [tls?.authorities, tls?.certificate, tls?.key].compactMap({ $0 }) {
            broker[path] = .some(FileStamp(path))
        }
        live = authorities.merging(broker) { stamp, _ in stamp }
        for path in configuration.trust.compactMap(\.jwks) { live[path] = .some(FileStamp(path)) }
        for login in configuration.site.credentials.values {
            if case .file(let path) = login.secret { live[path] = .some(FileStamp(path)) }
        }
    }

    /// Files that both name and that have another content here.
    func changed(since old: ConfigurationFiles) -> [String] {
        live.filter { path, stamp in old.live[path].map { $0 != stamp } ?? false }.keys.sorted()
    }

    func authoritiesChanged(since old: ConfigurationFiles) -> Bool {
        authorities.contains { path, stamp in old.authorities[path].map { $0 != stamp } ?? false }
    }

    func brokerChanged(since old: ConfigurationFiles) -> Bool {
        broker.contains { path, stamp in old.broker[path].map { $0 != stamp } ?? false }
    }

    /// Keys whose files only a start reads, and that have another content here.
    func restarts(since old: ConfigurationFiles) -> [(key: String, file: String)] {
        fixed.filter { key, file in
            old.fixed[key].map { $0.path == file.path && $0.stamp != file.stamp } ?? false
        }.map { ($0.key, $0.value.path) }.sorted { $0.key < $1.key }
    }
}
