public import Inventory
import PowerEvents
public import Shedding
import StrictJSON

/// Everything this agent says to one BMC. Its lane calls it for one control at a time.
public actor BMCClient {
    private var conversation: RedfishConversation
    /// Controls found so far, and what they last showed.
    private var locators: [ControlKey: Locator] = [:]
    private var documents: [ControlKey: Document] = [:]
    /// By ComputerSystem: its UUID or serial number, as told since the last login.
    private var identities: [String: String] = [:]
    private var actionInfos: [String: [String]] = [:]
    private var knownGeneration = 0
    /// What one search has read: several of its steps ask for the same resource.
    private var searched: [String: JSONValue] = [:]

    public init(
        bmc: BMC, credentials: CredentialReference, transport: any HTTPTransport,
        options: RedfishOptions = RedfishOptions()
    ) {
        conversation = RedfishConversation(
            bmc: bmc, credentials: credentials, transport: transport, options: options)
    }

    /// What a control holds now, found first where that is not known.
    public func read(_ entry: ControlEntry, priority: Int = 0) async -> Result<Reading, BMCFault> {
        do throws(BMCFault) {
            return .success(try await reading(entry, priority: priority))
        } catch {
            return .failure(error)
        }
    }

    /// Changes a control that ``read(_:priority:)`` has just shown.
    public func write(
        _ write: Convergence.Write, _ entry: ControlEntry, priority: Int = 0
    ) async -> Result<Void, BMCFault> {
        do throws(BMCFault) {
            return .success(try await perform(write, entry, priority: priority))
        } catch {
            return .failure(error)
        }
    }

    /// Logs out.
    public func close() async {
        var copy = conversation
        await copy.logOut()
        conversation = copy
    }

    // MARK: Reading

    private func reading(_ entry: ControlEntry, priority: Int) async throws(BMCFault) -> Reading {
        let known = locators[entry.key] ?? Locator(json: entry.locator)
        if let known {
            do {
                return try await reading(entry, at: known, priority: priority)
            } catch {
                guard error.kind == .unsupported else { throw error }
                // It may have moved with a firmware update, or gone with the machine's power.
                locators[entry.key] = nil
            }
        }
        let found: Locator
        do {
            found = try await locate(entry, priority: priority)
        } catch {
            guard error.kind == .unsupported else { throw error }
            if let state = try? await powerState(known?.system, entry, priority: priority), state.isDown {
                throw BMCFault(.machineOff, error.message)
            }
            throw error
        }
        return try await reading(entry, at: found, priority: priority)
    }

    private func reading(
        _ entry: ControlEntry, at locator: Locator, priority: Int
    ) async throws(BMCFault) -> Reading {
        let document = try await get(locator.uri, priority: priority)
        var reading: Reading
        if locator.dialect == Locator.reset {
            reading = try await systemReading(document, priority: priority)
        } else {
            guard let dialect = PowerLimitDialects.named(locator.dialect),
                let limit = dialect.reading(in: document.json, member: locator.member)
            else { throw BMCFault(.unsupported, "\(locator.uri) holds no power limit") }
            reading = Reading(value: .limit(limit.limit), fragment: limit.fragment, range: limit.range)
        }
        reading.locator = locator.json
        reading.identity = try await identity(locator, document, priority: priority)
        locators[entry.key] = locator
        documents[entry.key] = document
        return reading
    }

    private func systemReading(_ system: Document, priority: Int) async throws(BMCFault) -> Reading {
        let text = system.json["PowerState"]?.string
        let state = text.flatMap(PowerState.init(rawValue:)) ?? .unknown
        let action = system.json["Actions", "#ComputerSystem.Reset"]
        var types = action?["ResetType@Redfish.AllowableValues"]?.array?.compactMap(\.string) ?? []
        if types.isEmpty, let info = action?["@Redfish.ActionInfo"]?.string {
            types = try await resetTypes(info, priority: priority)
        }
        return Reading(
            value: .power(state), fragment: ["PowerState": system.json["PowerState"] ?? .null], resetTypes: types)
    }

    private func resetTypes(_ info: String, priority: Int) async throws(BMCFault) -> [String] {
        if let known = actionInfos[info] { return known }
        let parameters = try await get(info, priority: priority).json["Parameters"]?.array ?? []
        let reset = parameters.first { $0["Name"]?.string == "ResetType" }
        let types = reset?["AllowableValues"]?.array?.compactMap(\.string) ?? []
        actionInfos[info] = types
        return types
    }

    /// The machine's UUID or serial number, asked for once a login: a machine is not exchanged under a session.
    private func identity(
        _ locator: Locator, _ document: Document, priority: Int
    ) async throws(BMCFault) -> String? {
        guard let uri = locator.system else {
            return try await conversationRoot(priority: priority)["UUID"]?.string
        }
        if let known = identities[uri] { return known }
        let system = Links.isSame(uri, document.uri) ? document.json : try await get(uri, priority: priority).json
        let identity = [system["UUID"]?.string, system["SerialNumber"]?.string].compactMap { $0 }.first { !$0.isEmpty }
        identities[uri] = identity
        return identity
    }

    private func powerState(
        _ system: String?, _ entry: ControlEntry, priority: Int
    ) async throws(BMCFault) -> PowerState {
        var uri = system
        if uri == nil, entry.type != .chassis {
            let stateEntry = ControlEntry(
                key: ControlKey(resource: entry.key.resource, facet: .powerState), type: .node, bmc: entry.bmc,
                pins: Resource.Pins(system: entry.pins.system))
            uri = try await locate(stateEntry, priority: priority).uri
        }
        guard let uri else { return .unknown }
        let text = try await get(uri, priority: priority).json["PowerState"]?.string
        return text.flatMap(PowerState.init(rawValue:)) ?? .unknown
    }

    private func locate(_ entry: ControlEntry, priority: Int) async throws(BMCFault) -> Locator {
        let root = try await conversationRoot(priority: priority)
        searched = [:]
        defer { searched = [:] }
        let search = ControlSearch(
            read: { (uri) async throws(BMCFault) -> JSONValue in
                try await self.getOnce(uri, priority: priority)
            }, root: root, entry: entry)
        return try await search.locate()
    }

    private func getOnce(_ uri: String, priority: Int) async throws(BMCFault) -> JSONValue {
        if let known = searched[uri] { return known }
        let json = try await get(uri, priority: priority).json
        searched[uri] = json
        return json
    }

    // MARK: Writing

    private func perform(
        _ write: Convergence.Write, _ entry: ControlEntry, priority: Int
    ) async throws(BMCFault) {
        guard let locator = locators[entry.key], let document = documents[entry.key] else {
            throw BMCFault(.unsupported, "internal: written before it was read")
        }
        let dialect = PowerLimitDialects.named(locator.dialect)
        switch (write, dialect) {
        case (.limit(let watts), let dialect?):
            let body = dialect.body(settingWatts: watts.wholeWatts, in: document.json, member: locator.member)
            try await patch(document, body, priority: priority)
        case (.restore(let fragment), let dialect?):
            let body = dialect.body(restoring: fragment, in: document.json, member: locator.member)
            try await patch(document, body, priority: priority)
        case (.reset(let type), nil):
            guard let target = document.json["Actions", "#ComputerSystem.Reset", "target"]?.string else {
                throw BMCFault(.unsupported, "\(locator.uri) has no Reset action")
            }
            try await post(target, ["ResetType": .string(type)], priority: priority)
        default:
            throw BMCFault(.unsupported, "internal: \(write) does not suit a control of kind \(locator.dialect)")
        }
    }

    // MARK: The conversation, which one call at a time may change

    private func get(_ uri: String, priority: Int) async throws(BMCFault) -> Document {
        var copy = conversation
        defer { adopt(copy) }
        return try await copy.get(uri, priority: priority)
    }

    private func patch(_ document: Document, _ body: JSONValue, priority: Int) async throws(BMCFault) {
        var copy = conversation
        defer { adopt(copy) }
        try await copy.patch(document, body, priority: priority)
    }

    private func post(_ uri: String, _ body: JSONValue, priority: Int) async throws(BMCFault) {
        var copy = conversation
        defer { adopt(copy) }
        try await copy.post(uri, body, priority: priority)
    }

    private func conversationRoot(priority: Int) async throws(BMCFault) -> JSONValue {
        var copy = conversation
        defer { adopt(copy) }
        return try await copy.serviceRoot(priority: priority)
    }

    /// What was learned of a machine before the last login may be of another one.
    private func adopt(_ changed: RedfishConversation) {
        conversation = changed
        if changed.generation != knownGeneration {
            knownGeneration = changed.generation
            identities = [:]
            actionInfos = [:]
        }
    }
}
