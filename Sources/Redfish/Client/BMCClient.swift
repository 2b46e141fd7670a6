import Curl
public import PowerEvents
public import Shedding
public import Site
import StrictJSON

/// Everything this agent says to one BMC. Its queue calls it for one control at a time.
public actor BMCClient {
    private struct SearchTerms: Hashable {
        let type: ResourceType
        let pins: Resource.Pins
    }

    /// Of what everything else comes before; what it asks for gives way. See ``RedfishOptions/grace``.
    public static let lowestPriority = Int.max

    /// AMI firmware needs three, and as many again after a reboot in between.
    static let maximumPreparations = 6

    /// How many searches are put off for what may be sound again in a moment, before it is passed by.
    static let searchesPutOff = 2

    /// Changed by the runs of this client alone.
    private(set) var session: RedfishSession
    private let performer: SessionPerformer
    /// Controls found so far, and what they last showed.
    var locators: [ControlKey: Locator] = [:]
    var documents: [ControlKey: Document] = [:]
    /// What each was looked for by; a changed inventory may mean another control.
    private var terms: [ControlKey: SearchTerms] = [:]
    /// What the ledger has of the BMC; nil until it was asked.
    private var knowledge: BMCKnowledge?
    private let ledger: (any BMCLedger)?
    let address: BMC.Address
    /// By ComputerSystem: its UUID and serial number, and when it told them; under no name, the service's.
    private var identities: [String: KnownIdentity] = [:]
    var actionInfos: [String: [ResetType]] = [:]
    private var knownGeneration = 0
    /// What the BMC objected to in the last write although it accepted it.
    var objections: [ControlKey: String] = [:]
    /// Resources that were to take several changes at once, and did not.
    var refusedGroups: Set<String> = []
    /// What was found of machines' meters, by resource.
    var meters: [String: KnownMeter] = [:]
    var meterMemory = MeterMemory()
    let now: @Sendable () -> ContinuousClock.Instant
    /// The time of day, to tell the age of what a BMC measured; without it only a time that stands still is old.
    let wall: (@Sendable () -> Timestamp)?
    let options: RedfishOptions
    /// By control, what was in passing trouble in its last searches, and in how many of them; see ``TreeReader``.
    private var troubles: [ControlKey: [String: Int]] = [:]

    public init(
        bmc: BMC, credentials: CredentialReference, transport: any HTTPTransport,
        options: RedfishOptions = RedfishOptions(), ledger: (any BMCLedger)? = nil,
        logins: LoginRecord = LoginRecord(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, wall: (@Sendable () -> Timestamp)? = nil
    ) {
        self.now = now
        self.wall = wall
        self.options = options
        self.ledger = ledger
        address = bmc.address
        session = RedfishSession(bmc: bmc, username: credentials.username, options: options)
        performer = SessionPerformer(
            bmc: bmc.address, credentials: credentials, transport: transport, grace: options.grace, ledger: ledger,
            logins: logins, now: now)
    }

    /// What a control holds now, found first where that is not known.
    ///
    /// - Parameters:
    ///   - identityAge: how old what is known of the machine's identity may be; an older one is asked for anew, since a
    ///     machine can be exchanged behind a session that stays
    ///   - context: its followup is unlikely where nothing more will be asked of the BMC for a while, should this go well
    public func read(
        _ entry: ControlEntry, identityAge: Duration = .seconds(60), context: RequestContext = RequestContext()
    ) async -> Result<Reading, BMCFault> {
        do throws(BMCFault) {
            return .success(
                try await reading(entry, identityAge: identityAge, context: context))
        } catch {
            return .failure(error)
        }
    }

    /// Changes a control that `read` has just shown.
    public func write(
        _ write: Convergence.Write, _ entry: ControlEntry, context: RequestContext = RequestContext()
    ) async -> Result<Void, BMCFault> {
        do throws(BMCFault) {
            return .success(try await perform(write, entry, context: context.continued))
        } catch {
            return .failure(error)
        }
    }

    /// What the BMC says of the machine, of which one resource's control is known.
    public func describe(
        _ entry: ControlEntry, context: RequestContext = RequestContext()
    ) async -> Result<MachineDescription, BMCFault> {
        do throws(BMCFault) {
            let root = try await serviceRoot(context: context)
            var names = [root["Vendor"]?.string, root["Product"]?.string]
            if let uri = locators[entry.key]?.system {
                let system = try await get(uri, context: context).json
                names = [system["Manufacturer"]?.string, system["Model"]?.string]
            }
            let model = names.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
            var description = MachineDescription(
                model: model.isEmpty ? nil : model, hasSession: session.hasToken,
                sessionObstacle: session.obstacle)
            if let place = locators[entry.key], let document = documents[entry.key] {
                description.drawn = DrawnPower.shown(in: document.json, at: place)
            }
            return .success(description)
        } catch {
            return .failure(error)
        }
    }

    /// What is worth an inventory entry, found by looking everywhere. Reads only.
    public func survey() async -> Result<BMCSurvey, BMCFault> {
        do throws(BMCFault) {
            let entry = ControlEntry(
                key: ControlKey(resource: "", facet: .powerLimit), type: .node,
                bmc: BMC(address: address, credentials: "", trust: .systemAuthorities), pins: Resource.Pins())
            return .success(
                try await search(entry, .survey, context: RequestContext()) { (search) async throws(BMCFault) in
                    try await BMCSurvey(&search)
                })
        } catch {
            return .failure(error)
        }
    }

    /// Nothing is asked for a while: forgets what is read again before it is needed, which of thousands of BMCs is most of
    /// what is known.
    public func closeIdle() {
        documents = [:]
        // What a root without a UUID lacks would be looked for in a new one each time.
        if session.root?["UUID"]?.string != nil { session.root = nil }
    }

    /// Logs out.
    public func close() async {
        _ = await perform(SessionRun(LogOutProcedure(), isGuarded: false))
    }

    // MARK: Reading

    private func reading(
        _ entry: ControlEntry, identityAge: Duration, context: RequestContext
    ) async throws(BMCFault) -> Reading {
        let known = await knownLocator(of: entry)
        if let known {
            do {
                return try await reading(entry, at: known, identityAge: identityAge, context: context)
            } catch {
                guard error.kind == .unsupported else { throw error }
                // It may have moved with a firmware update, or gone with the machine's power.
                locators[entry.key] = nil
            }
        }
        let found: Locator
        do {
            found = try await locate(entry, context: context.continued)
        } catch {
            // What cannot be read while the machine is off is gone with its power.
            guard [.unsupported, .invalidAnswer].contains(error.kind) else { throw error }
            if let state = try? await powerState(known?.system, entry, context: context.continued), state.isDown {
                throw BMCFault(.machineOff, error.message)
            }
            throw error
        }
        let reading = try await reading(
            entry, at: found, identityAge: identityAge, context: context.continued)
        await remember(found, of: entry)
        return reading
    }

    private func knownLocator(of entry: ControlEntry) async -> Locator? {
        let asked = SearchTerms(type: entry.type, pins: entry.pins)
        if terms.updateValue(asked, forKey: entry.key) != asked { locators[entry.key] = nil }
        if let locator = locators[entry.key] ?? Locator(json: entry.locator) { return locator }
        let knowledge = await recall()
        return Locator(json: knowledge.locator(of: entry))
    }

    private func recall() async -> BMCKnowledge {
        if let knowledge { return knowledge }
        let recalled = await ledger?.knowledge(of: address) ?? BMCKnowledge()
        knowledge = recalled
        if session.sessionsURI == nil { session.sessionsURI = recalled.sessions }
        return recalled
    }

    private func remember(_ locator: Locator, of entry: ControlEntry) async {
        var all = await recall()
        all.sessions = session.sessionsURI
        all.learn(.init(key: entry.key, type: entry.type, pins: entry.pins, locator: locator.json))
        guard all != knowledge else { return }
        knowledge = all
        await ledger?.learned(all, of: address)
    }

    private func reading(
        _ entry: ControlEntry, at locator: Locator, identityAge: Duration, context: RequestContext
    ) async throws(BMCFault) -> Reading {
        let document = try await document(at: locator, context: context)
        var reading: Reading
        if locator.dialect == Locator.reset {
            reading = try await systemReading(document, context: context.continued)
        } else {
            let dialect = ControlDialects.named(locator.dialect)
            let isLeftBehind = locator.dialect == NodeManagerPolicy.name && entry.intent == nil
            let shown = isLeftBehind ? NodeManagerPolicy.withoutOwn(document.json) : document.json
            if isLeftBehind, let danger = NodeManagerPolicy.danger(shown) {
                throw BMCFault(.unsupported, "\(locator.uri) \(danger)")
            }
            guard let found = dialect?.reading(in: shown, at: locator) else {
                // What is held is still this control, whatever it shows just now; another one is not looked for.
                if let objection = dialect?.objection(to: shown, at: locator) {
                    throw BMCFault(
                        entry.intent == nil ? .unsupported : .invalidAnswer, "\(locator.uri) \(objection)")
                }
                throw BMCFault(.unsupported, "\(locator.uri) does not show the control that it had")
            }
            reading = found
            reading.group = found.group.flatMap { refusedGroups.contains($0) ? nil : $0 }
        }
        reading.objection = objections[entry.key]
        reading.locator = locator.json
        reading.place = locator.place
        reading.identity = try await identity(locator, document, noOlderThan: identityAge, context: context.continued)
        locators[entry.key] = locator
        documents[entry.key] = document
        return reading
    }

    private func systemReading(_ system: Document, context: RequestContext) async throws(BMCFault) -> Reading {
        let text = system.json["PowerState"]?.string
        let state = text.flatMap(PowerState.init(rawValue:)) ?? .unknown
        let action = system.json["Actions", "#ComputerSystem.Reset"]
        var types = Self.resetTypes(action?["ResetType@Redfish.AllowableValues"])
        if types.isEmpty, let info = action?["@Redfish.ActionInfo"]?.string {
            types = try await resetTypes(info, context: context)
        }
        return Reading(
            value: .power(state), fragment: ["PowerState": system.json["PowerState"] ?? .null], resetTypes: types)
    }

    /// The machine's UUID and serial number, no older than that.
    private func identity(
        _ locator: Locator, _ document: Document, noOlderThan age: Duration, context: RequestContext
    ) async throws(BMCFault) -> MachineIdentity? {
        let name = locator.system ?? ""
        let identity: MachineIdentity?
        if let uri = locator.system, Links.isSame(uri, document.uri) {
            identity = Self.identity(of: document.json)
        } else if let known = identities[name], now() - known.at < age {
            return known.identity
        } else if let uri = locator.system {
            do {
                identity = Self.identity(of: try await get(uri, context: context).json)
            } catch {
                // A system that cannot be read tells nothing. Only where a prior is to be put back is that waited for.
                let isRefused = [.unsupported, .unauthorized, .invalidAnswer].contains(error.kind)
                guard isRefused || age > .zero && error.kind == .busy else { throw error }
                return nil
            }
        } else {
            if identities[name] != nil { session.root = nil }
            identity = MachineIdentity(
                uuid: try await serviceRoot(context: context)["UUID"]?.string, serial: nil)
        }
        identities[name] = KnownIdentity(identity: identity, at: now())
        return identity
    }

    private func powerState(
        _ system: String?, _ entry: ControlEntry, context: RequestContext
    ) async throws(BMCFault) -> PowerState {
        // What the search for the control met still counts.
        let before = troubles[entry.key]
        defer { troubles[entry.key] = before }
        return try await search(entry, .control, context: context) { (search) async throws(BMCFault) in
            try await search.machineState(system)
        }
    }

    private func locate(_ entry: ControlEntry, context: RequestContext) async throws(BMCFault) -> Locator {
        try await search(entry, .control, context: context) { (search) async throws(BMCFault) in
            try await search.locate()
        }
    }

    /// Looks through the BMC's tree, within a budget, remembering what trouble was met on the way.
    private func search<Found: Sendable>(
        _ entry: ControlEntry, _ budget: SearchBudget, context: RequestContext,
        _ body: (inout ControlSearch) async throws(BMCFault) -> Found
    ) async throws(BMCFault) -> Found {
        let root = try await serviceRoot(context: context)
        let before = troubles[entry.key] ?? [:]
        let standing = Set(before.filter { $0.value >= Self.searchesPutOff }.keys)
        let tree = TreeReader(budget: budget, standing: standing, now: now) { (uri) async throws(BMCFault) in
            try await self.get(uri, context: context).json
        }
        var search = ControlSearch(tree: tree, root: root, entry: entry)
        search.policyName = NodeManagerPolicy.policyName(of: options.agent)
        defer {
            let passing = search.tree.troubles.filter(\.isPassing).map { ($0.uri, (before[$0.uri] ?? 0) + 1) }
            troubles[entry.key] = passing.isEmpty ? nil : Dictionary(passing, uniquingKeysWith: max)
        }
        return try await body(&search)
    }

    // MARK: The session

    /// What shows a control: its resource, or all that a Node Manager's policy is made of.
    func document(at locator: Locator, context: RequestContext) async throws(BMCFault) -> Document {
        guard locator.dialect == NodeManagerPolicy.name else { return try await get(locator.uri, context: context) }
        let json = try await NodeManagerDocument.assemble(locator.uri, owner: locator.member ?? "") {
            (uri) async throws(BMCFault) in
            try await self.get(uri, context: context.continued).json
        }
        return Document(uri: locator.uri, json: json, etags: [])
    }

    func get(_ uri: String, context: RequestContext) async throws(BMCFault) -> Document {
        try await document(GetProcedure(uri: uri, context: context))
    }

    func patch(
        _ document: Document, _ body: JSONValue, condition: PatchProcedure.Condition, timeout: Duration?,
        context: RequestContext
    ) async throws(BMCFault) -> String? {
        try await objection(
            PatchProcedure(document, body, condition: condition, timeout: timeout, context: context))
    }

    func delete(_ uri: String, timeout: Duration?, context: RequestContext) async throws(BMCFault) -> String? {
        try await objection(UnrepeatedProcedure.delete(uri, timeout: timeout, context: context))
    }

    func post(
        _ uri: String, _ body: JSONValue, timeout: Duration?, context: RequestContext
    ) async throws(BMCFault) -> String? {
        try await objection(UnrepeatedProcedure.post(uri, body, timeout: timeout, context: context))
    }

    func serviceRoot(context: RequestContext) async throws(BMCFault) -> JSONValue {
        try await document(ServiceRootProcedure(context: context)).json
    }

    private func document(_ procedure: some SessionProcedure) async throws(BMCFault) -> Document {
        guard case .document(let document) = try await perform(SessionRun(procedure)).get() else {
            throw BMCFault(.invalidAnswer, "internal: a read without a document")
        }
        return document
    }

    /// What the BMC objected to in a write that it accepted.
    private func objection(_ procedure: some SessionProcedure) async throws(BMCFault) -> String? {
        guard case .accepted(let objection) = try await perform(SessionRun(procedure)).get() else {
            throw BMCFault(.unknownEffect, "internal: a write without an answer")
        }
        return objection
    }

    /// Carries a run to its end. Several may be under way: each acts on what the session is at that moment.
    private func perform(_ run: SessionRun) async -> SessionResult {
        var run = run
        var event = SessionEvent.begun
        while true {
            let action = run.next(event, &session, now: now())
            forgetOtherMachine()
            if case .finish(let result) = action { return result }
            event = await performer.perform(action)
        }
    }

    /// What was learned of a machine before the last login may be of another one.
    private func forgetOtherMachine() {
        guard session.generation != knownGeneration else { return }
        knownGeneration = session.generation
        identities = [:]
        actionInfos = [:]
    }
}
