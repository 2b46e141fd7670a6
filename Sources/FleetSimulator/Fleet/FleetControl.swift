import NIOCore
import NIOHTTP1
import NIOPosix
import StrictJSON

/// Commands to a simulated fleet over HTTP on loopback: what its machines really draw, and what they have to do.
///
/// - `GET /power`: watts of all, by feed, rack and node (``FleetPower``)
/// - `GET /machines/NAME`: of each machine that a resource, a group, a feed or `all` stands for, its watts, GPUs, rest and workload
/// - `PATCH /machines/NAME` with any of `workload` (0 to 1), `admitted` (the share of it that its scheduler lets it do),
///   `unscheduled` (work that nobody schedules), `rest_watts`, `add_rest_watts`, `lag_seconds` and `faults` (names);
///   `PATCH /machines` with `{NAME: {…}, …}` for many at once
/// - `GET /meters`: what a power agent reads (``FeedMeters``): `time`, and watts of `feeds`, `nodes`, `gpus`, and the `demand`
///   on each feed; `PATCH /meters` with `{"faults": […]}` of `meter-stale` and `meter-gone`
/// - `POST /machines/NAME/policies` with a Node Manager policy that somebody else has made: `Id`, `Limit`, and optionally
///   `Domain`, `LimitException`, `PolicyStorage`, `CorrectionInMs`, `Enabled` and `ReadOnly`
public final class FleetControl: Sendable {
    private let fleet: SimulatedFleet
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    public init(_ fleet: SimulatedFleet) { self.fleet = fleet }

    /// - Parameters:
    ///   - host: a loopback address
    ///   - port: 0 for any that is free
    /// - Returns: the port
    @discardableResult
    public func start(host: String, port: Int) async throws -> Int {
        let fleet = fleet
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FleetControlHandler(FleetCommands(fleet)))
                }
            }
        do {
            let channel = try await bootstrap.bind(host: host, port: port).get()
            guard let address = channel.localAddress, address.isLoopback, let bound = address.port else {
                try await channel.close().get()
                throw SimulatedFleet.CannotServe(
                    description: "\(host):\(port) is no loopback address; a simulated fleet is commanded only there")
            }
            return bound
        } catch let error as SimulatedFleet.CannotServe {
            throw error
        } catch {
            throw SimulatedFleet.CannotServe(description: "\(host):\(port): cannot listen: \(error)")
        }
    }

    public func stop() async { try? await group.shutdownGracefully() }
}

extension SocketAddress {
    fileprivate var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.hasPrefix("127.") == true
        case .v6: ipAddress == "::1"
        default: false
        }
    }
}

/// Reads commands off one connection.
final class FleetControlHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// More than any command has.
    private static let largestBody = 1 << 20
    private let commands: FleetCommands
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ commands: FleetCommands) { self.commands = commands }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer):
            body.append(contentsOf: buffer.readableBytesView)
            if body.count > Self.largestBody { context.close(promise: nil) }
        case .end:
            guard let head else { return }
            let (status, json) = commands.answer(head.method.rawValue, head.uri, body)
            let bytes = json.bytes + [UInt8(ascii: "\n")]
            let headers = HTTPHeaders([
                ("Content-Type", "application/json"), ("Content-Length", "\(bytes.count)"),
                ("Cache-Control", "no-store"),
            ])
            context.write(
                wrapOutboundOut(
                    .head(HTTPResponseHead(version: head.version, status: .init(statusCode: status), headers: headers))),
                promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
