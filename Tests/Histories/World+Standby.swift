import PowerEvents
import Shedding

/// Several agents: one leads at a time, and what the others are shown or had in mind does not count.
extension World {
    /// Whether it is the agent that leads, or the last that did.
    func isCurrent(_ agent: VirtualAgent) -> Bool { self.agent === agent }

    /// The log is closed to whoever led before: another process begins with what it holds.
    func beginTerm(of member: VirtualMember, isTakeover: Bool) -> VirtualAgent {
        forgetProcess()
        note("member \(member.id) leads\(isTakeover ? ", taking over" : "")")
        check(member)
        return begin(member, isTakeover: isTakeover)
    }

    /// Entries of the leader are in the log of a majority.
    func commit(_ items: [VirtualEtcd.Item]) {
        for item in items {
            switch item {
            case .received(let alert, let at):
                if let received = disk.receive(alert, now: at) { mirror?.receive(received, now: at) }
            case .records(let records, let command, let at):
                write(records, command: command, at: at)
                if !records.reports.isEmpty { checkReports() }
            case .published(let ids, let at): disk.markPublished(ids, now: at)
            }
        }
    }

    /// What it has applied is what the log says.
    private func check(_ member: VirtualMember) {
        let (own, all) = (member.disk.contents, disk.contents)
        let differing = [
            own.breaches == all.breaches ? nil : "breaches", own.controls == all.controls ? nil : "controls",
            own.freezes == all.freezes ? nil : "freezes", own.inbox == all.inbox ? nil : "inbox",
            member.disk.unpublished.map(\.id) == disk.unpublished.map(\.id) ? nil : "outbox",
        ].compactMap { $0 }
        if !differing.isEmpty {
            fail("member \(member.id) leads with another journal than the log's: \(differing.joined(separator: ", "))")
        }
    }

    /// A report is made once: what one agent has made is not made by the next under another id.
    private func checkReports() {
        let events = disk.outbox.suffix(20)
        for event in events where cluster?.writers[event.id] == nil { cluster?.writers[event.id] = lives }
        let writers = cluster?.writers ?? [:]
        for event in events
        where events.contains(where: {
            writers[$0.id] != writers[event.id] && $0.enforcement == event.enforcement
        }) {
            fail("the same report of breach \(event.breach.text.prefix(2)) is in the outbox twice")
        }
    }

    /// No write is begun by who has no right to it any more, by its own clock.
    func checkRight(of agent: VirtualAgent, _ key: ControlKey) {
        guard let member = agent.member, !member.isFenceOpen else { return }
        fail("a write to \(key) is begun by member \(member.id), whose lease is over")
    }

    /// By the store's own record the writer leads, and nobody else.
    func checkLease(of agent: VirtualAgent, _ key: ControlKey) {
        guard let cluster, let member = agent.member else { return }
        if !isCurrent(agent) { return fail("a write to \(key) by member \(member.id), which does not lead any more") }
        if cluster.etcd.holder(time.now) != member.term || member.term == nil {
            fail("a write to \(key) by member \(member.id), without a lease")
        }
    }

    /// What the shards count is never less than what is down.
    func checkCounted(_ counted: Int?) {
        guard let counted else { return }
        let down = bmcs.values.filter(\.machine.isDownByAgent).map(\.node).sorted()
        if down.count > counted { fail("\(counted) nodes count as down, and these are: \(down)") }
    }

    /// What an agent reads that does not lead any more: nobody learns of it.
    func readAside(_ order: ReadOrder, then: @escaping (Duration, Result<Reading, BMCFault>) -> Void) {
        let node = HistorySite.node(of: order.entry.key.resource)
        time.after(.milliseconds(30)) { [self] in
            bmcs[node]?.machine.advance(to: time.now)
            guard let bmc = bmcs[node] else { return }
            then(.milliseconds(30), bmc.read(order.entry.key, identity: bmc.identity, now: time.now))
        }
    }

    /// All of it works again, and somebody leads.
    func healStandby() {
        guard let cluster else { return }
        cluster.heal()
        let isLed = { cluster.leader != nil }
        time.run(for: .seconds(60)) { [self] in violation == nil && !isLed() }
        if !isLed() { fail("nobody leads after a minute of peace") }
        // What the one that leads could not do without the lease goes on.
        time.run(for: Standby.ttl) { [self] in violation == nil }
    }
}
