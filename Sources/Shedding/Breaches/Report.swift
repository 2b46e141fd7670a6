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
    /// - Parameter limit: the most bytes of payload in one event; at least one result goes into each, however long.
    public func split(maximumPayloadBytes limit: Int) -> [Enforcement] {
        let overhead = 600
        var parts: [[EnforcementResult]] = [[]]
        var size = overhead
        for result in enforcement.results {
            let length = result.json.bytes.count + 1
            if size + length > limit, parts[parts.count - 1].isEmpty == false {
                parts.append([])
                size = overhead
            }
            parts[parts.count - 1].append(result)
            size += length
        }
        guard parts.count > 1 else { return [enforcement] }
        return parts.enumerated().map { index, results in
            var part = enforcement
            part.results = results
            let place = "part \(index + 1) of \(parts.count)"
            part.diagnosticMessage = enforcement.diagnosticMessage.map { "\(place); \($0)" } ?? place
            return part
        }
    }
}
