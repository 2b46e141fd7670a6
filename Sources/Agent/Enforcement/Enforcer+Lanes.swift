import Inventory
import Shedding

/// The BMCs' lanes: what is wanted of one BMC is done one after the other, of many BMCs at once.
extension Enforcer {
    func startLane(_ address: BMC.Address) {
        guard isResumed, !isStopping, lanes[address]?.isEmpty == false,
            let place = (0..<connectionsPerBMC).first(where: { busy[address]?.contains($0) != true })
        else { return }
        busy[address, default: []].insert(place)
        lanesToStart.append(LanePlace(bmc: address, place: place))
        if lanesToStart.count == 1 { Task { await startLanes() } }
    }

    /// Starts lanes a few at a time: the first of thousands must not wait until the last has begun.
    private func startLanes() async {
        var next = 0
        while next < lanesToStart.count {
            let lane = lanesToStart[next]
            next += 1
            laneTasks[lane] = Task { await runLane(lane.bmc, place: lane.place) }
            if next % 32 == 0 { await Task.yield() }
        }
        lanesToStart = []
    }

    /// Waits for the lanes' work in hand; where this task is cancelled, it is cancelled too.
    func endLanes() async {
        while !lanesToStart.isEmpty { await Task.yield() }
        while let task = laneTasks.values.first {
            await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                Task { await self.cancelLanes() }
            }
        }
    }

    private func cancelLanes() { for task in laneTasks.values { task.cancel() } }

    /// Asks for a look at a BMC once nothing else is wanted of it.
    func visit(_ address: BMC.Address) {
        lanes[address, default: Lane()].isVisitDue = true
        startLane(address)
    }

    private func runLane(_ address: BMC.Address, place: Int) async {
        while !isStopping, !Task.isCancelled, let job = lanes[address]?.next() {
            switch job {
            case .control(let key, let priority): await run(key, priority: priority, place: place)
            case .visit: await runLook(at: address, place: place)
            }
        }
        laneTasks[LanePlace(bmc: address, place: place)] = nil
        busy[address]?.remove(place)
        if busy[address]?.isEmpty == true { busy[address] = nil }
        // A job that came between the last look and this line would wait for the next one.
        if lanes[address]?.isEmpty == false { startLane(address) } else { lanes[address] = nil }
    }
}
