import Settings
import Shedding
import StrictJSON

/// Reads the section `limits:`; what is absent keeps its default.
enum LimitsReader {
    static let keys = ["message", "json_depth", "number_length", "hints", "open_breaches", "bmc_answer"]

    static func read(_ section: Setting?, policy: inout Policy) -> AgentConfiguration.Limits {
        var limits = AgentConfiguration.Limits()
        guard let section else { return limits }
        let members = section.members(keys)
        func bytes(_ key: String, _ least: Int) -> Int? {
            guard let count = members[key]?.byteCount() else { return nil }
            guard (least...(256 << 20)).contains(count) else {
                return members[key]?.fail("should be from \(least) bytes to 256MiB")
            }
            return count
        }
        if let count = bytes("message", 4096) { limits.messageBytes = count }
        if let count = bytes("bmc_answer", 65_536) { limits.answerBytes = count }
        if let depth = members["json_depth"]?.int(8...JSONLimits.widest.depth) { limits.json.depth = depth }
        if let length = members["number_length"]?.int(20...JSONLimits.widest.numberLength) {
            limits.json.numberLength = length
        }
        if let count = members["hints"]?.int(1...1_000_000) { policy.maxHints = count }
        if let count = members["open_breaches"]?.int(1...10_000) { policy.maxOpenBreaches = count }
        return limits
    }
}
