import Foundation
import TestSupport
import Testing

@testable import Agent

/// What systemd hears with Type=notify.
struct SupervisorTests {
    /// A socket as systemd makes one.
    private struct Listener {
        let descriptor: Int32

        init(_ name: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            var bytes = Array(name.utf8)
            if name.hasPrefix("@") { bytes[0] = 0 }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let length = MemoryLayout<sa_family_t>.size + bytes.count + (name.hasPrefix("@") ? 0 : 1)
            let result = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(length)) }
            }
            #expect(result == 0)
        }

        func next() -> String {
            var bytes = [UInt8](repeating: 0, count: 512)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : ""
        }
    }

    @Test(arguments: [false, true])
    func whatHappensIsTold(isAbstract: Bool) throws {
        let folder = try TemporaryFolder()
        let name = isAbstract ? "@ima-test-\(UUID().uuidString)" : folder.path("notify")
        let listener = try Listener(name)
        defer { close(listener.descriptor) }
        let supervisor = Supervisor(environment: ["NOTIFY_SOCKET": name])
        supervisor.isReady()
        #expect(listener.next() == "READY=1")
        supervisor.isWell()
        #expect(listener.next() == "WATCHDOG=1")
        supervisor.isReloading(true)
        let lines = listener.next().split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
        supervisor.isReloading(false)
        #expect(listener.next() == "READY=1")
        supervisor.isStopping()
        #expect(listener.next() == "STOPPING=1")
    }

    @Test func nobodyIsToldWhereNobodyListens() {
        Supervisor(environment: [:]).isReady()
        Supervisor(environment: ["NOTIFY_SOCKET": "relative"]).isReady()
        Supervisor(environment: ["NOTIFY_SOCKET": "/nowhere/at/all"]).isReady()
        Supervisor(environment: ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 500)]).isReady()
    }

    @Test func theWatchdogIsForThisProcessOnly() {
        let usual = ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"]
        #expect(Supervisor(environment: usual, processID: 42).watchdog == .seconds(30))
        #expect(Supervisor(environment: usual, processID: 43).watchdog == nil)
        #expect(Supervisor(environment: ["WATCHDOG_USEC": "1000000"], processID: 1).watchdog == .seconds(1))
        for bad in ["0", "-1", "soon", "99999999999999999999"] {
            #expect(Supervisor(environment: ["WATCHDOG_USEC": bad], processID: 1).watchdog == nil)
        }
    }
}
