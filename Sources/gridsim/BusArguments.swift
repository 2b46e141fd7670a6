import ArgumentParser
import CommandLineTool
import EventBus
import FleetSimulator
import Foundation
import GridSimulator
import JOSE
import Logging
import OpenSSL
import PowerEvents
import StrictJSON

/// How to reach the broker.
struct BusArguments: ParsableArguments {
    @Option(name: .long, help: "mqtts://host:port with --ca, or mqtt://host:port to loopback.")
    var broker = "mqtt://127.0.0.1:1883"

    @Option(name: .long, help: "The PEM file with the broker's authority.")
    var ca: String?

    @Option(name: .long, help: "A prefix of all topics, such as cpc/1/.")
    var topicPrefix = ""

    func options(clientID: String = "", topics: [String] = []) throws -> BusOptions {
        guard let address = BrokerAddress(broker) else {
            throw Failure("--broker: should be mqtt://host:port or mqtts://host:port (got \"\(broker)\")", code: 2)
        }
        if address.isEncrypted, ca == nil { throw Failure("\(broker): mqtts needs --ca", code: 2) }
        if !address.isEncrypted, ca != nil {
            throw Failure("\(broker): --ca is set, so this should be mqtts://", code: 2)
        }
        guard address.isEncrypted || address.isLoopback else {
            throw Failure("\(broker): plain mqtt is for loopback only; use mqtts:// with --ca", code: 2)
        }
        return BusOptions(
            address: address, clientID: clientID, tls: ca.map { BusOptions.TLS(authorities: $0) }, topics: topics)
    }

    /// Waits a few seconds for a connection, then gives up in words.
    func awaitConnection(_ isConnected: () -> Bool) async throws {
        for _ in 0..<100 {
            if isConnected() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("\(broker): the broker cannot be reached")
    }

    static var logger: Logger {
        var logger = Logger(label: "gridsim") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        return logger
    }
}

/// Who signs, and with what.
struct SignerArguments: ParsableArguments {
    @OptionGroup var bus: BusArguments

    @Option(name: .long, help: "Who publishes, such as //grid/v1/poweragent/dps-prod.")
    var source: String

    @Option(name: .long, help: "The file with the private key (PEM).")
    var key: String

    @Option(name: .long, help: "The key's name in the agent's trusted key set.")
    var kid: String

    /// Who signs, and the key.
    func identity() throws -> (source: EventSource, key: SigningKey) {
        guard let source = EventSource(source) else {
            throw Failure("--source: should be //grid/v1/<role>/<identifier> (got \"\(source)\")", code: 2)
        }
        do throws(KeyFile.Unusable) { return (source, try KeyFile.signingKey(key, keyID: kid)) } catch {
            throw Failure("\(error)", code: 2)
        }
    }

    /// Signs a payload as this source, publishes it, and waits until the broker has it.
    func publish(_ type: EventType, _ payload: JSONValue, correlationID: UUIDText? = nil) async throws -> CloudEvent {
        let (source, signingKey) = try identity()
        let agent = try SimulatedPowerAgent(
            source: source, key: signingKey, bus: bus.options(), topicPrefix: bus.topicPrefix,
            logger: BusArguments.logger)
        agent.start()
        defer { agent.stop() }
        try await bus.awaitConnection { agent.isConnected }
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        var event = try agent.event(type, payload, time: now)
        event.correlationID = correlationID
        try await agent.publish(event)
        return event
    }
}
