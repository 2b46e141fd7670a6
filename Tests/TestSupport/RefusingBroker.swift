import Foundation

/// A broker that accepts one connection and refuses every subscription with SUBACK 0x80 (MQTT 3.1.1, 3.9.3).
///
/// mosquitto's access rules deny the delivery of messages, never the subscription itself, so it takes a stand-in.
public final class RefusingBroker: Sendable {
    private let listener: SilentListener

    public var port: Int { listener.port }

    public init() throws {
        listener = try SilentListener()
        let descriptor = listener.descriptor
        Thread { Self.serve(descriptor) }.start()
    }

    // Wakes a thread that still waits for its connection.
    deinit { shutdown(listener.descriptor, Int32(SHUT_RDWR)) }

    private static func serve(_ listener: Int32) {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        defer { close(client) }
        // Packets of this size come in one piece over loopback.
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(client, &buffer, buffer.count), count > 0 {
            var answer: [UInt8] = []
            switch buffer[0] >> 4 {
            case 1: answer = [0x20, 2, 0, 0]
            case 8: answer = [0x90, 3, buffer[2], buffer[3], 0x80]
            case 12: answer = [0xD0, 0]
            default: break
            }
            _ = write(client, answer, answer.count)
        }
    }
}
