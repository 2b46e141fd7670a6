/// A message as it came from the broker.
public struct MQTTMessage: Sendable {
    public let topic: String
    public let payload: [UInt8]
    public let qos: Int
    /// Whether the broker replayed it from its store of retained messages.
    public let retained: Bool
}
