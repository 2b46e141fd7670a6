public import PowerEvents
import StrictJSON

/// One answer to a breach, ready to be signed: what is held, or what was put back.
public struct Report: Sendable, Hashable {
    public var enforcement: Enforcement
    public var origin: Breach.Origin

    public init(enforcement: Enforcement, origin: Breach.Origin) {
        self.enforcement = enforcement
        self.origin = origin
    }

    /// The same for the same content, whenever it is made.
    public var fingerprint: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var content = enforcement
        content.timestamp = Timestamp(milliseconds: 0)
        for byte in content.json.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    /// This report in as many events as keep each under a size.
    ///
    /// - Parameter limit: the most bytes of payload in one event. At least one result goes into each; its message is cut where
    ///   that alone is too long.
    public func split(maximumPayloadBytes limit: Int) -> [Enforcement] {
        var bare = enforcement
        bare.results = []
        let overhead = max(600, bare.json.bytes.count + 60)
        var parts: [[EnforcementResult]] = [[]]
        var size = overhead
        for whole in enforcement.results {
            let result = Self.cut(whole, to: limit - overhead)
            let length = result.json.bytes.count + 1
            if size + length > limit, parts[parts.count - 1].isEmpty == false {
                parts.append([])
                size = overhead
            }
            parts[parts.count - 1].append(result)
            size += length
        }
        guard parts.count > 1 else {
            var only = enforcement
            only.results = parts[0]
            return [only]
        }
        return parts.enumerated().map { index, results in
            var part = enforcement
            part.results = results
            let place = "part \(index + 1) of \(parts.count)"
            part.diagnosticMessage = enforcement.diagnosticMessage.map { "\(place); \($0)" } ?? place
            return part
        }
    }

    /// With as much of its message as fits, as JSON: an escape makes six bytes of one.
    private static func cut(_ result: EnforcementResult, to most: Int) -> EnforcementResult {
        guard let message = result.message, result.json.bytes.count > most else { return result }
        var (fitting, tooLong) = (0, message.utf8.count)
        var cut = result
        while tooLong - fitting > 1 {
            let length = (fitting + tooLong) / 2
            cut.message = StrangersText.cut(message, to: length)
            if cut.json.bytes.count > most { tooLong = length } else { fitting = length }
        }
        cut.message = StrangersText.cut(message, to: fitting)
        return cut
    }
}
