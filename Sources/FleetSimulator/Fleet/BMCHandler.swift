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

    private func send(_ answer: SimulatedBMC.Answer, _ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let bytes = answer.body?.bytes ?? []
        var headers = HTTPHeaders(answer.headers)
        headers.add(name: "OData-Version", value: "4.0")
        if answer.status != 204 { headers.add(name: "Content-Length", value: "\(bytes.count)") }
        if !bytes.isEmpty { headers.add(name: "Content-Type", value: "application/json") }
        let head = HTTPResponseHead(
            version: request.version, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !bytes.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        bmc.finished()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
