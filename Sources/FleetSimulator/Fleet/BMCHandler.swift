import NIOCore
import NIOHTTP1
import StrictJSON

/// Reads requests off one connection and has the BMC answer them.
final class BMCHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let bmc: SimulatedBMC
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(bmc: SimulatedBMC) { self.bmc = bmc }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer):
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head else { return }
            answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var headers: [String: String] = [:]
        for (name, value) in head.headers { headers[name.lowercased()] = value }
        let answer = bmc.answer(method: head.method.rawValue, uri: head.uri, headers: headers, body: body)
        guard let delay = answer.delay else {
            bmc.finished()
            return
        }
        if delay <= .zero { return send(answer, head, context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .nanoseconds(Int64(delay / .nanoseconds(1)))) {
            let (handler, context) = bound.value
            if context.channel.isActive { handler.send(answer, head, context) } else { handler.bmc.finished() }
        }
    }

    private func send(_ answer: Answer, _ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        defer { bmc.finished() }
        if case .closed = answer.wire { return context.close(promise: nil) }
        let bytes = answer.bytes
        var headers = HTTPHeaders(answer.headers)
        headers.add(name: "OData-Version", value: "4.0")
        headers.add(name: "Cache-Control", value: "no-cache")
        if answer.status != 204 { headers.add(name: "Content-Length", value: "\(bytes.count)") }
        if !bytes.isEmpty { headers.add(name: "Content-Type", value: answer.contentType) }
        let head = HTTPResponseHead(
            version: request.version, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        // The answer to a HEAD is its head (RFC 9110, 9.3.2).
        let body = request.method == .HEAD ? [] : bytes
        switch answer.wire {
        case .whole, .closed:
            write(body[...], context)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .stale:
            write(body[...], context)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(5)) { bound.value.close(promise: nil) }
        case .cut:
            write(body.prefix(body.count / 2), context)
            context.flush()
            context.close(promise: nil)
        case .drip(let pause):
            context.flush()
            drip(body[...], pause, context)
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>, _ context: ChannelHandlerContext) {
        guard !bytes.isEmpty else { return }
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
    }

    private func drip(_ bytes: ArraySlice<UInt8>, _ pause: Duration, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        guard !bytes.isEmpty else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            return
        }
        write(bytes.prefix(1), context)
        context.flush()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .nanoseconds(Int64(pause / .nanoseconds(1)))) {
            let (handler, context) = bound.value
            handler.drip(bytes.dropFirst(), pause, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
