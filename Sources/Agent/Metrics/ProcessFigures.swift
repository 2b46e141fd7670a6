import Foundation

/// What this process uses of the machine, as /proc shows it (proc(5)); under the names that Prometheus' own libraries give.
struct ProcessFigures: Sendable, Hashable {
    var processorSeconds: Double
    var residentBytes: Double
    var virtualBytes: Double
    var threads: Double
    var openDescriptors: Double
    /// Infinite where there is no limit.
    var descriptorLimit: Double

    /// - Returns: nil where there is no /proc
    static func read() -> ProcessFigures? {
        guard
            let text = FileManager.default.contents(atPath: "/proc/self/stat").map({
                String(decoding: $0, as: UTF8.self)
            })
        else { return nil }
        return ProcessFigures(
            stat: text, ticks: Double(sysconf(Int32(_SC_CLK_TCK))), pageBytes: Double(sysconf(Int32(_SC_PAGESIZE))),
            openDescriptors: openDescriptors(), descriptorLimit: descriptorLimit())
    }

    /// - Parameter stat: the one line of /proc/PID/stat
    init?(stat: String, ticks: Double, pageBytes: Double, openDescriptors: Double, descriptorLimit: Double) {
        // The name of the program stands in parentheses and may hold anything.
        guard let end = stat.lastIndex(of: ")"), ticks > 0 else { return nil }
        let fields = stat[stat.index(after: end)...].split { $0 == " " || $0 == "\n" }
        // From the third field of proc(5) on.
        func field(_ number: Int) -> Double? {
            fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
        }
        guard let user = field(14), let system = field(15), let threads = field(20), let virtual = field(23),
            let pages = field(24)
        else { return nil }
        processorSeconds = (user + system) / ticks
        residentBytes = pages * pageBytes
        virtualBytes = virtual
        self.threads = threads
        self.openDescriptors = openDescriptors
        self.descriptorLimit = descriptorLimit
    }

    private static func openDescriptors() -> Double {
        // Linux tells the number since 6.2; to list thousands of names at each scrape takes tens of milliseconds.
        let attributes = try? FileManager.default.attributesOfItem(atPath: "/proc/self/fd")
        if let count = attributes?[.size] as? UInt64, count > 0 { return Double(count) }
        // Without the one that lists them.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return Double(max(0, names.count - 1))
    }

    private static func descriptorLimit() -> Double {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .nan }
        return limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
    }
}
