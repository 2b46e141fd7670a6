import EventBus
import Foundation
import Logging
import Mosquitto
import OpenSSL
import Synchronization
import TestSupport
import Testing

struct BusConnectionTests {
    private final class Log: Sendable {
        let messages = Mutex<[String]>([])
        let events = Mutex<[String]>([])
        let refuseFirst = Mutex(0)
    }

    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func connect(_ broker: TestBroker, id: String, topics: [String], log: Log) throws -> BusConnection {
        try connect(broker.address, id: id, topics: topics, log: log)
    }

    private func connect(_ address: BrokerAddress, id: String, topics: [String], log: Log) throws -> BusConnection {
        let connection = try BusConnection(
            BusOptions(address: address, clientID: id, topics: topics), logger: quiet,
            onMessage: { message in
                let mustRefuse = log.refuseFirst.withLock { count in
                    defer { count = max(0, count - 1) }
                    return count > 0
                }
                if mustRefuse { return false }
                log.messages.withLock { $0.append(String(decoding: message.payload, as: UTF8.self)) }
                return true
            },
            onEvent: { event in log.events.withLock { $0.append("\(event)") } })
        connection.start()
        return connection
    }

    @Test func publishesWithAcknowledgementAndReceives() async throws {
        let broker = try await TestBroker()
        let log = Log()
        let receiver = try connect(broker, id: "receiver", topics: ["t/#"], log: log)
        defer { receiver.stop() }
        #expect(try await eventually { log.events.withLock { $0.contains("ready") } })
        let sender = try connect(broker, id: "sender", topics: [], log: Log())
        defer { sender.stop() }
        #expect(try await eventually { sender.isConnected })
        for number in 0..<20 { try await sender.publish(topic: "t/x", payload: Array("\(number)".utf8)) }
        #expect(try await eventually { log.messages.withLock { $0 } == (0..<20).map(String.init) })
        await broker.stop()
    }

    /// While connected, and over a reconnect to the kept session.
    @Test func itListensToOtherTopicsFromNowOn() async throws {
        let broker = try await TestBroker()
        let log = Log()
        let receiver = try connect(broker, id: "receiver", topics: ["old"], log: log)
        defer { receiver.stop() }
        #expect(try await eventually { log.events.withLock { $0.contains("ready") } })
        let sender = try connect(broker, id: "sender", topics: [], log: Log())
        defer { sender.stop() }
        #expect(try await eventually { sender.isConnected })
        receiver.listen(to: ["new"])
        func tell(_ text: String, until last: String) async throws {
            // The broker may know of the subscription a little later.
            #expect(
                try await eventually {
                    for topic in ["old", "new"] {
                        try await sender.publish(topic: topic, payload: Array("\(topic) \(text)".utf8))
                    }
                    return log.messages.withLock { $0.contains(last) }
                })
        }
        try await tell("1", until: "new 1")
        log.messages.withLock { $0 = [] }
        receiver.renewLogin()
        try await tell("2", until: "new 2")
        #expect(log.messages.withLock { $0.allSatisfy { $0.hasPrefix("new") } })
        await broker.stop()
    }

    @Test func whatIsNotAcceptedComesAgain() async throws {
        let broker = try await TestBroker()
        let log = Log()
        log.refuseFirst.withLock { $0 = 2 }
        let receiver = try connect(broker, id: "receiver", topics: ["t/#"], log: log)
        defer { receiver.stop() }
        #expect(try await eventually { log.events.withLock { $0.contains("ready") } })
        let sender = try connect(broker, id: "sender", topics: [], log: Log())
        defer { sender.stop() }
        #expect(try await eventually { sender.isConnected })
        try await sender.publish(topic: "t/x", payload: Array("kept".utf8))
        #expect(try await eventually { log.messages.withLock { $0 } == ["kept"] })
        await broker.stop()
    }

    @Test func comesBackAfterTheBrokerDid() async throws {
        let broker = try await TestBroker()
        let log = Log()
        let connection = try connect(broker, id: "one", topics: ["t/#"], log: log)
        defer { connection.stop() }
        #expect(try await eventually { log.events.withLock { $0.contains("ready") } })
        await broker.stop()
        #expect(try await eventually { log.events.withLock { $0.contains("lost") } })
        await #expect(throws: (any Error).self) {
            try await connection.publish(topic: "t/x", payload: Array("too early".utf8))
        }
        try await broker.start()
        #expect(try await eventually { log.events.withLock { $0.last == "ready" } })
        try await connection.publish(topic: "t/x", payload: Array("late".utf8))
        #expect(try await eventually { log.messages.withLock { $0.contains("late") } })
        await broker.stop()
    }

    /// Without authorities libmosquitto would connect without TLS.
    @Test(.timeLimit(.minutes(1))) func encryptedMeansEncrypted() async throws {
        let broker = try await TestBroker()
        let address = try #require(BrokerAddress("mqtts://127.0.0.1:\(broker.port)"))
        #expect(throws: BusOptions.NoAuthorities.self) {
            try BusConnection(BusOptions(address: address, clientID: ""), logger: quiet, onMessage: { _ in true })
        }
        await broker.stop()
    }

    @Test func onlyATrustedBrokerIsSpokenTo() async throws {
        let authority = try CertificateAuthority(name: "site")
        let stranger = try CertificateAuthority(name: "site")
        let broker = try await TestBroker(authority: authority)
        let folder = try TemporaryFolder()
        func connect(_ authority: CertificateAuthority, host: String) throws -> BusConnection {
            let file = try folder.write(authority.certificatePEM, to: "\(UUID()).pem")
            let address = try #require(BrokerAddress("mqtts://\(host):\(broker.port)"))
            let connection = try BusConnection(
                BusOptions(address: address, clientID: "", tls: .init(authorities: file)), logger: quiet,
                onMessage: { _ in true })
            connection.start()
            return connection
        }
        let good = try connect(authority, host: "127.0.0.1")
        let wrongAuthority = try connect(stranger, host: "127.0.0.1")
        let wrongName = try connect(authority, host: "localhost")
        #expect(try await eventually { good.isConnected })
        try await good.publish(topic: "t", payload: [])
        try await Task.sleep(for: .milliseconds(500))
        #expect(!wrongAuthority.isConnected)
        #expect(!wrongName.isConnected)
        for connection in [good, wrongAuthority, wrongName] { connection.stop() }
        await broker.stop()
    }

    @Test func aRefusedSubscriptionIsTold() async throws {
        let broker = try RefusingBroker()
        defer { withExtendedLifetime(broker) {} }
        let log = Log()
        let address = try #require(BrokerAddress("mqtt://127.0.0.1:\(broker.port)"))
        let connection = try connect(address, id: "one", topics: ["t/x"], log: log)
        #expect(
            try await eventually { log.events.withLock { $0.contains { $0.hasPrefix("refused") } } },
            "\(log.events.withLock { $0 })")
        #expect(!log.events.withLock { $0.contains("ready") })
        connection.stop()
    }
}
