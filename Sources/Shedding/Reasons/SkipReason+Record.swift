import PowerEvents

extension SkipReason: RecordedReason {
    public var record: ReasonRecord {
        func record(
            text: String? = nil, resource: String? = nil, names: [String]? = nil, count: Int? = nil, limit: Int? = nil,
            parts: [ReasonRecord]? = nil
        ) -> ReasonRecord {
            ReasonRecord(
                name.rawValue, text: text, resource: resource, names: names, count: count, limit: limit, parts: parts)
        }
        switch self {
        case .unknownResource(let id), .protected(let id), .noControl(let id), .noNodes(let id),
            .coverNotInInventory(let id), .suspensionsUnknown(let id):
            return record(resource: id)
        case .wrongType(let id, let type): return record(text: type.rawValue, resource: id)
        case .actionNotAllowed(let id, let allowed): return record(resource: id, names: allowed.map(\.rawValue))
        case .otherFeed(let id, let feeds): return record(resource: id, names: feeds)
        case .duplicate(let first): return record(count: first)
        case .maxSuspended(let id, let limit, let nodes, let elsewhere):
            return ReasonRecord(name.rawValue, resource: id, count: nodes, limit: limit, elsewhere: elsewhere)
        case .everyPart(let reasons): return record(parts: reasons.map(\.record))
        case .maxUnreachable(let lost, let bmcs): return record(count: lost, limit: bmcs)
        case .nodeOff(let said): return record(text: said)
        case .changedBySomebodyElse(let holds, let set, let prior):
            return ReasonRecord(name.rawValue, value: holds, wanted: set, prior: prior)
        case .stillHeld(let breaches): return record(names: breaches.map(\.text))
        case .notInInventory, .takenOver: return record()
        case .earlierVersion(let text): return record(text: text)
        }
    }

    public init?(record: ReasonRecord) {
        guard let name = Name(rawValue: record.name), let reason = Self.read(name, record) else { return nil }
        self = reason
    }

    private static func read(_ name: Name, _ record: ReasonRecord) -> SkipReason? {
        let (text, resource, names, count, limit) = (
            record.text, record.resource, record.names, record.count, record.limit
        )
        switch name {
        case .unknownResource: return resource.map { .unknownResource($0) }
        case .protected: return resource.map { .protected($0) }
        case .noControl: return resource.map { .noControl($0) }
        case .noNodes: return resource.map { .noNodes(in: $0) }
        case .coverNotInInventory: return resource.map { .coverNotInInventory($0) }
        case .wrongType:
            guard let resource, let type = text.flatMap(ResourceType.init(rawValue:)) else { return nil }
            return .wrongType(resource, type)
        case .actionNotAllowed:
            guard let resource, let names else { return nil }
            return .actionNotAllowed(resource, allowed: names.compactMap(ShedAction.init(rawValue:)))
        case .otherFeed:
            guard let resource, let names else { return nil }
            return .otherFeed(resource, feeds: names)
        case .duplicate: return count.map { .duplicate(ofHint: $0) }
        case .maxSuspended:
            guard let resource, let limit, let count else { return nil }
            return .maxSuspended(resource, limit: limit, nodes: count, elsewhere: record.elsewhere)
        case .suspensionsUnknown: return resource.map { .suspensionsUnknown($0) }
        case .everyPart:
            return record.parts.map { parts in
                .everyPart(parts.map { SkipReason(record: $0) ?? SkipReason(earlierVersion: $0.text ?? $0.name) })
            }
        case .maxUnreachable:
            guard let count, let limit else { return nil }
            return .maxUnreachable(lost: count, bmcs: limit)
        case .nodeOff: return text.map { .nodeOff($0) }
        case .changedBySomebodyElse:
            guard let holds = record.value, let set = record.wanted, let prior = record.prior else { return nil }
            return .changedBySomebodyElse(holds: holds, set: set, prior: prior)
        case .stillHeld: return names.map { .stillHeld(by: $0.compactMap { UUIDText($0) }) }
        case .notInInventory: return .notInInventory
        case .takenOver: return .takenOver
        case .earlierVersion: return text.map { .earlierVersion($0) }
        }
    }

    /// Whether a hint repeats another of its alert decides what becomes of it, so that is read out of the words of
    /// earlier versions; all else of them is only told again.
    public init(earlierVersion text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        if words.count == 7, words[..<3] == ["duplicate", "of", "hint"], words[4...] == ["of", "this", "alert"],
            let first = Int(words[3])
        {
            self = .duplicate(ofHint: first)
        } else {
            self = .earlierVersion(text)
        }
    }
}
