import NIOCore

/// Holds back the first bytes of a connection, which is where a BMC's slow processor works on the TLS handshake.
///
/// Stands before everything else in the pipeline and is of no more concern afterwards.
final class SlowHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let delay: Duration
    /// nil before the first bytes.
    private var held: [NIOAny]?

    init(delay: Duration) { self.delay = delay }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard held == nil else {
            held?.append(data)
            return
        }
        held = [data]
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .nanoseconds(Int64(delay / .nanoseconds(1)))) {
            let (handler, context) = bound.value
            handler.letGo(context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {}

    private func letGo(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        for data in held ?? [] { context.fireChannelRead(data) }
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
