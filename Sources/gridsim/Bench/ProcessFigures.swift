import Foundation

/// What the system says that a process has taken.
struct ProcessFigures {
    var cpuSeconds = 0.0
    var peakMegabytes = 0.0
    var descriptors = 0

    init(of id: pid_t) {
        let stat = Self.read("/proc/\(id)/stat")
        // After the command's name, which may hold anything: fields 14 and 15 are its time and the kernel's for it.
        let fields = stat.drop { $0 != ")" }.split(separator: " ")
        if fields.count > 13, let own = Double(fields[12]), let system = Double(fields[13]) {
            cpuSeconds = (own + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
        for line in Self.read("/proc/\(id)/status").split(separator: "\n") where line.hasPrefix("VmHWM:") {
            peakMegabytes = (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
        }
        descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count) ?? 0
    }

    private static func read(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
