import Shedding

/// What ``JournalEncoder`` writes into: the bytes, and the containers that are not closed yet.
final class JournalText {
    private struct Open {
        let isObject: Bool
        var isEmpty = true
    }

    private var output = JournalBytes()
    private var open: [Open] = []

    var text: String { output.text }

    /// Closes all that lies deeper.
    private func close(to depth: Int) {
        while open.count > depth { output.append(open.removeLast().isObject ? 0x7D : 0x5D) }
    }

    func begin(isObject: Bool) -> Int {
        output.append(isObject ? 0x7B : 0x5B)
        open.append(Open(isObject: isObject))
        return open.count
    }

    /// Before a member or element of the container at some depth.
    func separate(at depth: Int) throws {
        guard open.count >= depth else {
            throw EncodingError.invalidValue(
                (), .init(codingPath: [], debugDescription: "a container was written to after its end"))
        }
        close(to: depth)
        if open[depth - 1].isEmpty { open[depth - 1].isEmpty = false } else { output.append(0x2C) }
    }

    func write(_ text: String) { output.write(text) }

    func write(literal: String) { output.write(literal: literal) }

    func write(json: StaticString) { output.write(json: json) }

    func write<Value: Encodable>(_ value: Value) throws {
        // A breach has thousands of these.
        if Value.self == PlannedHint.self, let hint = value as? PlannedHint { return output.write(hint) }
        let depth = open.count
        let length = output.count
        try value.encode(to: JournalEncoder.Value(output: self))
        close(to: depth)
        guard output.count > length else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "it encoded nothing"))
        }
    }
}
