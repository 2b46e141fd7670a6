import PowerEvents

/// Which controls are to be read again, and when: each at one time, the latest that was said.
///
/// A heap by time, so that neither adding a control nor asking for the next goes through thousands of them. A time that
/// was overtaken by another stays in the heap until it comes up, or until there are too many such.
struct Agenda: Sendable {
    private struct Item: Sendable {
        let time: Timestamp
        let key: ControlKey
    }

    /// What counts.
    private var times: [ControlKey: Timestamp] = [:]
    /// Parents are no later than their children, and the first is one that counts.
    private var heap: [Item] = []

    /// The time of the earliest.
    var next: Timestamp? { heap.first?.time }

    subscript(key: ControlKey) -> Timestamp? { times[key] }

    mutating func set(_ key: ControlKey, at time: Timestamp) {
        guard times.updateValue(time, forKey: key) != time else { return }
        append(Item(time: time, key: key))
        if heap.count > 2 * times.count + 64 { rebuild() }
        dropOvertaken()
    }

    mutating func remove(_ key: ControlKey) {
        guard !times.isEmpty, times.removeValue(forKey: key) != nil else { return }
        dropOvertaken()
    }

    /// Takes out what is due, in the order of the controls.
    mutating func takeDue(_ now: Timestamp) -> [ControlKey] {
        var due: [ControlKey] = []
        while let first = heap.first, first.time <= now {
            due.append(first.key)
            times[first.key] = nil
            dropOvertaken()
        }
        return due.sorted()
    }

    // MARK: The heap

    private func counts(_ item: Item) -> Bool { times[item.key] == item.time }

    private mutating func dropOvertaken() {
        while let first = heap.first, !counts(first) { removeFirst() }
    }

    private mutating func rebuild() {
        heap = times.map { Item(time: $0.value, key: $0.key) }.sorted { $0.time < $1.time }
    }

    private mutating func append(_ item: Item) {
        heap.append(item)
        var index = heap.count - 1
        while index > 0, heap[index].time < heap[(index - 1) / 2].time {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && heap[child].time < heap[least].time {
                least = child
            }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
