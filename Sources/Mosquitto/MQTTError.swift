import CMosquitto

#if canImport(Glibc)
    import Glibc
#endif

/// A refusal by libmosquitto or by the broker: what was tried, the code, and its text.
public struct MQTTError: Error, Sendable, CustomStringConvertible {
    public let operation: String
    /// A `MOSQ_ERR_*` value, or a CONNACK return code where ``isRefusal``.
    public let code: Int32
    public let reason: String
    /// Whether the broker itself said no (CONNACK), as against a failure on the way to it.
    public let isRefusal: Bool

    /// Whether it was refused for its size, before it was sent.
    public var isTooLarge: Bool {
        !isRefusal && [Int32(MOSQ_ERR_PAYLOAD_SIZE.rawValue), Int32(MOSQ_ERR_OVERSIZE_PACKET.rawValue)].contains(code)
    }

    init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
        isRefusal = false
        reason =
            code == Int32(MOSQ_ERR_ERRNO.rawValue)
            ? String(cString: strerror(errno)) : String(cString: mosquitto_strerror(code))
    }

    init(refusal code: Int32) {
        operation = "connect"
        self.code = code
        isRefusal = true
        reason = String(cString: mosquitto_connack_string(code))
    }

    public var description: String { "MQTT \(operation): \(reason)" }
}
