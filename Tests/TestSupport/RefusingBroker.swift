import Foundation

/// A broker that accepts one connection and refuses every subscription with SUBACK 0x80 (MQTT 3.1.1, 3.9.3).
///
/// mosquitto's access rules deny the delivery of messages, never the subscription itself, so it takes a stand-in.
public final class RefusingBroker: Sendable {
    public let port: Int
    private let listener: Int32

    public init() throws {
        let port = try FreePort.find()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let isListening =
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            } && listen(listener, 4) == 0
        guard isListening else { throw FreePort.NoPort(reason: String(cString: strerror(errno))) }
        self.port = port
        self.listener = listener
        Thread { Self.serve(listener) }.start()
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func serve(_ listener: Int32) {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        defer {
            close(client)
            close(listener)
        }
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
