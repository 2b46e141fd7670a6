import PowerEvents
import Shedding

/// Journals that are older than what was done since: copies that are brought back, and what a disk that lies has kept.
extension World {
    struct Backup {
        let disk: VirtualDisk
        let model: Model
        let owed: [String: Register.Owed]
        /// By limit, what the agent has on record that it is about to write.
        let intended: [String: Set<Int>]
        let suspensions: [String: VirtualMachine.Suspension]
        let frozen: FrozenParts
        let toldApplied: [UUIDText: Set<String>]
    }

    func copyJournal() { backup = copiedJournal() ?? backup }

    /// From now on the disk only says that it keeps what it is given, until the machine's power fails.
    func lieUntilDeath(after steps: Int, down: Duration) {
        guard cluster == nil, mirror == nil, let copy = copiedJournal() else { return }
        truth = truth ?? copy
        crash = (self.steps + steps, down)
    }

    private func copiedJournal() -> Backup? {
        // Of two machines it could not be told which of them a copy knows.
        guard bmcs.values.allSatisfy({ $0.spare == nil }) else { return nil }
        var owed: [String: Register.Owed] = [:]
        var suspensions: [String: VirtualMachine.Suspension] = [:]
        for (node, bmc) in bmcs {
            for register in bmc.machine.registers.values { owed[register.id] = register.owed }
            suspensions[node] = bmc.machine.suspension
        }
        var intended: [String: Set<Int>] = [:]
        for (key, entry) in disk.controls {
            guard key.facet == .powerLimit, case .limit(let watts?)? = entry.intent else { continue }
            let place = bmcs[HistorySite.node(of: key.resource)]?.place(of: key.resource) ?? key.resource
            intended[place, default: []].insert(watts.wholeWatts)
        }
        var model = model
        model.forgetUndurable()
        return Backup(
            disk: disk, model: model, owed: owed, intended: intended, suspensions: suspensions,
            frozen: frozenDurably, toldApplied: toldApplied)
    }

    /// A day later the agent is started with a copy of its journal.
    func restoreBackup() {
        guard let backup, mirror == nil else { return }
        self.backup = nil
        crash = nil
        agent?.die()
        agent = nil
        undurableLosses = []
        setClock(by: .seconds(25 * 3600))
        goBack(to: backup)
        start()
    }

    /// The journal is that of then. What the agent did since it does not know.
    func goBack(to backup: Backup) {
        truth = nil
        forgottenLives = lives
        disk = backup.disk
        model = backup.model
        for variant in [HistorySite.Variant.plain, variant] { model.know(variant) }
        frozenDurably = backup.frozen
        toldApplied = backup.toldApplied
        releasedAt = [:]
        written = [:]
        events = [:]
        for node in bmcs.keys.sorted() {
            if bmcs[node]?.spare != nil, bmcs[node]?.machine.serial.hasPrefix("XX") == true {
                bmcs[node]?.exchange(at: time.now)
            }
            bmcs[node]?.spare = nil
            for id in bmcs[node]?.machine.registers.keys.sorted() ?? [] {
                bmcs[node]?.machine.registers[id]?.forget(backup.owed[id], backup.intended[id] ?? [])
            }
            bmcs[node]?.machine.suspension = backup.suspensions[node]
        }
        for id in reports.keys where model.breaches[id] == nil { reports[id] = nil }
    }
}
