/// What happens to a connection. Delivered in order, on the client's thread.
public enum MQTTEvent: Sendable {
    /// The broker accepted the connection. `sessionPresent`: it still had this client's session.
    case connected(sessionPresent: Bool)
    /// The broker granted a subscription; the QoS can be lower than asked for.
    case subscribed(topic: String, grantedQoS: Int)
    /// The broker refused a subscription (SUBACK 0x80): its rules do not let this client read the topic.
    case subscriptionRefused(topic: String)
    /// The broker acknowledged a publish as its QoS promises.
    case published(messageID: Int32)
    /// The connection ended or never came about; the next try follows after `retryIn`.
    case disconnected(MQTTError, retryIn: Duration)
}
