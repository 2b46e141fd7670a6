import PowerEvents

/// What operators ask of the running agent.
extension Core {
    mutating func obey(_ command: Command, _ step: inout Step) {
        let now = step.now.steady
        switch command {
        case .freeze(let freeze):
            guard book.freeze(freeze) else {
                step.answer = .tooManyFreezes
                return
            }
        case .thaw(let scope):
            guard let actions = book.thaw(scope, now: now) else {
                step.answer = .notFrozen
                return
            }
            absorb(actions, &step)
        case .release(let id, let isHurried):
            guard book.canRelease(id, isHurried: isHurried) else {
                step.answer = .noSuchBreach
                return
            }
            absorb(book.release(id, isHurried: isHurried, now: now), &step)
            step.tell(.heldBack(book.parking.breaches))
            // With the last parked breach there is nothing left to confirm.
            if confirmation != nil, book.parking.isEmpty, backlog.isEmpty { confirm(&step) }
            step.after.append(.publish)
        case .resume:
            guard confirmation != nil else {
                step.answer = .nothingToResume
                return
            }
            confirm(&step)
            // They are judged by today's clock: most are too old by now.
            takeBacklog(asOf: step.now.wall, &step)
            if mode == .enforce { takeUpBook(&step) }
        case .drill(let order):
            if let refusal = beginDrill(order, &step) {
                step.answer = .refused(refusal)
                return
            }
        }
        step.tell(.commanded(command))
    }

    private mutating func confirm(_ step: inout Step) {
        confirmation = nil
        step.tell(.confirmed)
        step.tell(.heldBack([]))
        step.after.append(.publish)
    }
}
