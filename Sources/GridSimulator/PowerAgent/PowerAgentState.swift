import Foundation
import Logging
import PowerEvents
import StrictJSON

/// A power agent's memory and decisions, one input at a time: what was decided is on disk before anybody hears of it.
struct PowerAgentState {
    /// An event to be published.
    struct Outgoing: Sendable {
        let topic: String
        let payload: [UInt8]
        let type: EventType
        var decidedAt = ContinuousClock.now
    }

    private var core: PowerAgentCore
    private var gate: EventGate
    private let signer: EventSigner
    private let file: StateFile?
    private let logger: Logger
    private var outbox: [PowerAgentRecord.Unsent]
    private var written: JSONValue?
    /// By feed, what its machines are let do of their work.
    private(set) var admitted: [String: Double] = [:]

    init(_ settings: PowerAgentSettings, logger: Logger) throws {
        self.logger = logger
        var signer = EventSigner(
            source: settings.participant.source, key: settings.participant.key,
            topicPrefix: settings.participant.topicPrefix)
        signer.signs = settings.signs
        signer.subjectIsTopic = settings.subjectIsTopic
        self.signer = signer
        file = settings.statePath.map(StateFile.init)
        let record = try file?.read().map { try PowerAgentRecord(json: $0, profiles: settings.feeds) }
        // A breach without an id of its own would be another one's: without random numbers there is no going on.
        let newID: @Sendable () -> UUIDText = {
            (try? RandomID.draw()) ?? UUIDText(randomBytes: UUID().bytes)
        }
        core = PowerAgentCore(
            policy: settings.policy, feeds: settings.feeds.map { record?.feeds[$0.tag] ?? FeedControl($0) },
            topology: settings.topology, newID: newID)
        gate = EventGate(
            trusted: settings.participant.trusted, topicPrefix: settings.participant.topicPrefix,
            maximumAge: settings.maximumAge, remembered: record?.remembered ?? [])
        outbox = record?.outbox ?? []
        for (tag, feed) in core.feeds where feed.admitted < 1 { admitted[tag] = feed.admitted }
        let open = core.feeds.values.compactMap(\.breach)
        for breach in open { logger.notice("goes on with an open breach", metadata: ["breach": "\(breach.id)"]) }
    }

    /// What an earlier run could not get rid of.
    var left: [Outgoing] {
        outbox.map { Outgoing(topic: $0.topic, payload: Array($0.payload.utf8), type: .breachAlert) }
    }

    /// Does a step, or none of it.
    ///
    /// - Throws: where what was decided cannot be kept
    mutating func whole(
        _ step: (inout PowerAgentState) throws -> [Outgoing]
    ) throws -> [Outgoing] {
        let before = self
        do { return try step(&self) } catch {
            self = before
            throw error
        }
    }

    mutating func step(_ input: PowerAgentCore.Input, at now: Timestamp) throws -> [Outgoing] {
        var outgoing: [Outgoing] = []
        for output in core.step(input, at: now) {
            switch output {
            case .publish(let type, let payload, let trace, let correlationID):
                let event = try signer.event(type, payload, time: now, trace: trace, correlationID: correlationID)
                let item = Outgoing(topic: signer.topic(type), payload: event.json.bytes, type: type)
                outgoing.append(item)
                if type == .breachAlert {
                    outbox.append(.init(topic: item.topic, payload: String(decoding: item.payload, as: UTF8.self)))
                }
                log(type, payload)
            case .admit(let feed, let share): admitted[feed] = share
            case .note(let text): logger.notice("\(text)")
            }
        }
        try save()
        return outgoing
    }

    /// A message from the bus, believed or not.
    mutating func step(topic: String, payload: [UInt8], at now: Timestamp) throws -> [Outgoing] {
        let accepted: EventGate.Accepted
        let input: PowerAgentCore.Input
        do throws(EventRefusal) {
            accepted = try gate.open(topic: topic, payload: payload, at: now, repeatable: [.enforcement])
            input = try Self.input(accepted)
        } catch {
            logger.warning("refused", metadata: ["topic": "\(topic)", "reason": "\(error)"])
            return []
        }
        logger.info(
            "accepted", metadata: ["type": "\(accepted.event.type.rawValue)", "source": "\(accepted.event.source)"])
        return try step(input, at: now)
    }

    private static func input(_ accepted: EventGate.Accepted) throws(EventRefusal) -> PowerAgentCore.Input {
        do {
            switch accepted.event.type {
            case .loadTargetSet:
                return .targets(
                    try LoadTargetSet(json: accepted.payload), correlationID: accepted.event.correlationID,
                    trace: accepted.event.trace)
            case .enforcement: return .enforcement(try Enforcement(json: accepted.payload))
            case .powerStateStatus, .breachAlert: break
            }
        } catch {
            throw .payload("\(error)")
        }
        throw .misplaced("\(accepted.event.type.rawValue) is not for a power agent")
    }

    /// The broker has an event.
    mutating func acknowledged(_ item: Outgoing) {
        let payload = String(decoding: item.payload, as: UTF8.self)
        outbox.removeAll { $0.payload == payload }
        do { try save() } catch { logger.error("\(error)") }
    }

    private mutating func save() throws {
        guard let file else { return }
        let record = PowerAgentRecord(feeds: core.feeds, remembered: gate.remembered, outbox: outbox).json
        guard record != written else { return }
        try file.write(record)
        written = record
    }

    private func log(_ type: EventType, _ payload: JSONValue) {
        switch type {
        case .breachAlert:
            logger.notice(
                "breach",
                metadata: [
                    "feed": "\(payload["feed_tag"]?.string ?? "")", "status": "\(payload["status"]?.string ?? "")",
                    "severity": "\(payload["severity"]?.string ?? "")",
                    "breach": "\(payload["breach", "breach_id"]?.string ?? "")",
                    "hints": "\(payload["shed_hints"]?.array?.count ?? 0)",
                ])
        default:
            let events = Set(
                [payload["event"]?.string].compactMap { $0 }
                    + (payload["feeds"]?.object ?? JSONObject()).compactMap { $0.value["event"]?.string })
            logger.info("power state", metadata: ["event": "\(events.sorted().joined(separator: ", "))"])
        }
    }
}

extension UUID {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: uuid) { Array($0) } }
}
