import Foundation
import Synchronization
import TestSupport

/// A gateway that hands requests on to etcd and loses some of the answers, or of the requests.
final class LossyGateway: Sendable {
    enum Loss: Sendable {
        case none, answer, request
    }

    private let server: RawServer

    /// - Parameter loss: of the request by its number, from 1
    init(to port: Int, _ loss: @escaping @Sendable (Int) -> Loss) throws {
        server = try RawServer { request, number in
            let kind = loss(number)
            if case .request = kind { return [] }
            let answer = Self.forward(request, to: port)
            if case .answer = kind { return [] }
            return answer
        }
    }

    var endpoint: String { "http://127.0.0.1:\(server.port)" }
    var requests: Int { server.requests.count }

    func close() { server.close() }

    private static func forward(_ request: String, to port: Int) -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Foundation.close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return [] }
        let closing = request.replacingOccurrences(of: "\r\n\r\n", with: "\r\nConnection: close\r\n\r\n")
        var rest = Array(closing.utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return [] }
            rest = rest.dropFirst(sent)
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }
}
