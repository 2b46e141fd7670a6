import StrictJSON

/// Other spellings of what a prior says, for BMCs that refuse what they themselves have shown.
enum PriorSpelling {
    /// Members of which 0 and null are two ways to say "off".
    private static let offMembers: Set<String> = ["LimitInWatts", "SetPoint", "PowerLimitInWatts"]

    /// A body, then the same with whole numbers as integers, then with the other spelling of "off".
    static func bodies(_ body: JSONValue) -> [JSONValue] {
        let integers = map(body) { _, value in
            guard let number = value.number, let whole = number.int, number.text != String(whole) else { return value }
            return .number(JSONNumber(whole))
        }
        let other = map(integers) { key, value in
            guard let key, offMembers.contains(key) else { return value }
            if value.isNull { return .number(JSONNumber(0)) }
            return value.number?.int == 0 ? .null : value
        }
        var all = [body]
        // By their text: as values, 1200.0 and 1200 are the same.
        for next in [integers, other] where !all.contains(where: { $0.text == next.text }) { all.append(next) }
        return all
    }

    private static func map(
        _ value: JSONValue, key: String? = nil, _ change: (String?, JSONValue) -> JSONValue
    ) -> JSONValue {
        switch value {
        case .object(let object):
            var changed = JSONObject()
            for member in object { changed[member.key] = map(member.value, key: member.key, change) }
            return .object(changed)
        case .array(let elements): return .array(elements.map { map($0, key: key, change) })
        default: return change(key, value)
        }
    }
}
