import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// Where a server listens.
enum HTTPEndpoint: Sendable {
    case tcp(AgentConfiguration.HTTPAddress)
    /// A Unix socket that only this user may open, and the group that it names.
    case unix(AgentConfiguration.ControlSocket)

    var name: String {
        switch self {
        case .tcp(let address): "http \(address.host):\(address.port)"
        case .unix(let control): "control \(control.path)"
        }
    }
}

/// A server could not listen: where, and why.
struct CannotListen: Error, CustomStringConvertible {
    let description: String
}

/// An HTTP server as a service, with a start that fails in words.
struct HTTPService<Context>: Service
where Context: RequestContext & InitializableFromSource<ApplicationRequestContextSource> {
    let endpoint: HTTPEndpoint
    let responder: SwitchableResponder<Context>
    let logger: Logger
    let onRunning: @Sendable (Int?) -> Void

    /// Whoever opens more waits. Each takes a descriptor, and a process without any ends: libdispatch cannot do without.
    private static var maximumConnections: Int { 64 }

    func run() async throws {
        let address: BindAddress
        switch endpoint {
        case .tcp(let tcp): address = .hostname(tcp.host, port: tcp.port)
        case .unix(let control):
            let path = control.path
            // A socket that a crash left behind would be in the way. The journal's lock says that nobody else uses it.
            if (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType == .typeSocket {
                try? FileManager.default.removeItem(atPath: path)
            }
            address = .unixDomainSocket(path: path)
        }
        var quiet = logger
        quiet.logLevel = .warning
        let application = Application(
            responder: responder, server: .http1(configuration: .init(idleTimeout: .seconds(30))),
            configuration: .init(
                address: address, serverName: "ima",
                availableConnectionsDelegate: MaximumAvailableConnections(Self.maximumConnections, logger: quiet)),
            onServerRunning: { channel in
                if case .unix(let control) = endpoint { open(control) }
                onRunning(channel.localAddress?.port)
            }, logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw CannotListen(
                description: "\(endpoint.name): cannot listen: \(String(cString: strerror(error.errnoCode)))")
        }
        if case .unix(let control) = endpoint { try? FileManager.default.removeItem(atPath: control.path) }
    }

    /// Until now nobody else could open it: the process has a umask of 077.
    private func open(_ control: AgentConfiguration.ControlSocket) {
        chmod(control.path, 0o600)
        guard let group = control.groupID else { return }
        guard chown(control.path, uid_t.max, group) == 0 else {
            return logger.error(
                "the control socket cannot be given to its group, so that only this user and root can use it",
                metadata: [
                    "socket": "\(control.path)", "group": "\(control.group ?? "\(group)")",
                    "reason": "\(String(cString: strerror(errno)))",
                ])
        }
        chmod(control.path, 0o660)
    }
}

/// The answer of a route, as bytes of a known type.
func answer(_ body: String, _ type: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok) -> Response
{
    Response(
        status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
}
