import Curl
import EventBus
import Foundation
import Logging
import Settings
import Shedding

/// Reads configuration, inventory and keys again, and puts all of it in force or, where any of it has a mistake, none.
actor ConfigurationReload {
    /// What the parts that run are given.
    struct Parts: Sendable {
        let enforcer: Enforcer
        let trust: TrustStore
        let pool: HTTPClientPool
        /// Subscribes to the alerts of the sources that are trusted now.
        let subscribe: @Sendable (AgentConfiguration) -> Void
    }

    private var current: AgentConfiguration
    /// The files that only a start reads, as they were then.
    private let startFiles: [String: [FileStamp?]]
    private let parts: Parts
    private let environment: [String: String]
    private let logger: Logger

    /// - Parameter current: what the agent was started with
    init(
        _ current: AgentConfiguration, parts: Parts,
        environment: [String: String] = ProcessInfo.processInfo.environment, logger: Logger
    ) {
        self.current = current
        startFiles = Self.stamps(current)
        self.parts = parts
        self.environment = environment
        self.logger = logger
    }

    /// - Returns: what changed, and what needs a restart
    /// - Throws: `Problems`, or an error that names the key file; nothing has changed then
    func perform() async throws -> ConfigurationDifference {
        let new = try ConfigurationReader.load(current.file, environment: environment)
        // The last thing that can fail. From here on everything is taken over.
        let trust = try parts.trust.prepare(new.trust)
        var difference = ConfigurationDifference(from: current, to: new)
        let files = Self.stamps(current)
        for name in startFiles.keys.sorted() where files[name] != startFiles[name] { difference.restart(for: name) }
        let trustsOtherwise = ConfigurationDifference.trustsOtherwise(current, new)
        parts.trust.adopt(trust)
        parts.subscribe(new)
        // Before anything is asked of a BMC by the new rules.
        parts.pool.renewTrust(force: trustsOtherwise)
        await parts.enforcer.reload(new)
        // What needs a restart is told again each time, until there was one.
        var running = new
        running.keepWhatRuns(of: current)
        current = running
        for warning in new.warnings { logger.warning("\(warning)") }
        return difference
    }
}

extension ConfigurationReload {
    /// The broker's library reads its files when it is set up, and the signing key is read once.
    private static func stamps(_ configuration: AgentConfiguration) -> [String: [FileStamp?]] {
        var stamps: [String: [FileStamp?]] = [:]
        if let tls = configuration.bus.tls {
            stamps["broker.tls"] = [tls.authorities, tls.certificate, tls.key].map { $0.flatMap { FileStamp($0) } }
        }
        if case .file(let path) = configuration.signing.key { stamps["signing"] = [FileStamp(path)] }
        return stamps
    }
}

extension AgentConfiguration {
    /// Takes back what a running agent goes on with whatever its files say.
    fileprivate mutating func keepWhatRuns(of old: AgentConfiguration) {
        agentID = old.agentID
        bus = old.bus
        signing = old.signing
        journal = old.journal
        policy.maxAge = old.policy.maxAge
        policy.maxEventBytes = old.policy.maxEventBytes
        redfish = old.redfish
        pool = old.pool
        patrolEvery = old.patrolEvery
        http = old.http
        controlSocket = old.controlSocket
        shutdownTimeout = old.shutdownTimeout
        limits = old.limits
    }
}
