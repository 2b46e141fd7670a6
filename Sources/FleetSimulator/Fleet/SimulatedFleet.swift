import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
public import OpenSSL
import PowerEvents
public import Site
import Synchronization

/// A simulated BMC for every BMC of an inventory, each listening on its own address over TLS.
///
/// Loopback only: what answers here must never be mistaken for a machine.
public final class SimulatedFleet: Sendable {
    public struct CannotServe: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// In the inventory's order.
    public let bmcs: [SimulatedBMC]
    /// Of all of them together.
    public let gauge = RequestGauge()
    let feedMeters = FeedMeters()
    private let byAddress: [BMC.Address: SimulatedBMC]
    let site: Site
    private let group: MultiThreadedEventLoopGroup
    private let connections = Mutex<[ObjectIdentifier: any Channel]>([:])

    /// - Parameters:
    ///   - personality: of all BMCs; nil gives machines with GPUs the shape of such machines, and the others the two
    ///     remaining standard shapes in turn
    ///   - each: of the BMCs of single resources
    ///   - share: every n-th BMC of the inventory from one of them on, where several fleets share it
    public init(
        site: Site, personality: Personality? = nil, each: [String: Personality] = [:],
        share: (first: Int, of: Int) = (0, 1)
    ) throws {
        var bmcs: [SimulatedBMC] = []
        var resources: [BMC.Address: [Resource]] = [:]
        for resource in site.order.compactMap({ site.resources[$0] }) {
            if let address = resource.bmc?.address { resources[address, default: []].append(resource) }
        }
        for (number, bmc) in site.bmcs.enumerated() where number % share.of == share.first {
            guard bmc.address.isLoopback else {
                throw CannotServe(description: "\(bmc.address) is no loopback address; only those are simulated")
            }
            guard let login = site.credentials[bmc.credentials] else {
                throw CannotServe(
                    description: "\(bmc.address): the inventory has no credentials \"\(bmc.credentials)\"")
            }
            let own = resources[bmc.address, default: []]
            let usual: Personality =
                own.contains { $0.type == .gpu }
                ? .standardMetrics : number % 2 == 0 ? .standardPower : .standardControl
            let named = own.lazy.compactMap { each[$0.id] }.first
            let machine = SimulatedMachine(
                resources: own, number: number, personality: named ?? personality ?? usual)
            bmcs.append(
                SimulatedBMC(
                    address: bmc.address, machine: machine, username: login.username, password: try login.password(),
                    gauge: gauge))
        }
        self.site = site
        self.bmcs = bmcs
        byAddress = Dictionary(uniqueKeysWithValues: bmcs.map { ($0.address, $0) })
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    }

    /// The BMC of a resource of the inventory.
    public func bmc(of resource: String) -> SimulatedBMC? {
        site.resources[resource]?.bmc.flatMap { byAddress[$0.address] }
    }

    /// The watts to which a resource is limited now, asked of its simulated BMC; nil where it has no limit.
    public func limit(of id: String) -> Int? {
        guard let resource = site.resources[id], let machine = bmc(of: id)?.machine else { return nil }
        return resource.type == .gpu
            ? machine.gpus[resource.pins.processor ?? resource.id]?.limit : machine.limit.limit
    }

    /// What a resource's limit holds, exactly as its BMC spells it.
    public func knob(of id: String) -> PowerKnob? {
        guard let resource = site.resources[id], let machine = bmc(of: id)?.machine else { return nil }
        return resource.type == .gpu ? machine.gpus[resource.pins.processor ?? resource.id] : machine.limit
    }

    /// Binds every address and serves until ``stop()``.
    ///
    /// - Parameter key: of all certificates; a new one unless a test wants to pin it
    public func start(authority: CertificateAuthority, key: PrivateKey? = nil) async throws {
        // One key for all: making thousands would only cost time.
        let key = try key ?? PrivateKey.generate(.p256)
        let stranger = try CertificateAuthority(name: "Somebody else's")
        let other = try bmcs.first.map { try Self.tls($0.address, stranger, .generate(.p256)) }
        for bmc in bmcs {
            let usual = try bmc.address.isEncrypted ? Self.tls(bmc.address, authority, key) : nil
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { [self] channel in
                    keep(channel)
                    return channel.eventLoop.makeCompletedFuture {
                        if bmc.refusesConnections {
                            channel.close(promise: nil)
                            return
                        }
                        if bmc.handshake > .zero {
                            try channel.pipeline.syncOperations.addHandler(SlowHandshake(delay: bmc.handshake))
                        }
                        if let usual {
                            let context = bmc.hasOtherCertificate ? other ?? usual : usual
                            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                        }
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(BMCHandler(bmc: bmc))
                    }
                }
            do {
                _ = try await bootstrap.bind(host: bmc.address.host, port: bmc.address.port).get()
            } catch {
                throw CannotServe(description: "\(bmc.address): cannot listen: \(error)")
            }
        }
    }

    public var openConnections: Int { connections.withLock { $0.count } }

    /// Ends every connection, as a restart of all BMCs would.
    public func dropConnections() {
        for channel in connections.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }

    private func keep(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        connections.withLock { $0[id] = channel }
        channel.closeFuture.whenComplete { [self] _ in connections.withLock { $0[id] = nil } }
    }

    public func stop() async { try? await group.shutdownGracefully() }

    private static func tls(
        _ address: BMC.Address, _ authority: CertificateAuthority, _ key: PrivateKey
    ) throws -> NIOSSLContext {
        let isName = address.host == "localhost"
        let identity = try authority.issue(
            to: .init(
                commonName: address.host, addresses: isName ? [] : [address.host], names: isName ? [address.host] : []),
            key: key)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(identity.certificatePEM.utf8)).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        return try NIOSSLContext(configuration: configuration)
    }
}
