import Journal
import Page
import PowerEvents
import Shedding
import StrictJSON

/// Works out what is shown, at most a few times a second however many look, and tells those who listen what changed.
///
/// What it takes of the enforcer is one copy of a value; all the rest is done here.
actor StatusBoard {
    private let moment: @Sendable () async -> AgentMoment
    /// Another number where somebody may look for what has just happened.
    private let revision: @Sendable () -> Int
    private let loads: AlertedLoads
    private var madeOf = 0
    let store: any Store
    /// Tells the changes of this process from those of another.
    private let epoch: String

    private var latest: BoardView?
    private var madeAt: ContinuousClock.Instant?
    private var making: (revision: Int, task: Task<BoardView, Never>)?
    /// Until the next look, for who asks; and for those who listen.
    private var rest = StatusBoard.leastRest
    private var pace = StatusBoard.period
    private var count = 0
    private var changes: [BoardChange] = []
    private var listeners: [Int: (audience: BoardChange.Audience, sink: AsyncStream<BoardEvent>.Continuation)] = [:]
    private var lastListener = 0
    private var ticking: Task<Void, Never>?
    private var rendered: [String: Rendering] = [:]
    private var evidence: (id: UUIDText, madeAt: ContinuousClock.Instant, json: JSONValue)?
    private var makingEvidence: (id: UUIDText, task: Task<JSONValue, Never>)?

    /// The shortest time between two looks, for those who listen.
    static let period = Duration.milliseconds(500)
    /// The same for who asks.
    private static let leastRest = Duration.milliseconds(100)
    /// Of one view; searches are made anew beyond that.
    private static let maximumRendered = 64
    /// Of its time, the board is at work a fifth at most.
    private static let restShare = 4
    /// What a change may add to the wait for the next: so much is sent to one listener a second, on average.
    private static let bytesPerSecond = 512 << 10
    /// Changes that are kept for who comes back; and how much of it.
    private static let maximumChanges = 240
    private static let maximumChangeBytes = 8 << 20
    static let maximumListeners = 32
    /// Changes that a slow listener may be behind.
    private static let maximumBehind = 64
    private static let historyLines = 400

    /// - Parameters:
    ///   - epoch: another one for each process
    ///   - revision: another one where what was seen before is not good enough any more
    init(
        store: any Store, epoch: String, loads: AlertedLoads = AlertedLoads(),
        revision: @escaping @Sendable () -> Int = { 0 },
        moment: @escaping @Sendable () async -> AgentMoment
    ) {
        self.store = store
        self.epoch = epoch
        self.revision = revision
        self.loads = loads
        self.moment = moment
    }

    private var version: String { "\(epoch).\(count)" }

    /// The agent as it is now, at most a few moments ago.
    func view() async -> BoardView {
        let wanted = revision()
        while let making {
            let view = await making.task.value
            if making.revision == wanted { return view }
            // What it shows is from before; whoever made it has its turn first.
            await Task.yield()
        }
        if let latest, let madeAt, .now - madeAt < rest, madeOf == wanted { return latest }
        let task = Task { await make(wanted) }
        making = (wanted, task)
        return await task.value
    }

    /// The agent at this very moment, for one who asks for little of it.
    func now() async -> AgentMoment { await moment() }

    private func make(_ revision: Int) async -> BoardView {
        let began = ContinuousClock.now
        let (moment, store, loads) = (await moment(), store, loads.value)
        let known = latest?.history ?? []
        // Elsewhere, so that who asks for what is there already does not wait for it.
        let view = await Task.detached {
            BoardView(moment, history: await Self.history(store, known), loads: loads)
        }.value
        take(view, took: .now - began)
        madeOf = revision
        return latest ?? view
    }

    private static func history(_ store: any Store, _ known: [HistoryLine]) async -> [HistoryLine] {
        guard let last = known.last?.sequence else {
            return (try? await store.history(HistoryQuery(limit: historyLines))) ?? []
        }
        guard let newest = try? await store.history(HistoryQuery(limit: 1)).last?.sequence, newest != last else {
            return known
        }
        return (try? await store.history(HistoryQuery(limit: historyLines))) ?? known
    }

    private func take(_ view: BoardView, took: Duration) {
        making = nil
        var view = view
        rest = max(Self.leastRest, took * Self.restShare)
        pace = max(Self.period, rest)
        if let latest, let change = BoardChange(from: latest, to: view, version: "\(epoch).\(count + 1)") {
            count += 1
            keep(change)
            pace = max(pace, .seconds(Double(change.size) / Double(Self.bytesPerSecond)))
            for (id, listener) in listeners { send(.change(change), to: id, listener.sink) }
        }
        view.input.version = version
        latest = view
        madeAt = .now
        rendered = [:]
    }

    private func keep(_ change: BoardChange) {
        changes.append(change)
        var bytes = changes.map(\.size).reduce(0, +)
        while changes.count > Self.maximumChanges || bytes > Self.maximumChangeBytes, let first = changes.first {
            bytes -= first.size
            changes.removeFirst()
        }
    }

    // MARK: What is asked for again and again

    /// An answer of the present view, made once however many ask for it.
    func rendering(_ name: String, _ make: @Sendable (BoardView) -> Rendering) async -> Rendering {
        let view = await view()
        if let known = rendered[name] { return known }
        let made = make(view)
        if rendered.count < Self.maximumRendered { rendered[name] = made }
        return made
    }

    /// How long evidence is as good as new.
    private static let evidenceAge = Duration.seconds(2)

    /// The evidence of a breach, null where there is none. Of thousands of controls it takes seconds: one at a time.
    func evidence(of id: UUIDText, _ make: @escaping @Sendable () async -> JSONValue) async -> JSONValue {
        while let running = makingEvidence {
            let json = await running.task.value
            if running.id == id { return json }
            await Task.yield()
        }
        if let evidence, evidence.id == id, .now - evidence.madeAt < Self.evidenceAge { return evidence.json }
        let task = Task.detached { await make() }
        makingEvidence = (id, task)
        let json = await task.value
        makingEvidence = nil
        evidence = (id, .now, json)
        return json
    }

    // MARK: Listeners

    /// Everything that changes from now on, or from an earlier version on.
    ///
    /// - Parameter after: the version that the listener has; nil for now
    /// - Returns: with what ``leave(_:)`` is to be called with; nil where too many listen
    func listen(
        _ audience: BoardChange.Audience, after: String?
    ) async -> (id: Int, events: AsyncStream<BoardEvent>)? {
        _ = await view()
        guard listeners.count < Self.maximumListeners else { return nil }
        lastListener += 1
        let id = lastListener
        let (stream, sink) = AsyncStream.makeStream(
            of: BoardEvent.self, bufferingPolicy: .bufferingOldest(Self.maximumBehind))
        listeners[id] = (audience, sink)
        sink.yield(.hello(version: version))
        if let after, after != version {
            if let place = changes.firstIndex(where: { $0.version == after }),
                changes.count - place <= Self.maximumBehind / 2
            {
                for change in changes[(place + 1)...] { sink.yield(.change(change)) }
            } else if changes.first?.version == "\(epoch).1", after == "\(epoch).0",
                changes.count <= Self.maximumBehind / 2
            {
                for change in changes { sink.yield(.change(change)) }
            } else {
                sink.yield(.reset(version: version))
            }
        }
        if ticking == nil { ticking = Task { await tick() } }
        return (id, stream)
    }

    var hasRoom: Bool { listeners.count < Self.maximumListeners }

    func leave(_ id: Int) {
        listeners[id] = nil
        if listeners.isEmpty {
            ticking?.cancel()
            ticking = nil
        }
    }

    /// There is nothing more to tell: who listens is to come again, to whoever answers then.
    func close() {
        for listener in listeners.values { listener.sink.finish() }
        listeners = [:]
        ticking?.cancel()
        ticking = nil
    }

    private func send(_ event: BoardEvent, to id: Int, _ sink: AsyncStream<BoardEvent>.Continuation) {
        // Who does not keep up comes back and says where it was.
        if case .dropped = sink.yield(event) {
            sink.finish()
            listeners[id] = nil
        }
    }

    private static let keepAlive = Duration.seconds(10)

    private func tick() async {
        var told = ContinuousClock.now
        while !Task.isCancelled, !listeners.isEmpty {
            try? await Task.sleep(for: pace)
            if Task.isCancelled { return }
            let view = await view()
            if .now - told >= Self.keepAlive {
                told = .now
                let at = view.snapshot.now.description
                for (id, listener) in listeners { send(.alive(at: at), to: id, listener.sink) }
            }
        }
        // Where the last one was too slow; who comes next begins anew.
        if !Task.isCancelled { ticking = nil }
    }
}

/// What one who listens is told.
enum BoardEvent: Sendable {
    /// From which version on.
    case hello(version: String)
    case change(BoardChange)
    /// Too much has changed since: it is to be asked for as a whole.
    case reset(version: String)
    case alive(at: String)

    /// As server-sent events (WHATWG HTML, section 9.2).
    func text(for audience: BoardChange.Audience) -> String {
        switch self {
        case .hello(let version):
            return "retry: 2000\nid: \(version)\nevent: hello\ndata: {\"version\":\"\(version)\"}\n\n"
        case .reset(let version): return "id: \(version)\nevent: reset\ndata: {}\n\n"
        case .alive(let at): return ": keep-alive\nevent: alive\ndata: {\"at\":\"\(at)\"}\n\n"
        case .change(let change):
            let events = change.events(for: audience)
            // The last has the number: who is cut off in between gets all of it again.
            var text = events.dropLast().map { "event: \($0.name)\ndata: \($0.data)\n\n" }.joined()
            text += "id: \(change.version)\n"
            if let last = events.last { text += "event: \(last.name)\ndata: \(last.data)\n" }
            return text + "\n"
        }
    }
}
