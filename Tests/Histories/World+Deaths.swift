import PowerEvents

/// What is gone with a process.
extension World {
    /// What the process had in mind and not made durable does not count any more.
    func forgetProcess() {
        // A freeze that ended in this process has ended, whatever the clock of the next one.
        if let agent { frozenDurably.pass(agent.now) }
        agent = nil
        model.forgetUndurable()
        noteUnknown()
        forgetStanding()
        for node in undurableLosses { bmcs[node]?.machine.suspension?.isLost = false }
        undurableLosses = []
    }

    /// What a BMC has just made of a write, where that is not what was written, the next process cannot know.
    private func noteUnknown() {
        let now = cluster == nil ? time.now : lastSign
        for (node, bmc) in bmcs {
            for id in bmc.machine.registers.keys { bmcs[node]?.machine.registers[id]?.owed?.overtaken = nil }
            guard excusesDeaths else { continue }
            for register in bmc.machine.registers.values where register.author == .agent {
                guard let owed = register.owed, let last = register.record.last, let watts = register.watts,
                    now - last.at < longestDeadline, !owed.sent.contains(watts)
                else { continue }
                bmcs[node]?.machine.registers[register.id]?.owed?.isUnknown = true
            }
            // The same of the machine that was taken out since.
            for register in bmc.spare?.registers.values.filter({ $0.author == .agent }) ?? [] {
                guard let owed = register.owed, let last = register.record.last, let watts = register.watts,
                    now - last.at < longestDeadline, !owed.sent.contains(watts)
                else { continue }
                bmcs[node]?.spare?.registers[register.id]?.owed?.isUnknown = true
            }
        }
    }
}
