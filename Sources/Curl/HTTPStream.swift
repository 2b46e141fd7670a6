/// Where the bytes of a long answer go as they arrive.
///
/// Such a request has no time within which it has to end (``HTTPRequest/timeout`` does not count), and no size. An answer
/// that is no success is delivered whole, as any other.
public struct HTTPStream: Sendable {
    /// The longest silence; whole seconds, at least one. What is longer counts as a time-out.
    public var silence: Duration
    /// Called on a worker's thread, which all other requests wait for meanwhile. - Returns: whether more is wanted; the
    /// request fails with ``CurlError/Kind/tooLarge`` where it is not
    public var take: @Sendable ([UInt8]) -> Bool

    public init(silence: Duration, take: @escaping @Sendable ([UInt8]) -> Bool) {
        self.silence = silence
        self.take = take
    }
}
