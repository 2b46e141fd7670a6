import Shedding
import StrictJSON

/// Reads a BMC's tree for one search: each resource once, within a ``SearchBudget``, past what is broken.
///
/// What trouble with one resource means for the search:
/// - 404 and 410: there is no such resource.
/// - 401 (where others may be read), 403, 400, 405, 500, 501, a redirect astray and what is no JSON: noted and passed by.
/// - 429, 503 and one timeout: it may be sound again in a moment, and a search looks at what it prefers first. So the
///   search as a whole says "busy" and is repeated; what is still in that trouble in the third search is passed by.
/// - Where nothing is found, the trouble says of what kind that is: a control that cannot be read now is not none.
struct TreeReader: Sendable {
    typealias Fetch = @Sendable (String) async throws(BMCFault) -> JSONValue

    struct Trouble: Sendable, Hashable {
        let uri: String
        let fault: BMCFault
        /// Whether the control could have been there.
        let couldHoldControl: Bool

        var isPassing: Bool { [.busy, .unreachable].contains(fault.kind) }
    }

    private let fetch: Fetch
    private let budget: SearchBudget
    private let now: @Sendable () -> ContinuousClock.Instant
    private let start: ContinuousClock.Instant
    /// Resources whose passing trouble has lasted over several searches.
    private let standing: Set<String>
    private var kept: [String: JSONValue] = [:]
    private var keptBytes = 0
    private var failed: [String: BMCFault] = [:]
    private var requests = 0
    private var bytes = 0
    private var answers = 0
    /// What the budget was exceeded by; nothing is read any more.
    private(set) var overspent: BMCFault?
    /// What was passed by, in the order in which it was met.
    private(set) var troubles: [Trouble] = []
    /// What an operator should know of collections that were cut short.
    private(set) var notes: [String] = []

    init(
        budget: SearchBudget, standing: Set<String> = [],
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, fetch: @escaping Fetch
    ) {
        self.budget = budget
        self.standing = standing
        self.now = now
        self.fetch = fetch
        start = now()
    }

    /// A trouble that may be over in a moment and was not waited for yet.
    var pending: BMCFault? { troubles.first { $0.isPassing && !standing.contains($0.uri) }?.fault }

    /// Why a resource could not be read in this search.
    func failure(of uri: String) -> BMCFault? { failed[uri] }

    /// A resource without which the search makes no sense.
    mutating func read(_ uri: String) async throws(BMCFault) -> JSONValue {
        if let known = kept[uri] { return known }
        if let fault = failed[uri] { throw fault }
        try spend()
        let json: JSONValue
        do throws(BMCFault) {
            json = try await fetch(uri)
        } catch {
            failed[uri] = error
            throw error
        }
        answers += 1
        let size = json.roughLength
        bytes += size
        if size <= budget.keptDocument, keptBytes + size <= budget.keptBytes {
            kept[uri] = json
            keptBytes += size
        }
        return json
    }

    /// A resource that may be missing or broken although it is linked.
    mutating func optional(_ uri: String, couldHoldControl: Bool = true) async throws(BMCFault) -> JSONValue? {
        do throws(BMCFault) {
            return try await read(uri)
        } catch {
            guard overspent == nil, canPassBy(error) else { throw error }
            let trouble = Trouble(uri: uri, fault: error, couldHoldControl: couldHoldControl)
            if error.kind != .unsupported, !troubles.contains(trouble) { troubles.append(trouble) }
            return nil
        }
    }

    private func canPassBy(_ fault: BMCFault) -> Bool {
        switch fault.kind {
        case .unsupported, .invalidAnswer, .refused, .busy: true
        // The login is good where others may be read; and not each resource may cost a login.
        case .unauthorized:
            answers > 0 && troubles.count { $0.fault.kind == .unauthorized } < SearchBudget.refusals
        // One may be slow by itself. Two are the BMC.
        case .unreachable: answers > 0 && !troubles.contains { $0.fault.kind == .unreachable }
        case .circuitOpen, .cancelled, .outOfTime, .fenced, .overtaken, .untrusted, .machineOff, .unknownEffect: false
        }
    }

    /// The members of a collection that has to be there, over all its pages.
    mutating func members(of collection: String) async throws(BMCFault) -> [String] {
        try await members(of: collection, first: try await read(collection), couldHoldControl: false)
    }

    /// The members of a collection that may be missing or broken although it is linked.
    mutating func optionalMembers(
        of collection: String, couldHoldControl: Bool = true
    ) async throws(BMCFault) -> [String] {
        guard let first = try await optional(collection, couldHoldControl: couldHoldControl) else { return [] }
        return try await members(of: collection, first: first, couldHoldControl: couldHoldControl)
    }

    private mutating func members(
        of collection: String, first: JSONValue, couldHoldControl: Bool
    ) async throws(BMCFault) -> [String] {
        var uris: [String] = []
        var known: Set<String> = []
        var pages: Set<String> = [Links.canonical(collection)]
        var page: JSONValue? = first
        while let json = page {
            for uri in Links.members(json["Members"]) where known.insert(Links.canonical(uri)).inserted {
                guard uris.count < budget.members else {
                    note("\(collection) has more than \(budget.members) members; the others were not looked at")
                    return uris
                }
                uris.append(uri)
            }
            guard let next = json["Members@odata.nextLink"]?.string, !next.isEmpty else { break }
            guard pages.count < budget.pages else {
                note("\(collection) has more than \(budget.pages) pages; the others were not looked at")
                break
            }
            guard pages.insert(Links.canonical(next)).inserted else {
                note("the pages of \(collection) lead in a circle")
                break
            }
            page = try await optional(next, couldHoldControl: couldHoldControl)
        }
        return uris
    }

    private mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }

    private mutating func spend() throws(BMCFault) {
        if let overspent { throw overspent }
        let advice = "pin redfish.power_limit, or redfish.system and redfish.chassis"
        if requests >= budget.requests {
            overspent = BMCFault(
                .unsupported, "the search was given up after \(requests) requests to the BMC; \(advice)")
        } else if bytes >= budget.bytes {
            overspent = BMCFault(
                .unsupported, "the search was given up after \(bytes >> 20) MiB of answers; \(advice)")
        } else if now() - start >= budget.time {
            overspent = BMCFault(.busy, "the search was given up after \(budget.time); \(advice)")
        }
        if let overspent { throw overspent }
        requests += 1
    }
}

extension JSONValue {
    /// About what the value takes as text, without making that text.
    fileprivate var roughLength: Int {
        switch self {
        case .null, .bool: 5
        case .number(let number): number.text.utf8.count + 1
        case .string(let text): text.utf8.count + 3
        case .array(let elements): elements.reduce(2) { $0 + $1.roughLength }
        case .object(let object): object.reduce(2) { $0 + $1.key.utf8.count + 4 + $1.value.roughLength }
        }
    }
}
