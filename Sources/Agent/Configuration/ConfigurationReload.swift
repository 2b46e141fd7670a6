import EventBus
import Foundation
import Journal
import Logging
import OperatorAPI
import PowerEvents
import Settings
import Shedding

/// Reads configuration, inventory and keys again, and puts all of it in force or, where any of it has a mistake, none. The
/// one way for `ima reload`, SIGHUP and `systemctl reload`.
actor ConfigurationReload {
    /// What comes into force.
    struct Change: Sendable {
        let configuration: AgentConfiguration
        /// Whether how BMCs are trusted is another way now.
        let renewsTrust: Bool
        /// How to connect to the broker from now on; nil where that stays as it is.
        let brokerTLS: BusOptions.TLS?
    }

    /// What the parts that run are given.
    struct Parts: Sendable {
        let trust: TrustStore
        let state: ConfigurationState
        let rules: IntakeRules
        /// Puts a configuration in force in everything else.
        let adopt: @Sendable (Change) async -> Void
        /// Keeps in the history what was asked for, and what became of it.
        let note: @Sendable (_ code: String, _ message: String, CommandAuthor) async -> Void
        /// Says that a reload begins (true) and is over (false), to whoever supervises the process.
        let announce: @Sendable (Bool) -> Void
    }

    /// What is in force, with what a reload does not change as the start had it.
    private(set) var current: AgentConfiguration
    private let startFiles: ConfigurationFiles
    private var files: ConfigurationFiles
    private var latest: Task<ReloadReply, Never>?
    private let parts: Parts
    private let environment: [String: String]
    private let logger: Logger
    private let now: @Sendable () -> Timestamp

    /// - Parameter current: what the agent was started with
    init(
        _ current: AgentConfiguration, parts: Parts,
        environment: [String: String] = ProcessInfo.processInfo.environment, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.current = current
        startFiles = ConfigurationFiles(current)
        files = startFiles
        self.parts = parts
        self.environment = environment
        self.logger = logger
        self.now = now
    }

    /// - Parameters:
    ///   - dryRun: says what would change, and changes nothing
    ///   - author: who asked, for the history
    func perform(dryRun: Bool = false, author: CommandAuthor) async -> ReloadReply {
        // One after the other: what is in force at last is what was read at last.
        let before = latest
        let own = Task {
            _ = await before?.value
            return await performAlone(dryRun: dryRun, author: author)
        }
        latest = own
        return await own.value
    }

    private func performAlone(dryRun: Bool, author: CommandAuthor) async -> ReloadReply {
        if dryRun {
            var reply: ReloadReply
            do { reply = try plan().reply } catch { reply = failure(error) }
            reply.dryRun = true
            return reply
        }
        parts.announce(true)
        defer { parts.announce(false) }
        let plan: Plan
        do { plan = try self.plan() } catch {
            let reply = failure(error)
            parts.state.failed(at: now(), reply.errors)
            for line in reply.errors {
                logger.error("the changed configuration is not used; the old one stays: \(line)")
            }
            await parts.note("reload", reply.summary, author)
            return reply
        }
        await adopt(plan)
        let reply = tell(plan.reply)
        await parts.note("reload", reply.summary, author)
        return reply
    }

    // MARK: All or nothing

    private struct Plan {
        var new: AgentConfiguration
        var trust: TrustStore.Prepared
        var files: ConfigurationFiles
        var renewsTrust: Bool
        /// How to connect to the broker from now on; nil where that stays as it is.
        var brokerTLS: BusOptions.TLS?
        var reply: ReloadReply
    }

    /// Everything that can fail. Changes nothing.
    ///
    /// - Throws: `Problems`, or an error that names the key file
    private func plan() throws -> Plan {
        let new = try ConfigurationReader.load(current.file, environment: environment)
        let trust = try parts.trust.prepare(new.trust)
        var difference = ConfigurationDifference(from: current, to: new)
        let newFiles = ConfigurationFiles(new)
        for (key, file) in newFiles.restarts(since: startFiles) { difference.restart(for: key, file: file) }
        var reply = ReloadReply()
        reply.generation = parts.state.generation + 1
        reply.changed = difference.changed
        reply.needsRestart = difference.needsRestart
        reply.resources = difference.resources
        reply.groups = difference.groups
        reply.sources = difference.sources
        reply.credentials = difference.credentials
        reply.files = newFiles.changed(since: files)
        reply.warnings = new.warnings.map(\.description)
        return Plan(
            new: new, trust: trust, files: newFiles,
            renewsTrust: ConfigurationDifference.trustsOtherwise(current, new)
                || newFiles.authoritiesChanged(since: files),
            brokerTLS: brokerTLS(new, newFiles), reply: reply)
    }

    private func brokerTLS(_ new: AgentConfiguration, _ newFiles: ConfigurationFiles) -> BusOptions.TLS? {
        guard new.bus.address == current.bus.address, let tls = new.bus.tls else { return nil }
        return tls != current.bus.tls || newFiles.brokerChanged(since: files) ? tls : nil
    }

    private func adopt(_ plan: Plan) async {
        let new = plan.new
        parts.trust.adopt(plan.trust)
        parts.rules.adopt(maximumAge: new.policy.maxAge, limits: new.limits)
        await parts.adopt(
            Change(configuration: new, renewsTrust: plan.renewsTrust, brokerTLS: plan.brokerTLS))
        // What needs a restart is told again each time, until there was one.
        var running = new
        running.keepWhatRuns(of: current)
        current = running
        files = plan.files
    }

    private func tell(_ plan: ReloadReply) -> ReloadReply {
        var reply = plan
        reply.applied = true
        parts.state.succeeded(at: now(), needsRestart: reply.needsRestart.map(\.key))
        reply.generation = parts.state.generation
        let metadata: Logger.Metadata = [
            "file": "\(current.file)", "generation": "\(reply.generation)",
            "changed": "\(reply.changes.isEmpty ? "no setting" : reply.changes.joined(separator: "; "))",
        ]
        if reply.needsRestart.isEmpty {
            logger.notice("read the configuration again", metadata: metadata)
        } else {
            let keys = reply.needsRestart.map(\.key).joined(separator: ", ")
            logger.warning("read the configuration again; needs a restart: \(keys)", metadata: metadata)
        }
        for warning in reply.warnings { logger.warning("\(warning)") }
        return reply
    }

    private func failure(_ error: any Error) -> ReloadReply {
        var reply = ReloadReply()
        reply.generation = parts.state.generation
        reply.errors = "\(error)".split(separator: "\n").map(String.init)
        return reply
    }
}

extension AgentConfiguration {
    /// Takes back what a running agent goes on with whatever its files say: the keys of ``ConfigurationKey/Effect/restart``.
    fileprivate mutating func keepWhatRuns(of old: AgentConfiguration) {
        agentID = old.agentID
        let tls = bus.address == old.bus.address ? bus.tls : old.bus.tls
        bus = old.bus
        bus.tls = tls
        signing = old.signing
        journal = old.journal
        pool = old.pool
        patrolEvery = old.patrolEvery
        http = old.http
        control = old.control
        standby = old.standby
        shutdownTimeout = old.shutdownTimeout
        logFormat = old.logFormat
    }
}
