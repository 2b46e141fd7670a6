import Shedding
import Site

/// The BMCs' lanes: what is wanted of one BMC is done one after the other, of many BMCs at once.
extension Enforcer {
    func startLane(_ address: BMC.Address) {
        guard isResumed, !isStopping, let lane = lanes[address], !lane.isEmpty else { return }
        let places = busy[address] ?? []
        for place in places.map({ LanePlace(bmc: address, place: $0) }) where schedule.isWaiting(place) {
            schedule.add(place, priority: lane.priority, now: now())
        }
        if let place = (0..<connectionsPerBMC).first(where: { !places.contains($0) }) {
            busy[address, default: []].insert(place)
            schedule.add(LanePlace(bmc: address, place: place), priority: lane.priority, now: now())
        }
        startLanes()
    }

    /// Begins with the lanes whose turn it is.
    func startLanes() {
        guard !isStartingLanes, schedule.best != nil else { return }
        isStartingLanes = true
        Task {
            var count = 0
            while let lane = schedule.next(now: now()) {
                // Detached: it would have a copy of the task's locals otherwise, which is a tenth of what it takes.
                laneTasks[lane] = Task.detached { await self.runLane(lane) }
                count += 1
                // The first of hundreds must not wait until the last has begun.
                if count % 32 == 0 { await Task.yield() }
            }
            isStartingLanes = false
        }
    }

    /// Waits for the lanes' work in hand; where this task is cancelled, it is cancelled too.
    func endLanes() async {
        while let task = laneTasks.values.first {
            await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                Task { await self.cancelLanes() }
            }
        }
    }

    /// Lanes that have not begun will not.
    func dropWaitingLanes() { for lane in schedule.removeAll() { leave(lane) } }

    private func leave(_ lane: LanePlace) {
        busy[lane.bmc]?.remove(lane.place)
        if busy[lane.bmc]?.isEmpty == true { busy[lane.bmc] = nil }
    }

    private func cancelLanes() { for task in laneTasks.values { task.cancel() } }

    /// Asks for a look at a BMC once nothing else is wanted of it.
    func visit(_ address: BMC.Address) {
        lanes[address, default: Lane()].isVisitDue = true
        startLane(address)
    }

    private func runLane(_ place: LanePlace) async {
        let address = place.bmc
        var bmc: BMC?
        while !isStopping, !Task.isCancelled, let job = lanes[address]?.next() {
            switch job {
            case .control(let key, let priority):
                bmc = book.controls[key]?.entry.bmc ?? bmc
                await run(key, priority: priority, place: place.place)
            case .visit: bmc = await runLook(at: address, place: place.place) ?? bmc
            }
            // What is more urgent on other BMCs goes first.
            if let best = schedule.best, let next = lanes[address]?.priority, best < next { break }
        }
        if let bmc { await clients.rest(bmc, place: place.place) }
        laneTasks[place] = nil
        schedule.ended(place)
        leave(place)
        // A job that came between the last look and this line would wait for the next one.
        if lanes[address]?.isEmpty == false { startLane(address) } else { lanes[address] = nil }
        startLanes()
    }
}
