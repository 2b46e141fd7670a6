import Curl
import EventBus
import Foundation
import Inventory
import OpenSSL
import PowerEvents
import Redfish
import Settings
import Shedding
import Site

/// Reads `ima.yaml` and what it names, noting every mistake of every file.
public enum ConfigurationReader {
    /// - Parameters:
    ///   - checksPlaces: whether the journal and the control socket must be possible here, as they must where an agent is
    ///     to run
    ///   - checksFiles: whether keys, certificates and secrets must be there; who only plans needs none
    /// - Throws: `Problems` with all mistakes
    public static func load(
        _ path: String, environment: [String: String], checksPlaces: Bool = true, checksFiles: Bool = true
    ) throws -> AgentConfiguration {
        let problems = ProblemCollector(checksFiles: checksFiles)
        let file = SettingsFile.load(path, environment: environment, problems: problems)
        return try finish(file, path, environment, problems, checksPlaces: checksPlaces)
    }

    /// The same for a text that is at hand, and for no agent that is to run.
    static func read(
        text: String, file: String, environment: [String: String], problems: ProblemCollector
    ) throws -> AgentConfiguration {
        let setting = SettingsFile.parse(text, file: file, environment: environment, problems: problems)
        return try finish(setting, file, environment, problems, checksPlaces: false)
    }

    private static func finish(
        _ file: Setting?, _ path: String, _ environment: [String: String], _ problems: ProblemCollector,
        checksPlaces: Bool
    ) throws -> AgentConfiguration {
        let configuration = file.flatMap {
            read($0, environment: environment, problems: problems, checksPlaces: checksPlaces)
        }
        try problems.throwIfAny()
        guard var configuration else { throw Problems([Problem(file: path, message: "cannot be used")]) }
        configuration.warnings = Set(problems.warnings).sorted()
        return configuration
    }

    static let sections = [
        "agent", "broker", "trust", "signing", "inventory", "journal", "mode", "enforcement", "redfish", "http",
        "control", "shutdown_timeout", "limits", "log", "standby",
    ]

    static let agentKeys = ["id"]
    static let busKeys = ["url", "topic_prefix", "qos", "tls", "token_file", "oauth2", "allow_plaintext"]
    static let tlsKeys = ["ca", "certificate", "key"]
    static let oauthKeys = ["token_url", "client_id", "client_secret_file", "scope", "ca"]
    static let signingKeys = ["key", "kid", "module"]
    static let logKeys = ["format"]

    private static func read(
        _ file: Setting, environment: [String: String], problems: ProblemCollector, checksPlaces: Bool
    ) -> AgentConfiguration? {
        let top = file.members(sections)
        WritableByAll.warn(of: file.file, at: file, "can change what the agent does")
        let agent = top.required("agent", of: file)
        let agentID = agent.flatMap { agent in agent.members(agentKeys).required("id", of: agent) }.flatMap(identifier)
        let bus = top.required("broker", of: file).flatMap(readBus)
        let trust = TrustReader.read(top.required("trust", of: file))
        let signing = top.required("signing", of: file).flatMap(readSigning)
        let inventory = top.required("inventory", of: file)
        let files = (inventory?.isList == true ? inventory?.elements() : inventory.map { [$0] })?.compactMap {
            $0.path()
        }
        for path in files ?? [] {
            if let inventory {
                WritableByAll.warn(of: path, at: inventory, "can change which machines are enforced on")
            }
        }
        if inventory?.isList == true, files?.isEmpty == true { inventory?.note("should name at least one file") }
        let site = SiteReader.load(
            files ?? [], environment: environment, problems: problems, checksFiles: problems.checksFiles)
        if let files, !files.isEmpty, site.resources.isEmpty, problems.all.isEmpty {
            inventory?.note("holds no resources: there is nothing to enforce on")
        }
        let journal = top.required("journal", of: file).flatMap { readJournal($0, checksPlaces) }
        let policy = EnforcementReader.read(top["enforcement"])
        EnforcementReader.warn(top["enforcement"] ?? file, policy: policy, site: site)
        var (redfish, pool) = RedfishReader.read(top["redfish"], retries: policy.retries)
        let http = top["http"].flatMap(readHTTP)
        let mode = top["mode"]?.choice(AgentConfiguration.Mode.self) ?? .enforce
        let logFormat = top["log"]?.members(logKeys)["format"]?.choice(LogFormat.self) ?? .text
        let control = top["control"].flatMap { ControlSocketReader.read($0, checksPlaces: checksPlaces) }
        let shutdownTimeout = top["shutdown_timeout"]?.duration() ?? .seconds(20)
        let standby = StandbyReader.read(top["standby"], policy: policy)
        guard let agentID, let bus, let signing, let journal, let files else { return nil }
        var finalPolicy = policy
        finalPolicy.retries = redfish.retries
        let limits = LimitsReader.read(top["limits"], policy: &finalPolicy)
        redfish.options.maximumBodySize = limits.answerBytes
        return AgentConfiguration(
            file: file.file, agentID: agentID, bus: bus, trust: trust, signing: signing, inventoryFiles: files,
            site: site, journal: journal, mode: mode,
            policy: finalPolicy, redfish: redfish.options.named(agentID), pool: pool, patrolEvery: redfish.patrolEvery,
            http: http, control: control, standby: standby, shutdownTimeout: shutdownTimeout, limits: limits,
            logFormat: logFormat)
    }

    private static func readJournal(_ setting: Setting, _ checksPlaces: Bool) -> String? {
        guard let path = setting.pathToBe(checks: checksPlaces) else { return nil }
        // How every SQLite database begins; an empty file becomes one.
        let magic = Array("SQLite format 3\0".utf8)
        if checksPlaces, let file = FileHandle(forReadingAtPath: path),
            let head = try? file.read(upToCount: magic.count),
            !head.isEmpty, !head.elementsEqual(magic)
        {
            return setting.fail("\(path): the journal is no SQLite database; name another file", showingValue: false)
        }
        return path
    }

    /// A name that topics and the broker's access rules can hold.
    private static func identifier(_ setting: Setting) -> String? {
        guard let text = setting.nonEmptyString() else { return nil }
        let isFit = text.allSatisfy { !$0.isWhitespace && !"./+#$*>".contains($0) }
        return isFit ? text : setting.fail("should have no dots, slashes, spaces or wildcards")
    }

    private static func readBus(_ setting: Setting) -> AgentConfiguration.Bus? {
        let members = setting.members(busKeys)
        guard let url = members.required("url", of: setting) else { return nil }
        let address = url.string().flatMap { text in
            do { return try BrokerAddress(checking: text) } catch { return url.fail("\(error)") }
        }
        let prefix = members["topic_prefix"]?.string() ?? ""
        if !prefix.isEmpty, !prefix.hasSuffix("/") || prefix.contains(where: { "+#".contains($0) }) {
            members["topic_prefix"]?.note("should end with a slash and hold no wildcards")
        }
        let qos = members["qos"]?.int(0...2) ?? 2
        let tls = members["tls"].flatMap(readTLS).map { files in
            BusOptions.TLS(authorities: files.authorities, certificate: files.certificate, key: files.key)
        }
        guard let address else { return nil }
        if address.isEncrypted, members["tls"] == nil {
            if !members.hasValueless(["tls"]) { url.note("mqtts needs tls: { ca: … }") }
        } else if !address.isEncrypted, members["tls"] != nil {
            url.note("tls is set, so this should be mqtts://")
        } else if !address.isEncrypted, !address.isLoopback {
            if members["allow_plaintext"]?.bool() == true {
                url.warn("plain mqtt to another machine: everybody between can read and hold up alerts")
            } else {
                url.note("plain mqtt is for loopback only; use mqtts, or write out allow_plaintext: true")
            }
        }
        return AgentConfiguration.Bus(
            address: address, topicPrefix: prefix, qos: qos, tls: tls, login: login(members, of: setting))
    }

    private static func login(_ members: Members, of setting: Setting) -> AgentConfiguration.BrokerLogin {
        if members["token_file"] != nil, members["oauth2"] != nil {
            setting.note("should have either token_file or oauth2")
        }
        if let file = members["token_file"] { return file.secretFile().map { .tokenFile($0) } ?? .none }
        guard let section = members["oauth2"] else { return .none }
        let parts = section.members(oauthKeys)
        guard let url = parts.required("token_url", of: section), let text = url.nonEmptyString(),
            let client = parts.required("client_id", of: section)?.nonEmptyString(),
            let secret = parts.required("client_secret_file", of: section)?.secretFile()
        else { return .none }
        do {
            let endpoint = try Endpoint(text, schemes: ["https", "http"], allowsPath: true)
            if endpoint.isExposed(plain: "http") { url.note("should be https://; plain http is for loopback only") }
        } catch {
            url.note("\(error)")
        }
        return .oauth2(
            .init(
                tokenURL: text, clientID: client, secretFile: secret, scope: parts["scope"]?.nonEmptyString(),
                authorities: parts["ca"]?.authorityFile()))
    }

    static func checkPair(certificate: String, key: String, at setting: Setting) {
        guard case .success(let bytes) = RegularFile.read(certificate),
            case .success(let keyBytes) = RegularFile.read(key)
        else { return }
        do {
            try CertificateFile.check(certificatePEM: bytes, keyPEM: keyBytes)
        } catch {
            let _: Never? = setting.fail(
                "\(certificate) and \(key) cannot be used together: \(error)", showingValue: false)
        }
    }

    /// Paths of `tls: { ca, certificate, key }`, the last two both or none.
    static func readTLS(
        _ section: Setting
    ) -> (authorities: String, certificate: String?, key: String?)? {
        let parts = section.members(tlsKeys)
        let authorities = parts.required("ca", of: section)?.authorityFile()
        let certificate = parts["certificate"]?.existingFile()
        let key = parts["key"]?.secretFile()
        if (parts["certificate"] == nil) != (parts["key"] == nil), !parts.hasValueless(["certificate", "key"]) {
            section.note("certificate and key go together")
        }
        if let certificate, let key, let setting = parts["certificate"] {
            checkPair(certificate: certificate, key: key, at: setting)
        }
        return authorities.map { ($0, certificate, key) }
    }

    private static func readSigning(_ setting: Setting) -> AgentConfiguration.Signing? {
        let members = setting.members(signingKeys)
        guard let key = members.required("key", of: setting), let path = keyPlace(key, module: members["module"]),
            let keyID = members.required("kid", of: setting)?.nonEmptyString()
        else { return nil }
        KeyFiles.check(signingKey: path, keyID: keyID, at: key)
        return AgentConfiguration.Signing(key: path, keyID: keyID)
    }

    private static func keyPlace(_ key: Setting, module: Setting?) -> AgentConfiguration.Signing.Place? {
        guard let text = key.nonEmptyString(), text.hasPrefix("pkcs11:") else {
            module?.note("is for a key that begins with pkcs11:")
            return key.path().map { .file($0) }
        }
        guard !text.contains("pin-value") else {
            return key.fail(
                "should name a pin-source=file:…, since a PIN may not stand in the file", showingValue: false)
        }
        guard let module else { return key.fail("needs module: the path of the token's PKCS #11 library") }
        return module.existingFile().map { .token(uri: text, module: $0) }
    }

    private static func readHTTP(_ setting: Setting) -> AgentConfiguration.HTTPAddress? {
        guard let text = setting.nonEmptyString() else { return nil }
        do {
            let (host, port) = try Endpoint.split(text, ports: 0...65_535)
            guard let port else { return setting.fail("should be an address and a port, such as 127.0.0.1:9660") }
            if !host.isLoopback {
                setting.warn("the pages can be read from other machines, without a login and without TLS")
            }
            return AgentConfiguration.HTTPAddress(host: host.text, port: port)
        } catch {
            return setting.fail("should be an address and a port, such as 127.0.0.1:9660: \(error)")
        }
    }
}
