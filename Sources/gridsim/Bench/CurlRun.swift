import CommandLineTool
import FleetSimulator
import Foundation

/// `curl --parallel` on the same fleet, which is what everything is compared with.
struct CurlRun {
    enum Work: Sendable {
        /// One PATCH a BMC, sent and not read back.
        case onePatch
        /// Reading, writing and reading back.
        case threeRequests
    }

    let folder: URL
    let authority: URL
    let user: String
    let hosts: [String]
    let path: String
    let body: String

    /// - Returns: seconds of the whole process, and the processor time of it
    func run(_ work: Work) async throws -> (seconds: Double, cpu: Double) {
        let file = folder.appendingPathComponent("curl-\(work).conf")
        try PrivateFile.write(configuration(work), to: file)
        let before = Self.childrensTime()
        let start = ShedTiming.now
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = [
            "--parallel", "--parallel-max", "300", "--silent", "--no-progress-meter", "--config", file.path,
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { if process.isRunning { process.terminate() } }
        while process.isRunning { try await Task.sleep(for: .milliseconds(2)) }
        let seconds = Double(ShedTiming.now - start) / 1e9
        guard process.terminationStatus == 0 else {
            throw Failure("curl ended with \(process.terminationStatus)")
        }
        return (seconds, Self.childrensTime() - before)
    }

    private func configuration(_ work: Work) -> String {
        // All readings, then all writes, then all readings: curl keeps no order between transfers to one host.
        let rounds: [Bool] = work == .onePatch ? [true] : [false, true, false]
        var transfers: [String] = []
        for isPatch in rounds {
            for host in hosts {
                var lines = [
                    // A folder of authorities, which Debian's curl has by default, is read anew for each connection.
                    "url = \"\(host)\(path)\"", "user = \"\(user)\"", "cacert = \"\(authority.path)\"",
                    "capath = \"\(folder.appendingPathComponent("none").path)\"", "output = \"/dev/null\"",
                    "max-time = 120",
                ]
                if isPatch {
                    lines += [
                        "request = \"PATCH\"", "header = \"Content-Type: application/json\"",
                        "data = \"\(body.replacing("\"", with: "\\\""))\"",
                    ]
                }
                transfers.append(lines.joined(separator: "\n"))
            }
        }
        return transfers.joined(separator: "\nnext\n") + "\n"
    }

    /// The time of all children that have ended.
    private static func childrensTime() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
