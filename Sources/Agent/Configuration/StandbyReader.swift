import Replication
import Settings
import Shedding
import Site

/// Reads the section `standby:`, without which one agent's SQLite file is everything.
enum StandbyReader {
    static let keys = ["etcd", "site", "shard", "ttl"]
    static let etcdKeys = ["endpoints", "tls", "username", "password_file", "prefix"]

    /// No etcd has more voting members.
    private static let mostEndpoints = 9
    private static let longestName = 64
    private static let longestPrefix = 200
    /// Where etcd serves its clients.
    private static let usualPort = 2379

    /// - Parameter policy: that a shard's agent enforces by
    static func read(_ section: Setting?, policy: Policy) -> AgentConfiguration.Standby? {
        guard let section else { return nil }
        let members = section.members(keys)
        let site = members["site"].flatMap(name)
        let shard = members["shard"].flatMap(name)
        let ttl = members["ttl"].flatMap(seconds)
        if let setting = members["shard"], shard != nil, policy.answersForeign {
            setting.warn(
                "where the site has other shards, enforcement: { answer_foreign: false } keeps each to its own "
                    + "resources; without it every shard answers for all")
        }
        guard let etcd = members.required("etcd", of: section) else { return nil }
        let parts = etcd.members(etcdKeys)
        guard let endpoints = parts.required("endpoints", of: etcd) else { return nil }
        let list = read(endpoints: endpoints)
        let tls = parts["tls"].flatMap(ConfigurationReader.readTLS).map { files in
            AgentConfiguration.Standby.TLS(
                authorities: files.authorities, certificate: files.certificate, key: files.key)
        }
        let login = readLogin(parts, of: etcd)
        let prefix = parts["prefix"].flatMap(readPrefix)
        if let plain = list.first(where: { $0.scheme == "http" }), let setting = parts["tls"] {
            setting.note("is set, so that every endpoint should be https:// (\(plain.host.text) is not)")
        }
        if login == nil, parts["username"] == nil, list.contains(where: { !$0.host.isLoopback }) {
            etcd.warn(
                "without username whoever reaches etcd may write what this agent enforces by; a client certificate "
                    + "is no login there")
        }
        guard !list.isEmpty else { return nil }
        typealias Standby = AgentConfiguration.Standby
        return Standby(
            endpoints: list.map(text), tls: tls, login: login, prefix: prefix ?? Standby.usualPrefix,
            site: site ?? Standby.usualSite, shard: shard ?? Standby.usualShard, ttl: ttl ?? Standby.usualTTL)
    }

    // MARK: Endpoints

    private static func read(endpoints setting: Setting) -> [Endpoint] {
        let entries = setting.isList ? setting.elements() : [setting]
        var found: [Endpoint] = []
        var texts: Set<String> = []
        for entry in entries {
            guard let text = entry.nonEmptyString() else { continue }
            let endpoint: Endpoint
            do { endpoint = try Endpoint(text, schemes: ["https", "http"]) } catch {
                entry.note("\(error)")
                continue
            }
            guard !endpoint.isExposed(plain: "http") else {
                entry.note("should be https://; plain http is for loopback only")
                continue
            }
            guard texts.insert("\(endpoint.host.canonical):\(endpoint.port ?? usualPort)").inserted else {
                entry.note("is named twice")
                continue
            }
            found.append(endpoint)
        }
        if entries.isEmpty { setting.note("should name at least one member of etcd") }
        if entries.count > mostEndpoints { setting.note("should name at most \(mostEndpoints) members of etcd") }
        warn(found, setting)
        return found
    }

    private static func warn(_ endpoints: [Endpoint], _ setting: Setting) {
        let hosts = Dictionary(grouping: endpoints, by: \.host.canonical)
        for (host, members) in hosts.sorted(by: { $0.key < $1.key }) where members.count > 1 {
            setting.warn("\(members.count) members are on \(host): they end with that one machine")
        }
        switch endpoints.count {
        case 1: setting.warn("names one member only: while it is away, nothing is written; name all of them")
        case let count where count > 0 && count.isMultiple(of: 2):
            setting.warn("\(count) members bear the loss of no more than \(count - 1) would; three or five do better")
        default: break
        }
    }

    /// As it is asked: with its port.
    private static func text(_ endpoint: Endpoint) -> String {
        let host = endpoint.host.text
        return "\(endpoint.scheme)://\(host.contains(":") ? "[\(host)]" : host):\(endpoint.port ?? usualPort)"
    }

    // MARK: Parts

    private static func readLogin(_ parts: Members, of etcd: Setting) -> AgentConfiguration.Standby.Login? {
        if (parts["username"] == nil) != (parts["password_file"] == nil) {
            etcd.note("username and password_file go together")
        }
        guard let username = parts["username"]?.nonEmptyString(), let file = parts["password_file"]?.secretFile()
        else { return nil }
        return .init(username: username, passwordFile: file)
    }

    private static func readPrefix(_ setting: Setting) -> String? {
        guard let text = setting.nonEmptyString() else { return nil }
        let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard text.hasPrefix("/"), text.utf8.count <= longestPrefix, parts.allSatisfy(isName) else {
            return setting.fail(
                "should be a path such as /ima, of letters, digits, - and _, without a slash at its end")
        }
        return text
    }

    private static func name(_ setting: Setting) -> String? {
        guard let text = setting.nonEmptyString() else { return nil }
        guard text.utf8.count <= longestName, isName(text[...]) else {
            return setting.fail("should be a name of letters, digits, - and _, at most \(longestName)")
        }
        return text
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// etcd's leases last whole seconds.
    private static func seconds(_ setting: Setting) -> Duration? {
        guard let duration = setting.duration() else { return nil }
        guard duration.components.attoseconds == 0, (1...60).contains(duration.components.seconds) else {
            return setting.fail("should be whole seconds from 1s to 60s")
        }
        return duration
    }
}
