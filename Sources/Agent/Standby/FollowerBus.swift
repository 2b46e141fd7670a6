import EventBus
import Logging
import Mosquitto
import ServiceLifecycle

/// A follower's connection to the broker: under its own id, subscribed as a leader is, publishing nothing.
final class FollowerBus: Service {
    let connection: BusConnection
    private let intake: FollowerIntake
    private let refusals: AsyncStream<String>
    private let refusalSink: AsyncStream<String>.Continuation

    init(
        _ options: BusOptions, intake: FollowerIntake, logger: Logger,
        becameReady: @escaping @Sendable (Bool) -> Void
    ) throws {
        let (stream, sink) = AsyncStream<String>.makeStream()
        refusals = stream
        refusalSink = sink
        self.intake = intake
        let own = Set(options.optionalTopics)
        connection = try BusConnection(
            options, logger: logger,
            onMessage: { message in
                if own.contains(message.topic) { return true }
                // libmosquitto acknowledges when this returns.
                return ForeignThread.wait {
                    await intake.receive(topic: message.topic, payload: message.payload)
                }
            },
            onEvent: { event in
                switch event {
                case .ready: becameReady(true)
                case .lost: becameReady(false)
                case .refused(let topic): sink.yield(topic)
                case .connected, .listening: break
                }
            })
    }

    func run() async throws {
        connection.start()
        defer {
            intake.stop()
            connection.stop()
        }
        try await withGracefulShutdownHandler {
            for await topic in refusals { throw BusService.SubscriptionRefused(topic: topic) }
        } onGracefulShutdown: {
            self.refusalSink.finish()
        }
    }
}
