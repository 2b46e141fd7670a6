import OperatorAPI
import Shedding
import Site

/// What a changed configuration means for an agent that runs: what of it is in force after a reload, and what only after a
/// restart. Keys are named as in the file.
struct ConfigurationDifference: Sendable, Hashable {
    /// In force with a reload.
    private(set) var changed: [ReloadReply.Key] = []
    /// Without any effect until the next start.
    private(set) var needsRestart: [ReloadReply.Key] = []
    private(set) var resources = ReloadReply.Set()
    private(set) var groups = ReloadReply.Set()
    private(set) var sources = ReloadReply.Set()
    private(set) var credentials = ReloadReply.Set()

    init(from old: AgentConfiguration, to new: AgentConfiguration) {
        for key in ConfigurationKey.all {
            let (before, after) = (key.value(old), key.value(new))
            guard before != after else { continue }
            let change = ReloadReply.Key(key: key.path, from: before, to: after)
            // Another broker is for the next start, with all that belongs to it.
            let isOfNextBroker = key.path.hasPrefix("broker.tls.") && old.bus.address != new.bus.address
            switch key.effect {
            case .live where isOfNextBroker: needsRestart.append(change)
            case .live: changed.append(change)
            case .restart: needsRestart.append(change)
            case .named: break
            }
        }
        resources = Self.compare(old.site.resources, new.site.resources)
        groups = Self.compare(old.site.groups, new.site.groups)
        credentials = Self.compare(old.site.credentials, new.site.credentials)
        sources = Self.compare(Self.sources(old), Self.sources(new))
    }

    /// Notes a key whose files have another content, though it names the same ones.
    mutating func restart(for key: String, file: String) {
        if needsRestart.contains(where: { $0.key == key }) { return }
        needsRestart.append(.init(key: key, from: file, to: "\(file), with another content"))
    }

    /// Whether how BMCs are trusted changed: connections that were made before are not to be used any more.
    static func trustsOtherwise(_ old: AgentConfiguration, _ new: AgentConfiguration) -> Bool {
        let trust = Dictionary(old.site.bmcs.map { ($0.address, $0.trust) }, uniquingKeysWith: { first, _ in first })
        let other = Dictionary(new.site.bmcs.map { ($0.address, $0.trust) }, uniquingKeysWith: { first, _ in first })
        return trust.contains { address, value in other[address] != value }
    }

    private static func sources(_ configuration: AgentConfiguration) -> [String: Set<AgentConfiguration.TrustedSource>]
    {
        Dictionary(grouping: configuration.trust, by: \.source).mapValues(Set.init)
    }

    private static func compare<Value: Equatable>(
        _ old: [String: Value], _ new: [String: Value]
    ) -> ReloadReply.Set {
        ReloadReply.Set(
            added: new.keys.filter { old[$0] == nil }.sorted(), removed: old.keys.filter { new[$0] == nil }.sorted(),
            changed: new.filter { name, value in old[name].map { $0 != value } ?? false }.keys.sorted())
    }
}
