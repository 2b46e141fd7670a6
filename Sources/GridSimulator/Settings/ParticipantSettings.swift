public import EventBus
import Foundation
public import JOSE
import OpenSSL
public import PowerEvents
import Settings

/// What every participant of the bus that is written in a file has to say: who it is, where the broker is, whom it believes.
public struct ParticipantSettings: Sendable {
    public let source: EventSource
    public let key: SigningKey
    public let bus: BusOptions
    public let topicPrefix: String
    /// By source, the keys that count for it.
    public let trusted: [EventSource: JWKSet]

    /// - Returns: nil where a setting is missing or wrong, which is noted
    static func read(_ members: Members, of file: Setting, role: EventSource.Role) -> ParticipantSettings? {
        let agent = members.required("agent", of: file)
        let source = agent?.members(["source"]).required("source", of: agent ?? file).flatMap { setting in
            setting.nonEmptyString().flatMap { text -> EventSource? in
                guard let source = EventSource(text), source.role == role else {
                    return setting.fail("should be //grid/v1/\(role.spellings.joined(separator: " or "))/<identifier>")
                }
                return source
            }
        }
        let broker = members.required("broker", of: file)
        let bus = broker.flatMap(Self.bus)
        let signing = members.required("signing", of: file)
        let key = signing.flatMap(Self.key)
        let trusted = Self.trusted(members["trust"])
        guard let source, let bus, let key else { return nil }
        return ParticipantSettings(
            source: source, key: key, bus: bus.options, topicPrefix: bus.prefix, trusted: trusted)
    }

    private static func bus(_ setting: Setting) -> (options: BusOptions, prefix: String)? {
        let members = setting.members(["url", "ca", "topic_prefix", "client_id"])
        guard let url = members.required("url", of: setting), let text = url.nonEmptyString() else { return nil }
        let address: BrokerAddress
        do { address = try BrokerAddress(checking: text) } catch { return url.fail("\(error)") }
        guard address.isEncrypted || address.isLoopback else {
            return url.fail("should be mqtts:// to another machine")
        }
        if address.isEncrypted, members["ca"] == nil {
            return members.hasValueless(["ca"]) ? nil : url.fail("mqtts needs ca: …", showingValue: false)
        }
        if !address.isEncrypted, members["ca"] != nil { return url.fail("ca is set, so this should be mqtts://") }
        let options = BusOptions(
            address: address, clientID: members["client_id"]?.string() ?? "",
            tls: address.isEncrypted ? members["ca"]?.authorityFile().map { .init(authorities: $0) } : nil)
        return (options, members["topic_prefix"]?.string() ?? "")
    }

    private static func key(_ setting: Setting) -> SigningKey? {
        let members = setting.members(["key", "kid"])
        guard let file = members.required("key", of: setting), let path = file.path(),
            let kid = members.required("kid", of: setting)?.nonEmptyString()
        else { return nil }
        do { return try KeyFile.signingKey(path, keyID: kid) } catch {
            return file.fail("\(error)", showingValue: false)
        }
    }

    private static func trusted(_ section: Setting?) -> [EventSource: JWKSet] {
        var trusted: [EventSource: JWKSet] = [:]
        for entry in section?.elements() ?? [] {
            let members = entry.members(["source", "jwks"])
            guard let name = members.required("source", of: entry), let text = name.nonEmptyString(),
                let file = members.required("jwks", of: entry), let path = file.path()
            else { continue }
            guard let source = EventSource(text) else {
                name.note("should be //grid/v1/<role>/<identifier>")
                continue
            }
            guard trusted[source] == nil else {
                name.note("stands here twice; one entry a source")
                continue
            }
            do { trusted[source] = try KeyFile.set(path) } catch {
                let _: Never? = file.fail("\(error)", showingValue: false)
            }
        }
        return trusted
    }
}

/// Reads keys from files.
public enum KeyFile {
    public struct Unusable: Error, CustomStringConvertible {
        public let description: String
    }

    public static func signingKey(_ path: String, keyID: String) throws(Unusable) -> SigningKey {
        guard let pem = FileManager.default.contents(atPath: path) else {
            throw Unusable(description: "\(path): the key cannot be read")
        }
        do { return try SigningKey(PrivateKey(pem: String(decoding: pem, as: UTF8.self)), keyID: keyID) } catch {
            throw Unusable(description: "\(path): \(error)")
        }
    }

    /// A JWK set with at least one key that can be used.
    public static func set(_ path: String) throws(Unusable) -> JWKSet {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Unusable(description: "\(path): the key set cannot be read")
        }
        let set: JWKSet
        do { set = try JWKSet(decoding: data) } catch { throw Unusable(description: "\(path): \(error)") }
        guard !set.isEmpty else {
            let reasons = set.skipped.map { "; \($0)" }.joined()
            throw Unusable(description: "\(path): holds no key that can be used\(reasons)")
        }
        return set
    }
}
