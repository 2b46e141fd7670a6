import CAllocator
import Foundation

/// What a process that speaks to many BMCs asks of the system before it does.
public enum ProcessLimits {
    /// Raises the limit of open descriptors to the most that is allowed, since each BMC keeps one, and forbids core
    /// dumps, which would hold credentials. A file size limit that is met is an error of that write, not the end.
    ///
    /// To be called before there are many threads.
    public static func prepare() {
        // An arena a core, of which glibc would make eight: with thousands of BMC queues, a tenth less memory, and no slower.
        mallopt(M_ARENA_MAX, Int32(clamping: ProcessInfo.processInfo.activeProcessorCount))
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit()
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        if getrlimit(descriptors, &limit) == 0 {
            limit.rlim_cur = limit.rlim_max
            setrlimit(descriptors, &limit)
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    /// How many connections to BMCs may be open, beside the files, pipes and sockets of everything else.
    static var connections: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        return max(64, Int(clamping: limit.rlim_cur) - 256)
    }
}
